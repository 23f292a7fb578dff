"""Texts that people type: ids, names, reasons. Bounded and printable, fit to be stored and shown."""

from __future__ import annotations

from typing import Final

from capwright.kernel.refusal import define, refuse

__all__ = ["MAX_ID", "MAX_NAME", "MAX_REASON", "check_text"]

MAX_ID: Final = 100
MAX_NAME: Final = 200
MAX_REASON: Final = 500

BAD_TEXT = define(
    "CW-9103",
    en="'{text}' cannot be the {what}: it must have {least} to {most} printable characters.",
    zh="“{text}”不能作为{what}：须为{least}至{most}个可显示字符。",
    mend_en="Leave out line breaks, control characters and spaces at either end.",
    mend_zh="请去掉换行符、控制字符及首尾空格。",
    rule="design: bound everything",
)


def check_text(what: str, text: str, most: int, *, least: int = 1) -> None:
    """Refuse CW-9103 unless `text` has `least` to `most` printable characters and no space at either end.

    Printable leaves out control characters, line breaks, text-direction marks and lone surrogates, which hide
    what an id really is or cannot be stored. `what` names the field.
    """
    if least <= len(text) <= most and text.isprintable() and text == text.strip():
        return
    refuse(BAD_TEXT, what=what, text=text[:60], least=least, most=most)
