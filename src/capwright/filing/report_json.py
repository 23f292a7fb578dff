"""Emission reports as JSON: the shapes of `mrv.records`, decimals as texts so that no digit is lost."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from capwright.filing.json_records import parse_records
from capwright.kernel.refusal import define
from capwright.mrv.records import EmissionReport

__all__ = ["parse_reports_json", "report_hash", "report_json"]

BAD_REPORT = define(
    "CW-9504",
    en="At {at}: {reason}.",
    zh="{at} 处有误：{reason_zh}。",
    mend_en="The keys are those of an emission report: enterprise, year, method, streams, outputs …",
    mend_zh="可用的键即排放报告的字段：enterprise、year、method、streams、outputs 等。",
    rule="docs: files of emission reports",
)

_FIGURES: Final = frozenset({"value", "months", "uncertainty"})


def report_json(report: EmissionReport) -> bytes:
    """A report as indented JSON; the same report gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def report_hash(report: EmissionReport) -> str:
    """The SHA-256 of a report as JSON without spaces: names exactly these figures."""
    return hashlib.sha256(msgspec.json.encode(report)).hexdigest()


def parse_reports_json(raw: bytes, file: str) -> list[EmissionReport]:
    """The reports of a JSON text: one object, or a list of them. Raises `BadInput` with the place."""
    return parse_records(raw, file, EmissionReport, BAD_REPORT, _FIGURES)
