"""Companions (附报) in files: what stands beside reports for data quality, as JSON.

A file holds one object or a list of them: the firm and the year, and the parts of `mrv.quality.companion`.
The firm and the year say to which report a companion belongs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from capwright.filing.files import read_bytes
from capwright.filing.json_records import parse_records
from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.mrv.quality.companion import Companion
from capwright.mrv.records import EmissionReport

__all__ = ["FiledCompanion", "beside", "read_companions"]

BAD_COMPANION = define(
    "CW-9515",
    en="At {at}: {reason}.",
    zh="{at} 处有误：{reason_zh}。",
    mend_en="The keys are those of a companion: enterprise, year, stocks, weights, power, lab, prior …",
    mend_zh="可用的键即附报的字段：enterprise、year、stocks、weights、power、lab、prior 等。",
    rule="docs: files of emission reports",
)
TWO_COMPANIONS = define(
    "CW-9516",
    en="{enterprise} has two companions for {year}.",
    zh="{enterprise}的{year}年度附报重复。",
    mend_en="Keep one.",
    mend_zh="请只保留一份。",
    rule="the companion belongs to its report",
)
NO_REPORT_BESIDE = define(
    "CW-9517",
    en="There is no report of '{enterprise}' for {year} that the companion could stand beside.",
    zh="没有“{enterprise}”{year}年度的报告与该附报对应。",
    mend_en="Write the enterprise as in its report. Reports: {known}.",
    mend_zh="请按报告填写企业名称。现有报告：{known}。",
    rule="the companion belongs to its report",
)

_FIGURES: Final = frozenset(
    {
        "opening", "bought", "closing", "sold", "belt", "feeder", "invoice", "meter", "settlement",
        "statistics", "hydrogen", "oxygen", "sulfur", "moisture", "carbon", "emissions", "product", "heat",
        "verified", "verifier_hours", "verifier_km",
    }
)  # fmt: skip


class FiledCompanion(Companion, frozen=True, kw_only=True):
    """A companion with the firm and the year of the report that it stands beside."""

    enterprise: str
    year: int


def read_companions(path: Path) -> list[FiledCompanion]:
    """The companions of a .json file; raises `BadInput` with the place of a fault."""
    return parse_records(read_bytes(path), str(path), FiledCompanion, BAD_COMPANION, _FIGURES)


def beside(
    reports: Iterable[EmissionReport], companions: Iterable[FiledCompanion], file: str
) -> list[Companion]:
    """The companion of each report, an empty one where there is none.

    Refuses a firm's year with two companions (CW-9516) and one without a report (CW-9517): a slip in a name
    would leave the companion out in silence.
    """
    wanted = [(report.enterprise, report.year) for report in reports]
    found: dict[tuple[str, int], Companion] = {}
    for one in companions:
        key = one.enterprise, one.year
        details: dict[str, str | int] = {"enterprise": one.enterprise[:60], "year": one.year}
        if key in found:
            raise BadInput(Refusal(TWO_COMPANIONS.code, details), file)
        if key not in wanted:
            known = ", ".join(f"{enterprise} ({year})" for enterprise, year in wanted)[:600]
            raise BadInput(Refusal(NO_REPORT_BESIDE.code, details | {"known": known}), file)
        found[key] = one
    return [found.get(key, Companion()) for key in wanted]
