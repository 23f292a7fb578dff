"""Refusals: what Capwright answers when it will not do something.

A refusal is a value with a stable code, a sentence in Chinese and in English, a hint how to mend it and the
rule it comes from. Every room declares its refusals with `define` at import time; together they are the one
catalogue from which the reference page is generated. Exceptions other than `Refused` are bugs.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from msgspec import Struct

from capwright.kernel.outside import OUTSIDE, in_chinese

__all__ = ["CATALOGUE", "BadInput", "Refusal", "RefusalCode", "Refused", "define", "refuse"]

_CODE = re.compile(r"CW-\d{4}")
_MAX_DETAIL: Final = 1000  # characters
_INT64: Final = 2**63


class RefusalCode(Struct, frozen=True):
    """One line of the catalogue.

    `en` and `zh` are `str.format` templates over the details of the case; `mend_en` and `mend_zh` say what
    the reader can do about it; `rule` names the law, standard or design rule behind the check.
    """

    code: str
    en: str
    zh: str
    mend_en: str
    mend_zh: str
    rule: str


CATALOGUE: Final[dict[str, RefusalCode]] = {}


def define(
    code: str, *, en: str, zh: str, mend_en: str = "", mend_zh: str = "", rule: str = ""
) -> RefusalCode:
    """Add a refusal to the catalogue and return it.

    Codes read `CW-nnnn` and are never given a new meaning: 1xxx giving account, 2xxx receiving account, 3xxx
    units and transactions, 4xxx people, approvals and delays, 5xxx allocation, 6xxx auctions, 7xxx
    compliance, 8xxx journal and scheme, 9xxx files and command line.
    """
    assert _CODE.fullmatch(code), f"malformed refusal code {code!r}"
    assert code not in CATALOGUE, f"refusal code {code} declared twice"
    spec = RefusalCode(code, en, zh, mend_en, mend_zh, rule)
    CATALOGUE[code] = spec
    return spec


class Refusal(Struct, frozen=True):
    """A refused request: the code and the details that fill its sentence. Goes into the journal."""

    code: str
    details: dict[str, str | int] = {}

    def message(self, lang: str = "en") -> str:
        """Return the sentence with its hint in `lang` (`en` or `zh`); what a library said comes along."""
        spec = CATALOGUE[self.code]
        text, mend = (spec.zh, spec.mend_zh) if lang == "zh" else (spec.en, spec.mend_en)
        details = _Lenient({key: _bounded(value) for key, value in self.details.items()})
        if lang == "zh":
            details.update((key, in_chinese(str(details[key]))) for key in OUTSIDE if key in details)
        said = text.format_map(details)
        if mend:
            said += ("" if lang == "zh" else " ") + mend.format_map(details)
        return said


class _Lenient(dict[str, str | int]):
    """A details mapping that shows a missing field instead of failing while an error is being reported."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Carries a refusal out of the check half of a handler; the market turns it into an answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code, refusal.details)
        self.refusal = refusal

    def __str__(self) -> str:
        return f"{self.refusal.code} {self.refusal.message()}"


class BadInput(Refused):
    """A refusal of a file, with the place. `line` and `column` count from 1; 0 means the whole file."""

    def __init__(self, refusal: Refusal, file: str, line: int = 0, column: int = 0) -> None:
        super().__init__(refusal)
        self.file = file
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """Where the fault is, as editors understand it: `file:line:column`."""
        file = str(_bounded(self.file)).replace("\n", "\\n")
        return ":".join([file, *(str(n) for n in (self.line, self.column) if n)])

    def __str__(self) -> str:
        return f"{self.place}: {super().__str__()}"


def refuse(spec: RefusalCode, **details: str | int) -> NoReturn:
    """Refuse with `spec`; `details` fill the sentence.

    A detail may be what somebody sent, so it is bounded before it goes into the journal and onto a screen:
    control characters are escaped, long texts cut, integers beyond 64 bits brought to their limit.
    """
    raise Refused(Refusal(spec.code, {key: _bounded(value) for key, value in details.items()}))


def _bounded(value: str | int) -> str | int:
    if isinstance(value, int):
        return min(max(value, -_INT64), _INT64 - 1)
    if len(value) > _MAX_DETAIL:
        value = value[: _MAX_DETAIL - 1] + "…"
    if value.isprintable():
        return value
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in value)
