"""Evidence as it is filed: named by a SHA-256 that is one, with a month and dates that are."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.mrv.records import MONTHS, EmissionReport, Evidence

__all__ = ["check_proofs"]

BAD_PROOF = define(
    "CW-5286",
    en="{where}: '{value}' cannot be the {what} of a document.",
    zh="{where}：证据的{what_zh}“{value}”无效。",
    mend_en="A SHA-256 has 64 digits from 0 to 9 and a to f; a month is 0 to 12; a date is 2024-03-31.",
    mend_zh="SHA-256为64位0—9、a—f的字符；月份为1至12，全年填0；日期写成 2024-03-31。",
    rule="FIPS 180-4; ISO 8601",
)

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATES: Final = {"sampled_on": "采样日期", "tested_on": "检测日期", "reported_on": "报告日期"}


def check_proofs(report: EmissionReport) -> None:
    """Refuse (CW-5286) a report with evidence that names no file, no month or no day."""
    for stream in report.streams:
        for datum in stream.data:
            for one in datum.evidence:
                _check(one, f"{stream.code}/{datum.symbol}")
    for datum in report.outputs:
        for one in datum.evidence:
            _check(one, f"outputs/{datum.symbol}")


def _check(one: Evidence, where: str) -> None:
    if not _HASH.fullmatch(one.sha256):
        refuse(BAD_PROOF, where=where, what="SHA-256", what_zh="SHA-256", value=one.sha256[:70])
    if not 0 <= one.month <= MONTHS:
        refuse(BAD_PROOF, where=where, what="month", what_zh="月份", value=str(one.month)[:20])
    for name, zh in _DATES.items():
        text = getattr(one, name)
        if text and not _is_day(text):
            refuse(BAD_PROOF, where=where, what=name, what_zh=zh, value=text[:40])
    for name in ("title", "number", "laboratory"):
        check_text(name, getattr(one, name), MAX_REASON, least=0)


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False
