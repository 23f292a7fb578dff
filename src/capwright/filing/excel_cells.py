"""Cells of a filled-in workbook: texts, figures, dates and choices, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from capwright.filing.excel_layout import HEADINGS
from capwright.filing.excel_refusals import BAD_CELLS, NEEDED, NO_CHOICE, NOT_DATE, NOT_FIGURE
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, Refused
from capwright.kernel.text import check_text

__all__ = ["BadCells", "CellFault", "CellReader"]

_PLAIN: Final = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,30})?")


_MOST_DIGITS: Final = 30


class CellFault(Struct, frozen=True):
    """What is wrong with a cell; `place` reads `sheet!C7`."""

    place: str
    refusal: Refusal


class BadCells(BadInput):
    """Refuses a workbook (CW-9520) and carries the faults of all its cells."""

    def __init__(self, faults: Sequence[CellFault], file: str) -> None:
        super().__init__(Refusal(BAD_CELLS.code, {"count": len(faults), "place": faults[0].place}), file)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(
            [
                super().__str__(),
                *(f"  {one.place}: {one.refusal.code} {one.refusal.message()}" for one in self.faults),
            ]
        )


class CellReader:
    """Reads cells and collects their faults, so that all are told at once."""

    def __init__(self) -> None:
        self.faults: list[CellFault] = []

    def fault(self, place: str, spec: RefusalCode, **details: str | int) -> None:
        self.faults.append(CellFault(place, Refusal(spec.code, details)))

    def told(self, place: str, work: Callable[[], Any]) -> Any:
        """Do something that may refuse; a refusal is the cell's fault, the result then None."""
        try:
            return work()
        except Refused as refused:
            self.faults.append(CellFault(place, refused.refusal))
            return None

    def need(self, place: str, name: str) -> None:
        head = HEADINGS[name]
        self.fault(place, NEEDED, what=head.en, what_zh=head.zh)

    def text(self, place: str, value: Any, most: int) -> str:
        """A text; numbers become texts, dates are written as dates."""
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, float) and value.is_integer():
            value = str(int(value))
        elif isinstance(value, datetime):
            value = value.date().isoformat()
        found = str(value).strip()
        self.told(place, lambda: check_text("text", found, most, least=0))
        return found

    def chosen(self, place: str, text: str, known: Sequence[tuple[str, str, str]]) -> str:
        """The code of a choice, told by the entry of the list, its code or one of its names."""
        bare = text.partition(" | ")[0].strip()
        for code, en, zh in known:
            if bare == code or text in {en, zh}:
                return code
        names = ", ".join(code for code, _, _ in known)
        self.fault(place, NO_CHOICE, text=bare[:60], known=names[:400])
        return ""

    def figure(self, place: str, value: Any) -> Decimal | None:
        """A number as a decimal: a spreadsheet keeps fifteen digits, a text as many as it has."""
        if value == "" or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
            if found.is_finite() and abs(found.adjusted()) <= _MOST_DIGITS:
                return found
        text = str(value).strip() if isinstance(value, str) else _said(value)
        if isinstance(value, str) and _PLAIN.fullmatch(text):
            return Decimal(text)
        if isinstance(value, str) and _GROUPED.fullmatch(text):
            return Decimal(text.replace(",", ""))
        self.fault(place, NOT_FIGURE, text=text[:40])
        return None

    def whole(self, place: str, value: Any, allowed: range) -> int:
        """A whole number within reason; 0 where there is none."""
        found = self.figure(place, value)
        if found is None:
            return 0
        if found != found.to_integral_value() or int(found) not in allowed:
            known = f"{allowed[0]} – {allowed[-1]}"
            self.fault(place, NO_CHOICE, text=str(found)[:20], known=known)
            return 0
        return int(found)

    def day(self, place: str, value: Any) -> str:
        """A date as text; a spreadsheet's own date is taken too."""
        text = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
        if text:
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                self.fault(place, NOT_DATE, text=text[:40])
        return ""


def _said(value: bool | date | time | timedelta) -> str:  # noqa: FBT001 - a cell
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
