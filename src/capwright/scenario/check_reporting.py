"""Whether a scenario's reports and verifications fit together and can be worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import BadInput, Refusal, Refused, define
from capwright.mrv import library
from capwright.mrv.calculation import compute

if TYPE_CHECKING:
    from capwright.scenario.load import Scenario

__all__ = ["check_reporting"]

_DOCS: Final = "docs: writing a scenario"

STRANGER = define(
    "CW-9380",
    en="The report of '{enterprise}' is of nobody in enterprises.csv, or there are two.",
    zh="“{enterprise}”的报告不对应 enterprises.csv 中的企业，或有重复。",
    mend_en="Give one report for each enterprise and file.",
    mend_zh="每个文件中每家企业只能有一份报告。",
    rule=_DOCS,
)
NO_VERIFIER = define(
    "CW-9381",
    en="'{verifier}' is not in verifiers.csv.",
    zh="“{verifier}”不在 verifiers.csv 中。",
    mend_en="Add it there, or correct the id.",
    mend_zh="请在该文件中补充，或更正编号。",
    rule=_DOCS,
)
UNVERIFIED = define(
    "CW-9382",
    en="{enterprise}: its report, first report and finding in verifications.csv do not go together.",
    zh="{enterprise}：其报告、首次报告与 verifications.csv 中的核查发现不一致。",
    mend_en="A first report needs a finding and a final report, and a finding a first report.",
    mend_zh="有首次报告须有核查发现与最终报告，有核查发现须有首次报告。",
    rule=_DOCS,
)
NOT_SOUND = define(
    "CW-9383",
    en="The report of {enterprise} cannot be worked out: {reason}",
    zh="{enterprise}的报告无法核算：{reason}",
    mend_en="Correct it; `capwright mrv compute` says where.",
    mend_zh="请更正；capwright mrv compute 会指出位置。",
    rule=_DOCS,
)


def check_reporting(scenario: Scenario) -> None:
    """Raise `BadInput` for the first thing that does not fit."""
    known = {row.id for row in scenario.enterprises}
    for name, reports in (("reports.csv", scenario.reports), ("first_reports.csv", scenario.first_reports)):
        file = str(scenario.folder / name)
        seen: set[str] = set()
        for report in reports:
            if report.enterprise not in known or report.enterprise in seen:
                raise BadInput(Refusal(STRANGER.code, {"enterprise": report.enterprise[:60]}), file)
            seen.add(report.enterprise)
            try:
                compute(library.method(report.method), report)
            except Refused as no:
                details: dict[str, str | int] = {
                    "enterprise": report.enterprise,
                    "reason": no.refusal.message(),
                }
                raise BadInput(Refusal(NOT_SOUND.code, details), file) from no
    verifiers = {row.id for row in scenario.verifiers}
    reported = {report.enterprise for report in scenario.reports}
    first = {report.enterprise for report in scenario.first_reports}
    for line, row in scenario.verifications.numbered():
        if row.verifier not in verifiers:
            scenario.verifications.refuse(line, "verifier", NO_VERIFIER, verifier=row.verifier[:60])
        if row.enterprise not in reported or bool(row.finding_en) != (row.enterprise in first):
            scenario.verifications.refuse(line, "enterprise", UNVERIFIED, enterprise=row.enterprise)
