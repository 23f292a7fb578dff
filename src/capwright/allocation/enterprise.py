"""One enterprise, all the way: steps, quota, pre-issue, true-up and recall.

What can be said depends on what is known. Before the vintage's output is reported there is a pre-issue but
no approved quota; without a known pre-issue there is a quota but no true-up. Either is said in a note,
never guessed.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from capwright.allocation.activity import ActivityRow, Enterprise, Kind
from capwright.allocation.entry import NewProject, auction_due_t, compulsory_due_t, paid_due_t
from capwright.allocation.formula import StepValue, method_step, new_project_step
from capwright.allocation.issue import (
    PreIssue,
    Quota,
    Share,
    TrueUp,
    enterprise_quota,
    pre_issue_of_steps,
    pre_issue_of_tonnes,
    true_up,
)
from capwright.allocation.recall import Idle, Recall, recall_of
from capwright.allocation.vintage import VintageRules
from capwright.allocation.working import Note, Working, datum, total
from capwright.kernel.refusal import define, refuse

__all__ = ["EnterpriseAllocation", "allocate_enterprise", "enterprise_pre_issue"]

NOTHING_KNOWN = define(
    "CW-5014",
    en="The rows of {enterprise} allow neither a pre-issue nor an approved quota: process '{process}' "
    "has no figures of {year}.",
    zh="{enterprise}的数据既无法计算预发配额，也无法核定配额：工序“{process}”没有{year}年的数据。",
    mend_en="Fill in the activity of the vintage.",
    mend_zh="请填写当年度的产量。",
    rule="allocation.processes of the scheme",
)

AWAITS_OUTPUT: Final = Note(
    en="Approval awaits the vintage's figures of every process.",
    zh="待各工序当年度数据齐备后方可核定。",
)
NO_PRE_ISSUE: Final = Note(
    en="The pre-issue is not known from these rows: no true-up was computed.",
    zh="所给数据无法确定预发配额：未计算多退少补。",
)
NO_TRUE_UP: Final = Note(
    en="Allocation of this vintage is one-off: there is no true-up.",
    zh="该年度配额一次性发放，不作多退少补。",
)
RECALL_BY_DEFAULT: Final = Note(
    en="No source says how a month's quota is measured: by default free quota × abnormal months / 12.",
    zh="未见按月折算的规定：默认按免费配额 × 非正常月数 / 12 计算。",
)


class EnterpriseAllocation(Struct, frozen=True, kw_only=True):
    """Everything the rules say about one enterprise. What could not be computed is None and has a note.

    `final_free_t` is the free quota that stays: approved free quota (or the pre-issue while there is no
    approval) less the recall. `buy_first_t` must be bought before the free part opens (new projects; every
    firm in 2013), of which `buy_by_auction_t` by auction at least.
    """

    enterprise: str
    kind: Kind
    quota: Quota | None
    pre_issue: PreIssue | None
    true_up: TrueUp | None
    recall: Recall | None
    final_free_t: int = 0
    buy_first_t: int = 0
    buy_by_auction_t: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def cites(self) -> tuple[str, ...]:
        """Scheme paths relied on, in order of use."""
        parts = [part for part in (self.quota, self.pre_issue) if part is not None]
        paths = [path for part in parts for step in part.steps for path in step.cites]
        paths += [path for part in (*parts, self.recall) if part is not None for path in part.cites]
        return tuple(dict.fromkeys(paths))


def allocate_enterprise(book: VintageRules, enterprise: Enterprise) -> EnterpriseAllocation:
    """Apply the scheme's rules to the rows of one enterprise; raises `Refused` where they cannot be."""
    notes: list[Note] = []
    shares = _approved_shares(book, enterprise)
    quota = enterprise_quota(shares) if shares is not None else None
    if quota is None:
        notes.append(AWAITS_OUTPUT)
    if enterprise.kind == "new_project":
        pre_issue, settled = None, None
    else:
        pre_issue = _pre_issue(book, enterprise, shares)
        settled = None
        if pre_issue is None:
            notes.append(NO_PRE_ISSUE)
        elif not book.rules.true_up:
            notes.append(NO_TRUE_UP)
        elif quota is not None:
            settled = true_up(quota.free_t, pre_issue.quantity_t)
    if quota is None and pre_issue is None:
        process = enterprise.processes[0].process
        refuse(
            NOTHING_KNOWN, enterprise=enterprise.name, process=process, column="activity", year=book.vintage
        )
    recall = _recall(book, enterprise, shares) if shares is not None else None
    if recall is not None:
        notes.append(RECALL_BY_DEFAULT)
    free_t = quota.free_t if quota is not None else pre_issue.quantity_t if pre_issue is not None else 0
    buy_first_t, buy_by_auction_t = _buy_first(book, enterprise, quota)
    return EnterpriseAllocation(
        enterprise=enterprise.name,
        kind=enterprise.kind,
        quota=quota,
        pre_issue=pre_issue,
        true_up=settled,
        recall=recall,
        final_free_t=free_t - (recall.quantity_t if recall is not None else 0),
        buy_first_t=buy_first_t,
        buy_by_auction_t=buy_by_auction_t,
        notes=tuple(notes),
    )


def enterprise_pre_issue(book: VintageRules, enterprise: Enterprise) -> PreIssue | None:
    """The pre-issue alone, which needs no figures of the vintage; None while it is not known."""
    by_formula = book.rules.pre_issue == "full_formula"
    return _pre_issue(book, enterprise, _approved_shares(book, enterprise) if by_formula else None)


def _approved_shares(book: VintageRules, enterprise: Enterprise) -> list[Share] | None:
    """Steps of the approved quota, or None while a process has no figures of the vintage."""
    shares: list[Share] = []
    complete = True
    for data in enterprise.processes:
        rule = book.processes[data.process]
        step: StepValue | None
        if enterprise.kind == "new_project":
            step = new_project_step(rule, data, book.vintage, _energy_factor(book))
        else:
            step = method_step(rule, data, book.vintage, book.rules.base_years)
        if step is None:
            complete = False
        else:
            shares.append(Share(step, book.free_share(rule, enterprise.kind)))
    return shares if complete else None


def _pre_issue(book: VintageRules, enterprise: Enterprise, shares: list[Share] | None) -> PreIssue | None:
    """The pre-issue by the scheme's rule; one stated in the rows goes before it, since it is a fact."""
    rules, basis = book.rules, book.rules.pre_issue
    cites = ("allocation.pre_issue",)
    given = _added(enterprise, book.vintage, "pre_issued_t", "given")
    if given is not None:
        return pre_issue_of_tonnes("given", given)
    if enterprise.kind == "newly_covered":
        return _newcomer_pre_issue(book, enterprise)
    part = None
    if rules.pre_issue_share is not None:
        part = datum("s", rules.pre_issue_share, "", "allocation.pre_issue_share")
    if basis == "none":
        return pre_issue_of_tonnes("none", datum("0", 0), cites=cites)
    if basis == "last_approved":
        last = _added(enterprise, book.vintage, "last_approved_t", "A_last")
        return None if last is None else pre_issue_of_tonnes("last_approved", last, part, cites)
    if basis == "full_formula":
        return None if shares is None else pre_issue_of_steps("full_formula", shares, part, cites)
    previous = [
        (rule, method_step(rule, data, book.vintage - 1, rules.base_years, "A0"))
        for data in enterprise.processes
        for rule in (book.processes[data.process],)
    ]
    known = [Share(step, book.free_share(rule)) for rule, step in previous if step is not None]
    if len(known) < len(previous):
        return None
    return pre_issue_of_steps("previous_output", known, part, cites)


def _newcomer_pre_issue(book: VintageRules, enterprise: Enterprise) -> PreIssue | None:
    """A newly covered firm starts with last year's reported emissions if the scheme says so."""
    cites = ("allocation.new_entrant_pre_issue",)
    if book.rules.new_entrant_pre_issue == "none":
        return pre_issue_of_tonnes("none", datum("0", 0), cites=cites)
    reported = _added(enterprise, book.vintage - 1, "emissions_t", f"E_{book.vintage - 1}")
    return None if reported is None else pre_issue_of_tonnes("reported_emissions", reported, cites=cites)


def _buy_first(book: VintageRules, enterprise: Enterprise, quota: Quota | None) -> tuple[int, int]:
    """Tonnes to buy before free quota opens, and how many of them by auction at least."""
    if quota is None:
        return 0, 0
    if enterprise.kind == "new_project":
        project = NewProject(quota_t=quota.approved_t, free_t=quota.free_t)
        return paid_due_t(project), auction_due_t(project, book.rules.new_project_auction_share)
    due_t = compulsory_due_t(quota.approved_t, book.rules.compulsory_paid_share)
    return due_t, due_t


def _recall(book: VintageRules, enterprise: Enterprise, shares: list[Share]) -> Recall | None:
    idles = []
    for data, share in zip(enterprise.processes, shares, strict=True):
        row = data.year(book.vintage)
        if row is None:
            continue
        idles.append(
            Idle(
                process=data.process,
                method=book.processes[data.process].method,
                free=share.value.exact * share.free.value,
                abnormal_months=row.abnormal_months,
                stopped_months=row.stopped_months,
                closed=row.closed,
            )
        )
    return recall_of(book.rules, idles)


def _energy_factor(book: VintageRules) -> Working | None:
    factor = book.rules.new_project_energy_factor
    if factor is None:
        return None
    return datum("f_energy", factor, "tCO2/tce", "allocation.new_project_energy_factor")


def _added(enterprise: Enterprise, year: int, column: str, symbol: str) -> Working | None:
    """An enterprise's tonnes of one column and year, added over its processes; None where none is stated."""
    values = [_tonnes(row, column) for data in enterprise.processes if (row := data.year(year)) is not None]
    stated = [datum(symbol, value, "tCO2") for value in values if value is not None]
    if not stated:
        return None
    added = total(stated)
    return Working(symbol, added.numbers, added.value, added.inputs)


def _tonnes(row: ActivityRow, column: str) -> int | None:
    if column == "pre_issued_t":
        return row.pre_issued_t
    if column == "last_approved_t":
        return row.last_approved_t
    return row.emissions_t
