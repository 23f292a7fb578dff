"""Emission reports as files of the pages: what is uploaded, what is downloaded. Nothing stays on the disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.http import Http404, HttpResponse
from msgspec import Struct

from capwright.filing.report_json import report_json
from capwright.filing.reports import read_report
from capwright.kernel.refusal import BadInput, Refused, refuse
from capwright.projection import reporting
from capwright.web.hosting import host
from capwright.web.language import lang_of, respelling
from capwright.web.refusals import TOO_LARGE

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest

    from capwright.mrv.method import Method
    from capwright.mrv.records import EmissionReport

__all__ = [
    "LARGEST",
    "Fault",
    "download",
    "faults_of",
    "published",
    "read_upload",
    "size_checked",
    "workbook",
]

LARGEST: Final = 10_000_000  # bytes
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Fault(Struct, frozen=True):
    """What is wrong with a file, and where: sheet and cell of a workbook, line of a text."""

    code: str
    message: str
    sheet: str = ""
    cell: str = ""


def size_checked(file: UploadedFile[Any], most: int = LARGEST) -> bytes:
    """The bytes of an upload; refuses (CW-9721) more than so many."""
    if (file.size or 0) > most:
        refuse(TOO_LARGE, name=str(file.name)[:60], most=f"{most // 1_000_000} MB")
    return bytes(file.read())


def read_upload(file: UploadedFile[Any], lang: str) -> tuple[EmissionReport | None, list[Fault]]:
    """The report in an uploaded workbook, JSON or CSV file; or all its faults."""
    suffix = Path(str(file.name)).suffix.lower()[:5]
    try:
        raw = size_checked(file)
        # The readers take files; this one is gone before the page is answered.
        with tempfile.TemporaryDirectory(prefix="capwright-") as folder:
            target = Path(folder) / f"report{suffix}"
            target.write_bytes(raw)
            return read_report(target, published), []
    except Refused as no:
        return None, faults_of(no, lang)


def faults_of(no: Refused, lang: str) -> list[Fault]:
    """A refusal of a file, cell by cell where it is one of cells."""
    cells = getattr(no, "faults", None)
    if cells:
        return [
            Fault(one.refusal.code, one.refusal.message(lang), *one.place.rpartition("!")[::2])
            for one in cells
        ]
    line = no.line if isinstance(no, BadInput) else 0
    place = f"{line}:{no.column}" if line and isinstance(no, BadInput) else ""
    return [Fault(no.refusal.code, no.refusal.message(lang), "", place)]


def published(name: str) -> Method:
    """A method of the market."""
    with host().look() as market:
        return reporting.method_of(market, name)


def workbook(request: HttpRequest, method: Method, report: EmissionReport | None = None) -> HttpResponse:
    """The Excel template of a method, in the reader's language; filled in with a report if one is given."""
    from capwright.filing.excel import template_bytes  # noqa: PLC0415 - an extra

    name = f"{report.enterprise}-{report.year}" if report is not None else method.id.replace("@", "-")
    made = template_bytes(method, lang_of(request), report, respelling(request) or str)
    return _file(made, _XLSX, f"{name}.xlsx")


def download(request: HttpRequest, kind: str, report: EmissionReport, told: dict[str, Any]) -> HttpResponse:
    """A report as PDF, JSON or workbook."""
    lang = lang_of(request)
    name = f"{report.enterprise}-{report.year}"
    if kind == "json":
        return _file(report_json(report), "application/json", f"{name}.json")
    if told.get("result") is None:  # its method cannot be read any more
        raise told["fault"]
    if kind == "xlsx":
        return workbook(request, told["method"], report)
    if kind == "pdf":
        from capwright.filing.pdf import pdf_bytes  # noqa: PLC0415 - an extra

        made = pdf_bytes(told["method"], report, told["result"], lang, respelling(request))
        return _file(made, "application/pdf", f"{name}.pdf")
    raise Http404


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(safe)}"
    return answer
