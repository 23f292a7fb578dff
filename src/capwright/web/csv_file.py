"""CSV files for spreadsheets: with a byte-order mark for Chinese, and nothing in them that would be run."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["csv_file"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection


def csv_file(rows: Iterable[Iterable[object]], name: str) -> HttpResponse:
    """An answer that saves rows as `name`; text that would be taken for a formula gets a quote before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_plain(cell) for cell in row] for row in rows)
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
