"""What every MRV command is held to before its handler looks at it: its shape, and its texts.

Commands come from files and from the network, where the decoder has seen to their shape; from inside a
program nothing has.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from capwright.kernel.message import Command
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text

__all__ = ["check_share", "check_sound"]

UNSOUND = define(
    "CW-5401",
    en="The command is not of its form: {reason}",
    zh="指令不符合格式：{reason}",
    mend_en="Correct the field.",
    mend_zh="请改正该字段。",
    rule="design: one clear message for bad input",
)
NO_SHARE = define(
    "CW-5402",
    en="{value} is no fraction for {what}: a number from 0 to 1 is expected.",
    zh="{value}不是有效的{what}，应为0至1之间的数。",
    mend_en="Write 0.5 % as 0.005.",
    mend_zh="0.5%请写作0.005。",
    rule="design: bound everything",
)

_MOST_SHOWN: Final = 200
_MOST_DIGITS: Final = 50


def check_sound(command: Command, *, texts: bool = True) -> None:
    """Refuse a command whose fields are not what their types say, or whose texts cannot be kept."""
    try:
        plain = msgspec.to_builtins(command)
        msgspec.convert(plain, type(command))
    except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError) as fault:
        refuse(UNSOUND, reason=str(fault)[:_MOST_SHOWN])
    if texts:
        _check_texts(plain)


def _check_texts(plain: Any) -> None:
    waiting = [("text", plain)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((str(key), below) for key, below in value.items())
        elif isinstance(value, (list, tuple)):
            waiting.extend((name, below) for below in value)
        elif isinstance(value, str):
            check_text(name[:40], value, MAX_REASON, least=0)


def check_share(what: str, value: Decimal | None) -> None:
    """Refuse what is not a fraction between 0 and 1; nothing given is well."""
    if value is not None and not (value.is_finite() and 0 <= value <= 1 and _is_short(value)):
        refuse(NO_SHARE, what=what, value=str(value)[:40])


def _is_short(value: Decimal) -> bool:
    """Whether the number can be worked with: 1E-999999999 as a fraction has a billion digits."""
    _, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and abs(exponent) <= _MOST_DIGITS and len(digits) <= _MOST_DIGITS
