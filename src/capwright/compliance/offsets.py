"""Which credits a firm may use instead of allowances, and how many.

Two steps. `bars` asks whether credits are admissible at all: their kind, the project's type, region and
gases, whether it sits inside the firm's own boundary. `admit` then cuts what is left to the limits: the share
of actual emissions (Guangdong, 10 %) or of the obligation (national market, 5 %), the least provincial share,
the basket of special quota with PHCER, and what is left of the market's ceiling.
`admit_in_turn` serves the whole market in the order of the requests.

Shares hold exactly for the tonnes admitted: at 70 %, a hundred tonnes have at most thirty from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from capwright.compliance.offset_limits import Groups, fit
from capwright.kernel.quantity import floor_t
from capwright.kernel.refusal import Refusal, RefusalCode, define
from capwright.scheme.compliance_rules import CreditFilter, OffsetRules

__all__ = [
    "TOO_LATE",
    "CreditProject",
    "OffsetDecision",
    "OffsetLot",
    "OffsetRequest",
    "OffsetVerdict",
    "admit",
    "admit_in_turn",
    "bars",
    "group_of",
    "limit_t",
]

KIND_BARRED = define(
    "CW-7030",
    en="{kind} is not admitted as an offset under this scheme.",
    zh="该方案不允许使用{kind}抵消。",
    rule="GZETS offset notices of each vintage",
)
PROJECT_UNKNOWN = define(
    "CW-7031",
    en="The {kind} units name no project of that kind.",
    zh="{kind}未注明同类减排项目。",
    mend_en="Register the project first.",
    mend_zh="请先登记减排项目。",
    rule="GZETS offset notices of each vintage",
)
OWN_BOUNDARY = define(
    "CW-7032",
    en="Project '{project}' lies inside the firm's own reporting boundary.",
    zh="项目“{project}”在本企业的排放边界之内。",
    mend_en="Its reductions already show in the firm's lower emissions.",
    mend_zh="其减排量已体现在企业自身较低的排放中。",
    rule="Guangdong offset rules: own boundary barred",
)
TYPE_BARRED = define(
    "CW-7033",
    en="Project '{project}' of type '{type}' is barred for {kind}.",
    zh="项目“{project}”的类型“{type}”不得用于{kind}抵消。",
    rule="Guangdong offset rules from 2015: no hydro, no fossil power, heat or waste energy",
)
REGION_BARRED = define(
    "CW-7034",
    en="Project '{project}' lies in '{region}', whose projects are barred.",
    zh="项目“{project}”位于“{region}”，该地区项目不得使用。",
    rule="Guangdong offset rules from vintage 2016: no other pilots or started regions",
)
GASES_BARRED = define(
    "CW-7035",
    en="CO2 and CH4 are {share} of the reductions of '{project}'; at least {least} is needed.",
    zh="项目“{project}”的CO2和CH4减排量占比为{share}，至少应为{least}。",
    rule="Guangdong offset rules from 2015: CO2 and CH4 at least half",
)
PRE_CDM_BARRED = define(
    "CW-7036",
    en="Reductions of '{project}' from before its CDM registration are barred.",
    zh="项目“{project}”在清洁发展机制注册前产生的减排量不得使用。",
    rule="Guangdong offset rules from 2015: no pre-CDM volumes",
)
OVER_LIMIT = define(
    "CW-7037",
    en="Offsets may cover at most {limit_t} t here ({share} of {basis_t} t).",
    zh="抵消量最多{limit_t}吨（{basis_t}吨的{share}）。",
    rule="Guangdong offset rules: 10 % of actual emissions; national market: 5 % of the obligation",
)
OVER_PROVINCIAL = define(
    "CW-7038",
    en="At least {share} of the offsets must come from projects in the province.",
    zh="抵消量中至少{share}须来自省内项目。",
    mend_en="Add provincial credits to use more of these.",
    mend_zh="增加省内减排量后可使用更多。",
    rule="Guangdong offset rules: at least 70 % provincial",
)
OVER_BASKET = define(
    "CW-7039",
    en="{kind} is used together with {partner}, of which the basket holds at least {share}.",
    zh="{kind}须与{partner}组合使用，其中{partner}至少占{share}。",
    mend_en="Add {partner} to use more of it.",
    mend_zh="增加{partner}后可使用更多。",
    rule="GZETS 2025-05-12: special quota with PHCER",
)
CEILING_REACHED = define(
    "CW-7040",
    en="The market's ceiling leaves {left_t} t of credits for this request.",
    zh="全市场抵消总量仅余{left_t}吨可供本次申请。",
    rule="Guangdong offset notices: market ceiling, in the order of the requests",
)
TOO_LATE = define(
    "CW-7041",
    en="The request of {on} came after {by}, the last day for offset requests.",
    zh="{on}的申请晚于抵消申请截止日{by}。",
    rule="Guangdong offset notices: request date",
)


class CreditProject(Struct, frozen=True):
    """A registered reduction project, as far as offset rules ask about it.

    `type` and `region` as in `CreditFilter`; `co2_ch4_share` is their part of the reductions; `pre_cdm`
    says that the credits stem from before the project's CDM registration; `inside` names accounts whose
    reporting boundary contains it. None or empty: not known.
    """

    code: str
    kind: str
    type: str = ""
    region: str = ""
    co2_ch4_share: Decimal | None = None
    pre_cdm: bool | None = None
    inside: tuple[str, ...] = ()


class OffsetLot(Struct, frozen=True):
    """Units offered as offset: of one kind, vintage and project (special quota has no project)."""

    kind: str
    quantity_t: int
    project: CreditProject | None = None
    vintage: int = 0


class OffsetRequest(Struct, frozen=True):
    """A firm's application. `requested_at` is local time; it decides the turn."""

    account: str
    emissions_t: int
    obligation_t: int
    lots: tuple[OffsetLot, ...]
    requested_at: datetime


class OffsetVerdict(Struct, frozen=True):
    """What is admitted of one lot, and why not all of it."""

    lot: OffsetLot
    admitted_t: int
    reasons: tuple[Refusal, ...] = ()


class OffsetDecision(Struct, frozen=True):
    """The answer to an application: one verdict for each lot in the order offered.

    `used` is what the firm has had admitted for the vintage in all, by group; pass it on to a later
    application.
    """

    account: str
    limit_t: int
    verdicts: tuple[OffsetVerdict, ...]
    used: Groups

    @property
    def admitted_t(self) -> int:
        """Tonnes this application may cover with offsets."""
        return sum(verdict.admitted_t for verdict in self.verdicts)


def limit_t(rules: OffsetRules, emissions_t: int, obligation_t: int) -> int:
    """Return the most a firm may offset: the share of its basis, rounded down."""
    return floor_t(rules.limit_share * _basis_t(rules, emissions_t, obligation_t))


def _basis_t(rules: OffsetRules, emissions_t: int, obligation_t: int) -> int:
    return emissions_t if rules.basis == "actual_emissions" else obligation_t


def bars(rules: OffsetRules, account: str, lot: OffsetLot) -> tuple[Refusal, ...]:
    """Return every reason why the lot's units are not admissible for `account`; empty if they are."""
    if rules.basket is not None and lot.kind == rules.basket.kind:
        return ()
    credit = _filter(rules, lot.kind)
    if credit is None:
        return (_said(KIND_BARRED, kind=lot.kind),)
    project = lot.project
    if project is None or project.kind != lot.kind:
        return (_said(PROJECT_UNKNOWN, kind=lot.kind),)
    reasons = _project_bars(credit, project)
    if rules.bar_own_boundary and account in project.inside:
        reasons.insert(0, _said(OWN_BOUNDARY, project=project.code))
    return tuple(reasons)


def _project_bars(credit: CreditFilter, project: CreditProject) -> list[Refusal]:
    """Apply the project filters; what the filter asks for and the project does not say is barred."""
    found: list[Refusal] = []
    types, regions = credit.barred_project_types, credit.barred_regions
    if types and (not project.type or project.type in types):
        found.append(_said(TYPE_BARRED, project=project.code, type=project.type, kind=credit.kind))
    if regions and (not project.region or project.region in regions):
        found.append(_said(REGION_BARRED, project=project.code, region=project.region))
    least, share = credit.least_co2_ch4_share, project.co2_ch4_share
    if least is not None and (share is None or share < least):
        said = "?" if share is None else str(share)
        found.append(_said(GASES_BARRED, project=project.code, share=said, least=str(least)))
    if credit.bar_pre_cdm and project.pre_cdm is not False:
        found.append(_said(PRE_CDM_BARRED, project=project.code))
    return found


def admit(
    rules: OffsetRules,
    account: str,
    emissions_t: int,
    obligation_t: int,
    lots: Sequence[OffsetLot],
    *,
    used: Groups | None = None,
    ceiling_left_t: int | None = None,
) -> OffsetDecision:
    """Admit as much of `lots` as the rules allow, in the order offered.

    `used` is what the firm had admitted before for this vintage; `ceiling_left_t` what the market's ceiling
    still leaves (None: no ceiling). The total is the largest possible; among equal totals special quota
    goes first, then credits from elsewhere up to their share, then provincial ones.
    """
    assert all(lot.quantity_t >= 0 for lot in lots), lots
    used = used or Groups()
    barred = [bars(rules, account, lot) for lot in lots]
    groups = ["" if reasons else group_of(rules, lot) for lot, reasons in zip(lots, barred, strict=True)]
    offered = used
    for lot, group in zip(lots, groups, strict=True):
        if group:
            offered = offered.plus(group, lot.quantity_t)
    most_t = limit_t(rules, emissions_t, obligation_t)
    fitted = fit(rules, used, offered, most_t, ceiling_left_t)
    cuts = {
        "limit": _said(
            OVER_LIMIT,
            limit_t=most_t,
            share=_percent(rules.limit_share),
            basis_t=_basis_t(rules, emissions_t, obligation_t),
        ),
        "provincial": _said(OVER_PROVINCIAL, share=_percent(rules.least_provincial_share)),
        "ceiling": _said(CEILING_REACHED, left_t=ceiling_left_t or 0),
    }
    if rules.basket is not None:
        basket = rules.basket
        share = _percent(basket.least_partner_share)
        cuts["basket"] = _said(OVER_BASKET, kind=basket.kind, partner=basket.partner_kind, share=share)
    verdicts, left, taken = [], fitted.shares(used), used
    for lot, group, reasons in zip(lots, groups, barred, strict=True):
        take_t = left.take(group, lot.quantity_t) if group else 0
        taken = taken.plus(group, take_t) if group else taken
        if group and take_t < lot.quantity_t:
            reasons = (cuts[fitted.binding[group]],)  # noqa: PLW2901 - the verdict's reasons
        verdicts.append(OffsetVerdict(lot, take_t, reasons))
    return OffsetDecision(account, most_t, tuple(verdicts), taken)


def admit_in_turn(rules: OffsetRules, requests: Iterable[OffsetRequest]) -> list[OffsetDecision]:
    """Decide all applications, first come first served under the market's ceiling, in the order served.

    Equal times are served by account number. Applications after the last day are refused whole.
    """
    left_t, by_account = rules.market_ceiling_t, dict[str, Groups]()
    decisions: list[OffsetDecision] = []
    for request in sorted(requests, key=lambda r: (r.requested_at, r.account)):
        used = by_account.get(request.account, Groups())
        on = request.requested_at.date()
        if rules.request_by is not None and on > rules.request_by:
            late = _said(TOO_LATE, on=on.isoformat(), by=rules.request_by.isoformat())
            verdicts = tuple(OffsetVerdict(lot, 0, (late,)) for lot in request.lots)
            most_t = limit_t(rules, request.emissions_t, request.obligation_t)
            decisions.append(OffsetDecision(request.account, most_t, verdicts, used))
            continue
        decision = admit(
            rules,
            request.account,
            request.emissions_t,
            request.obligation_t,
            request.lots,
            used=used,
            ceiling_left_t=left_t,
        )
        if left_t is not None:
            left_t -= decision.used.credits_t - used.credits_t
        by_account[request.account] = decision.used
        decisions.append(decision)
    return decisions


def _filter(rules: OffsetRules, kind: str) -> CreditFilter | None:
    return next((credit for credit in rules.credits if credit.kind == kind), None)


def group_of(rules: OffsetRules, lot: OffsetLot) -> str:
    """Return the group of an admissible lot: special, partner, provincial or elsewhere."""
    if rules.basket is not None:
        if lot.kind == rules.basket.kind:
            return "special"
        if lot.kind == rules.basket.partner_kind:
            return "partner"
    credit = _filter(rules, lot.kind)
    at_home = lot.project is not None and bool(rules.home_region) and lot.project.region == rules.home_region
    return "provincial" if at_home or (credit is not None and credit.provincial) else "elsewhere"


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{(share * 100).normalize():f} %"


def _said(spec: RefusalCode, **details: str | int) -> Refusal:
    return Refusal(spec.code, details)
