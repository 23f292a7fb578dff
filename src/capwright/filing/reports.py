"""Emission reports in files of any kind: the suffix says which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from capwright.filing.files import read_bytes, write_bytes
from capwright.filing.report_csv import parse_reports_csv, reports_csv
from capwright.filing.report_json import parse_reports_json, report_json
from capwright.kernel.refusal import BadInput, Refusal, Refused, define
from capwright.mrv import library
from capwright.mrv.method import Method
from capwright.mrv.proofs import check_proofs
from capwright.mrv.records import EmissionReport
from capwright.table.rows import MAX_BYTES

__all__ = ["read_report", "read_reports", "write_report"]

NO_KIND = define(
    "CW-9510",
    en="'{suffix}' is not a kind of file that reports come in.",
    zh="不支持以“{suffix}”文件填报。",
    mend_en="Use .json, .csv or .xlsx.",
    mend_zh="请使用 .json、.csv 或 .xlsx 文件。",
    rule="docs: files of emission reports",
)
NOT_ONE = define(
    "CW-9511",
    en="The file holds {count} reports; one is expected here.",
    zh="文件含{count}份报告，此处应为一份。",
    mend_en="Split it, or use a command that takes many.",
    mend_zh="请拆分文件，或使用可处理多份报告的命令。",
    rule="docs: files of emission reports",
)

_WORKBOOKS: Final = (".xlsx", ".xlsm")


def read_report(path: Path, methods: Callable[[str], Method] = library.method) -> EmissionReport:
    """The one report of a file; refuses (CW-9511) a file of several. See `read_reports`."""
    found = read_reports(path, methods)
    if len(found) != 1:
        raise BadInput(Refusal(NOT_ONE.code, {"count": len(found)}), str(path))
    return found[0]


def read_reports(path: Path, methods: Callable[[str], Method] = library.method) -> list[EmissionReport]:
    """The reports of a .json, .csv or .xlsx file; raises `BadInput` with the place of a fault.

    `methods` finds the method that a workbook was made for, by its full name.
    """
    found = _read(path, methods)
    try:
        for report in found:
            check_proofs(report)
    except Refused as no:
        raise BadInput(no.refusal, str(path)) from None
    return found


def _read(path: Path, methods: Callable[[str], Method]) -> list[EmissionReport]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return parse_reports_json(read_bytes(path), str(path))
    if suffix == ".csv":
        return parse_reports_csv(read_bytes(path, MAX_BYTES), str(path))
    if suffix in _WORKBOOKS:
        from capwright.filing.excel import read_workbook  # noqa: PLC0415 - an extra

        return [read_workbook(path, methods)]
    raise BadInput(Refusal(NO_KIND.code, {"suffix": suffix or path.name[:40]}), str(path))


def write_report(
    report: EmissionReport, path: Path, methods: Callable[[str], Method] = library.method
) -> None:
    """Write a report to a .json, .csv or .xlsx file. Raises `OSError` where it cannot be written."""
    suffix = path.suffix.lower()
    if suffix == ".json":
        write_bytes(path, report_json(report))
    elif suffix == ".csv":
        write_bytes(path, reports_csv([report]).encode())
    elif suffix == ".xlsx":
        from capwright.filing.excel import write_template  # noqa: PLC0415 - an extra

        write_template(methods(report.method), path, report=report)
    else:
        raise BadInput(Refusal(NO_KIND.code, {"suffix": suffix or path.name[:40]}), str(path))
