"""The allocation table behind `capwright allocate`: every enterprise, step and source, spelled out.

`allocate_table` takes rows that were read elsewhere; `render` writes the report as plain text in either
language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from capwright.allocation.activity import ActivityRow, Enterprise, RowPlaces, group_rows
from capwright.allocation.cap import CapOutcome, CapStatement, cap_plan, cap_statement
from capwright.allocation.enterprise import EnterpriseAllocation, allocate_enterprise
from capwright.allocation.issue import PreIssue
from capwright.allocation.vintage import VintageRules
from capwright.allocation.working import Note, Step, shown
from capwright.kernel.refusal import BadInput, Refused
from capwright.scheme.reliance import Reliance, relied_on
from capwright.scheme.schema import Scheme
from capwright.scheme.source_words import source_in, word_in_chinese

__all__ = ["AllocationReport", "Totals", "allocate_table", "render"]


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over all enterprises in tonnes; `approved_t` = `free_t` + `paid_t`."""

    enterprises: int
    approved_t: int
    free_t: int
    paid_t: int
    pre_issued_t: int
    issue_t: int
    true_up_recall_t: int
    idle_recall_t: int


class AllocationReport(Struct, frozen=True, kw_only=True):
    """What a scheme gives to the enterprises of a table."""

    scheme: str
    digest: str
    vintage: int
    enterprises: tuple[EnterpriseAllocation, ...]
    totals: Totals
    relied_on: tuple[Reliance, ...]
    cap: CapStatement | None = None


def allocate_table(
    scheme: Scheme, rows: Sequence[ActivityRow], *, places: RowPlaces | None = None
) -> AllocationReport:
    """Allocate the rows of an activity table under a scheme.

    `places` says where the rows came from. Raises `BadInput` with file, line and column for the first row
    the rules cannot work with, `Refused` for a scheme without allocation rules.
    """
    places = places or RowPlaces()
    book = VintageRules.of(scheme.body)
    enterprises = group_rows(
        rows, scheme=book.scheme, vintage=book.vintage, processes=tuple(book.processes), places=places
    )
    done = tuple(_allocate(book, enterprise, places) for enterprise in enterprises)
    return AllocationReport(
        scheme=scheme.name,
        digest=scheme.digest,
        vintage=book.vintage,
        enterprises=done,
        totals=_totals(done),
        relied_on=relied_on(scheme, dict.fromkeys(path for each in done for path in each.cites)),
        cap=_cap(scheme, done),
    )


def _allocate(book: VintageRules, enterprise: Enterprise, places: RowPlaces) -> EnterpriseAllocation:
    try:
        return allocate_enterprise(book, enterprise)
    except BadInput:
        raise
    except Refused as refused:
        details = refused.refusal.details
        index = _row_of(enterprise, details)
        raise places.refusal(index, refused.refusal, str(details.get("column", ""))) from None


def _row_of(enterprise: Enterprise, details: dict[str, str | int]) -> int:
    """The row a refusal is about: its process and year, else the process's last year, else the first row."""
    for data in enterprise.processes:
        if data.process == details.get("process"):
            year = details.get("year")
            if isinstance(year, int) and year in data.places:
                return data.places[year]
            return data.places[max(data.places)]
    return min(min(data.places.values()) for data in enterprise.processes)


def _totals(done: Sequence[EnterpriseAllocation]) -> Totals:
    quotas = [each.quota for each in done if each.quota is not None]
    settled = [each.true_up for each in done if each.true_up is not None]
    return Totals(
        enterprises=len(done),
        approved_t=sum(quota.approved_t for quota in quotas),
        free_t=sum(quota.free_t for quota in quotas),
        paid_t=sum(quota.paid_t for quota in quotas),
        pre_issued_t=sum(each.pre_issue.quantity_t for each in done if each.pre_issue is not None),
        issue_t=sum(each.issue_t for each in settled),
        true_up_recall_t=sum(each.recall_t for each in settled),
        idle_recall_t=sum(each.recall.quantity_t for each in done if each.recall is not None),
    )


def _cap(scheme: Scheme, done: Sequence[EnterpriseAllocation]) -> CapStatement | None:
    """The approved sums beside the plan of the cap, where the scheme has one."""
    if scheme.body.cap is None:
        return None
    approved = {
        new: sum(each.quota.approved_t for each in done if each.quota and (each.kind == "new_project") is new)
        for new in (False, True)
    }
    outcome = CapOutcome(approved_controlled_t=approved[False], approved_new_project_t=approved[True])
    return cap_statement(cap_plan(scheme.body.cap), outcome)


def render(report: AllocationReport, lang: str = "en") -> str:
    """The report as plain text, in `lang` (`en` or `zh`)."""
    say = _ZH if lang == "zh" else _EN
    lines = [f"{say['title']} {report.scheme} ({say['vintage']} {report.vintage}, {report.digest[:12]})"]
    for each in report.enterprises:
        lines += ["", *_enterprise_lines(each, say, lang)]
    totals = report.totals
    lines += ["", f"{say['totals']} ({totals.enterprises} {say['enterprises']})"]
    for key in (
        "approved_t",
        "free_t",
        "paid_t",
        "pre_issued_t",
        "issue_t",
        "true_up_recall_t",
        "idle_recall_t",
    ):
        lines.append(f"  {say[key]}: {getattr(totals, key):,} t")
    if report.cap is not None:
        lines += [f"  {note.text(lang)}" for note in report.cap.flags]
    if report.relied_on:
        lines += ["", say["relied_on"]]
        for item in report.relied_on:
            sure = word_in_chinese(item.confidence) if lang == "zh" else item.confidence
            lines.append(f"  {item.path} = {item.value} [{sure}] {source_in(lang, item.source)}")
    return "\n".join(lines) + "\n"


def _enterprise_lines(each: EnterpriseAllocation, say: dict[str, str], lang: str) -> Iterator[str]:
    yield f"{each.enterprise} ({say[each.kind]})"
    if each.quota is not None:
        for step in each.quota.steps:
            yield from _step_lines(step, lang)
        yield f"  {say['approved_t']}: {shown(each.quota.total)} → {each.quota.approved_t:,} t"
        yield f"  {say['free_t']}: {each.quota.formula}"
        yield f"      = {each.quota.numbers} t"
        yield f"  {say['paid_t']}: {each.quota.paid_t:,} t"
    if each.pre_issue is not None:
        yield from _pre_issue_lines(each.pre_issue, say, lang)
    if each.true_up is not None:
        settled = each.true_up
        yield (
            f"  {say['true_up']}: Δ = {settled.approved_free_t:,} - {settled.pre_issued_t:,} "
            f"= {settled.delta_t:+,} t ({say['issue' if settled.delta_t >= 0 else 'recall']})"
        )
    if each.recall is not None:
        yield f"  {say['idle_recall_t']}: {each.recall.formula}"
        yield f"      = {each.recall.numbers} t"
    if each.buy_first_t:
        auction = f" ({say['by_auction']} {each.buy_by_auction_t:,} t)" if each.buy_by_auction_t else ""
        yield f"  {say['buy_first']}: {each.buy_first_t:,} t{auction}"
    yield from _note_lines(each.notes, lang)


def _step_lines(step: Step, lang: str) -> Iterator[str]:
    yield f"  {step.process} [{step.method}]: {step.formula}"
    yield f"      = {step.numbers} tCO2"
    yield from _note_lines(step.notes, lang)


def _pre_issue_lines(pre_issue: PreIssue, say: dict[str, str], lang: str) -> Iterator[str]:
    for step in pre_issue.steps:
        yield from _step_lines(step, lang)
    yield f"  {say['pre_issued_t']} [{pre_issue.basis}]: {pre_issue.formula}"
    yield f"      = {pre_issue.numbers} t"


def _note_lines(notes: Iterable[Note], lang: str) -> Iterator[str]:
    for note in notes:
        yield f"  ! {note.text(lang)}"


_EN = {
    "title": "Allocation under",
    "vintage": "vintage",
    "existing": "controlled enterprise",
    "newly_covered": "newly covered",
    "new_project": "new project",
    "approved_t": "approved quota",
    "free_t": "free",
    "paid_t": "paid",
    "pre_issued_t": "pre-issue",
    "true_up": "true-up",
    "issue": "issue",
    "recall": "recall",
    "issue_t": "true-up, to be issued",
    "true_up_recall_t": "true-up, to be recalled",
    "idle_recall_t": "recall for closure or stop",
    "buy_first": "to buy before the free part opens",
    "by_auction": "by auction at least",
    "totals": "Totals",
    "enterprises": "enterprises",
    "relied_on": "Values from memory or by default that this relied on:",
}
_ZH = {
    "title": "配额分配：方案",
    "vintage": "年度",
    "existing": "控排企业",
    "newly_covered": "新纳入企业",
    "new_project": "新建项目",
    "approved_t": "核定配额",
    "free_t": "免费配额",
    "paid_t": "有偿配额",
    "pre_issued_t": "预发配额",
    "true_up": "多退少补",
    "issue": "补发",
    "recall": "收回",
    "issue_t": "补发合计",
    "true_up_recall_t": "收回合计",
    "idle_recall_t": "关停收回",
    "buy_first": "发放免费配额前应购",
    "by_auction": "其中竞价至少",
    "totals": "合计",
    "enterprises": "家企业",
    "relied_on": "本结果依赖的记忆值或默认值：",
}
