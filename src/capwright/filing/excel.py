"""Reporting workbooks: written from a method, read back into an emission report."""

from __future__ import annotations

from pathlib import Path

from capwright.filing.excel_cells import BadCells, CellFault
from capwright.filing.excel_reading import read_workbook
from capwright.filing.excel_template import template_bytes
from capwright.filing.files import write_bytes
from capwright.mrv.method import Method
from capwright.mrv.records import EmissionReport

__all__ = ["BadCells", "CellFault", "read_workbook", "template_bytes", "write_template"]


def write_template(
    method: Method, path: Path, lang: str = "zh", report: EmissionReport | None = None
) -> None:
    """Write the workbook of a method, filled in with `report` if one is given.

    Raises `OSError` where it cannot be written.
    """
    write_bytes(path, template_bytes(method, lang, report))
