"""Who is in the market: firms against a vintage's thresholds, and the covered share of an area's emissions.

A firm of a covered sector is *controlled* (控排企业) when a figure of a deciding year reaches a threshold:
emissions, energy use, or standard racks of a data centre; a new-build project by what it is expected to
emit (DECREE art. 9). Who joins of its own will (自愿纳入) is controlled from the year after. Once in, a firm
leaves (退出) after so many years in a row under the thresholds (RULE-2014-MRV art. 5), a volunteer after so
many years of compliance (GZETS 2024-01-12), anyone when the national market takes it. Of the others, who
reaches the reporting threshold reports (报告企业, DECREE art. 6).

The thresholds of the vintage are held against the figures of every year, earlier ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from typing import Literal

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.scheme.allocation_rules import CoverageRules, CoverageTarget, Sector
from capwright.scheme.schema import Scheme

__all__ = [
    "Decision",
    "Firm",
    "FirmYear",
    "Reason",
    "Share",
    "Standing",
    "TargetGap",
    "classify",
    "classify_all",
    "coverage_share",
    "deciding_years",
]

Standing = Literal["controlled", "reporting", "outside"]

NO_COVERAGE = define(
    "CW-5500",
    en="The scheme {scheme} has no vintage or does not say who is covered.",
    zh="方案{scheme}没有年度，或未规定覆盖范围。",
    mend_en="Use the scheme of a vintage, such as guangdong-2023.",
    mend_zh="请使用某一年度的方案，例如 guangdong-2023。",
    rule="design: a market is a scheme file",
)
BAD_FIGURE = define(
    "CW-5501",
    en="{enterprise}, {year}: {what} is {value}; it cannot be negative.",
    zh="{enterprise}，{year}年：{what}为{value}，不得为负。",
    rule="design: bound everything",
)
NO_TOTAL = define(
    "CW-5502",
    en="The emissions of the area are {total_t} t, which {covered_t} t covered do not fit into.",
    zh="区域排放总量为{total_t}吨，小于已覆盖的{covered_t}吨。",
    mend_en="Give the area's emissions from energy of the same year, in tonnes.",
    mend_zh="请填写同一年度的区域能源活动排放总量（吨）。",
    rule="POLICY-2023: share of the province's emissions from energy",
)
TWO_FIGURES = define(
    "CW-5510",
    en="{enterprise} has two figures of {year}.",
    zh="{enterprise}在{year}年有两组数据。",
    mend_en="Give one per year.",
    mend_zh="每年只能有一组数据。",
    rule="design: one clear message for bad input",
)


class FirmYear(Struct, frozen=True):
    """A firm's year: tonnes of CO2, tonnes of coal equivalent, standard racks; None where not known."""

    year: int
    emissions_t: int | None = None
    energy_tce: Decimal | None = None
    racks: int | None = None


class Firm(Struct, frozen=True, kw_only=True):
    """An enterprise with what decides on it.

    `expected_t`: what a new-build project is expected to emit in a year. `controlled_since`: the first
    vintage for which the firm was controlled (None: never). `opted_in`: the year in which its application to
    join was approved; `opted_out`: the year in which it asked to leave. `national_since`: the first year for
    which it is on the list of the national market. `non_industry`: hotels, commerce, finance, public bodies.
    """

    enterprise: str
    sector: str
    figures: tuple[FirmYear, ...] = ()
    expected_t: int | None = None
    controlled_since: int | None = None
    opted_in: int | None = None
    opted_out: int | None = None
    national_since: int | None = None
    non_industry: bool = False


class Reason(Struct, frozen=True):
    """Why, in both languages; `key` of the scheme that decided, with its source and confidence."""

    en: str
    zh: str
    key: str = ""
    source: str = ""
    confidence: str = ""


class Decision(Struct, frozen=True):
    """Where a firm stands for a vintage."""

    enterprise: str
    sector: str
    vintage: int
    standing: Standing
    reasons: tuple[Reason, ...]


class TargetGap(Struct, frozen=True):
    """A target against what is covered: what it needs, what is missing to it, whether its year has come."""

    year: int
    covered_share: Decimal
    needed_t: int
    short_t: int
    due: bool

    @property
    def reached(self) -> bool:
        """Whether the target is reached."""
        return not self.short_t


class Share(Struct, frozen=True):
    """How much of the area's emissions of `year` is covered, and the targets, by year."""

    year: int
    covered_t: int
    total_t: int
    share: Decimal
    targets: tuple[TargetGap, ...]


def classify_all(scheme: Scheme, firms: Sequence[Firm]) -> list[Decision]:
    """Every firm's standing, in the order given."""
    return [classify(scheme, firm) for firm in firms]


def classify(scheme: Scheme, firm: Firm) -> Decision:
    """Where a firm stands for the scheme's vintage; refuses (CW-5500) a scheme that cannot tell."""
    rules, vintage = _rules(scheme)
    _check(firm)
    standing, reasons = _Case(rules, firm, vintage).standing()
    cited = tuple(_cited(scheme, reason) for reason in reasons)
    return Decision(firm.enterprise, firm.sector, vintage, standing, cited)


def deciding_years(scheme: Scheme) -> tuple[int, ...]:
    """The years whose figures decide: those of the scheme, or the one before the vintage."""
    return _years(*_rules(scheme))


def _rules(scheme: Scheme) -> tuple[CoverageRules, int]:
    rules, vintage = scheme.body.coverage, scheme.body.vintage
    if rules is None or vintage is None:
        refuse(NO_COVERAGE, scheme=scheme.name)
    return rules, vintage


def _years(rules: CoverageRules, vintage: int) -> tuple[int, ...]:
    return rules.reference_years or (vintage - 1,)


def _check(firm: Firm) -> None:
    seen: set[int] = set()
    for one in firm.figures:
        if one.year in seen:
            refuse(TWO_FIGURES, enterprise=firm.enterprise, year=one.year)
        seen.add(one.year)
        for what in ("emissions_t", "energy_tce", "racks"):
            value = getattr(one, what)
            if value is not None and value < 0:
                refuse(BAD_FIGURE, enterprise=firm.enterprise, year=one.year, what=what, value=f"{value:f}")
    if firm.expected_t is not None and firm.expected_t < 0:
        refuse(
            BAD_FIGURE, enterprise=firm.enterprise, year="-", what="expected_t", value=str(firm.expected_t)
        )


def _cited(scheme: Scheme, reason: Reason) -> Reason:
    """The reason with the source of its key, or of the first value below it."""
    if not reason.key:
        return reason
    found = scheme.citations.get(reason.key)
    if found is None:
        below = min((path for path in scheme.citations if path.startswith(f"{reason.key}.")), default="")
        found = scheme.citations.get(below)
    if found is None:
        return reason
    return Reason(reason.en, reason.zh, reason.key, found.source, found.confidence.value)


Found = tuple[Standing, list[Reason]]


class _Case:
    """One firm under the rules of one vintage."""

    def __init__(self, rules: CoverageRules, firm: Firm, vintage: int) -> None:
        self.rules, self.firm, self.vintage = rules, firm, vintage
        self.years = _years(rules, vintage)
        self.sector: Sector | None = next((one for one in rules.sectors if one.code == firm.sector), None)
        self.by_year = {one.year: one for one in sorted(firm.figures, key=lambda one: one.year)}

    def standing(self) -> Found:
        """The rules, the stronger before the weaker."""
        firm, rules = self.firm, self.rules
        if firm.national_since is not None and firm.national_since <= self.vintage:
            since = firm.national_since
            return "outside", [
                Reason(f"In the national market since {since}.", f"{since}年起纳入全国碳市场。")
            ]
        met = [reason for year in self.years for reason in self._reached(year)]
        if self.sector is not None and self.sector.opt_in:
            return self._volunteer(met)
        if self.sector is not None and met:
            return "controlled", met
        if self.sector is not None and (expected := self._expected()):
            return "controlled", expected
        if firm.opted_in is not None and rules.opt_in_by_approval:
            return self._volunteer(met)
        if self.sector is not None:
            return self._under()
        why = f"The sector '{firm.sector}' is not covered in {self.vintage}."
        return self._below(
            [Reason(why, f"{self.vintage}年度未覆盖“{firm.sector}”行业。", "coverage.sectors")]
        )

    def _reached(self, year: int) -> list[Reason]:
        """The thresholds that the figures of the year reach."""
        rules, one = self.rules, self.by_year.get(year)
        found: list[Reason] = []
        if one is None:
            return found
        for key, value, threshold, en, zh in (
            ("threshold_t", one.emissions_t, rules.threshold_t, "t CO2", "吨二氧化碳"),
            ("threshold_tce", one.energy_tce, rules.threshold_tce, "tce", "吨标准煤"),
            ("threshold_racks", one.racks, rules.threshold_racks, "standard racks", "个标准机架"),
        ):
            if value is not None and threshold is not None and value >= threshold:
                said_en = f"{_shown(value)} {en} in {year}, at least {threshold:,}."
                said_zh = f"{year}年{_shown(value)}{zh}，达到{threshold:,}。"
                found.append(Reason(said_en, said_zh, f"coverage.{key}"))
        return found

    def _expected(self) -> list[Reason]:
        """A new-build project that is expected to reach the threshold of new projects."""
        expected, threshold = self.firm.expected_t, self.rules.new_project_threshold_t
        if expected is None or threshold is None or expected < threshold:
            return []
        en = f"New-build project: {expected:,} t CO2 a year expected, at least {threshold:,}."
        zh = f"新建项目：预计年排放{expected:,}吨二氧化碳，达到{threshold:,}。"
        return [Reason(en, zh, "coverage.new_project_threshold_t")]

    def _volunteer(self, met: list[Reason]) -> Found:
        """Who joins of its own will: apply, report, be verified; controlled from the next year on."""
        firm, vintage = self.firm, self.vintage
        listed = self.sector is not None and self.sector.opt_in
        key = f"coverage.sectors.{firm.sector}.opt_in" if listed else "coverage.opt_in_by_approval"
        if firm.opted_in is None or firm.opted_in > vintage:
            en, zh = "The sector joins of its own will; no application.", "该行业自愿纳入，未提出申请。"
            return self._below([Reason(en, zh, key)])
        joined = firm.opted_in + 1
        if vintage < joined:
            en = f"Applied in {firm.opted_in}: reports and is verified, controlled from {joined} on."
            zh = f"{firm.opted_in}年申请：当年报告并接受核查，{joined}年度起控排。"
            return "reporting", [Reason(en, zh, key)]
        if firm.opted_out is not None and firm.opted_out < vintage:
            return self._volunteer_leaves(joined, firm.opted_out, key)
        if listed and not met:
            return self._under()
        return "controlled", [
            Reason(f"Joined of its own will in {firm.opted_in}.", f"{firm.opted_in}年自愿纳入。", key),
            *met,
        ]

    def _volunteer_leaves(self, joined: int, asked: int, key: str) -> Found:
        """Out after so many years of compliance; who asked before it was controlled never was."""
        least, served = self.rules.opt_in_lock_years or 0, asked - joined + 1
        if served <= 0:
            en, zh = f"Took its application back in {asked}.", f"{asked}年撤回申请。"
            return self._below([Reason(en, zh, key)])
        lock = "coverage.opt_in_lock_years" if least else key
        if served < least:
            en = f"Asked to leave in {asked} after {served} of at least {least} years: stays."
            zh = f"{asked}年申请退出时履约{served}年，未满{least}年，继续控排。"
            return "controlled", [Reason(en, zh, lock)]
        en = f"Asked to leave in {asked} after {served} years of compliance."
        return self._below([Reason(en, f"履约{served}年后，于{asked}年申请退出。", lock)])

    def _under(self) -> Found:
        """Under every threshold: who was in stays until it has been under them long enough."""
        firm, least, under = self.firm, self.rules.downgrade_years, self._years_under()
        was_in = firm.controlled_since is not None and firm.controlled_since < self.vintage
        if was_in and least is not None and under < least:
            en = f"In before, and under the thresholds in {under} of {least} years in a row: stays."
            zh = f"此前已控排，连续低于门槛{under}年，未满{least}年，继续控排。"
            return "controlled", [Reason(en, zh, "coverage.downgrade_years"), *self._unknown()]
        if was_in:
            en, zh = f"Under the thresholds for {under} years in a row.", f"连续{under}年低于门槛。"
            return self._below([Reason(en, zh, "coverage.downgrade_years")])
        return self._below([Reason("Reaches no threshold.", "未达到纳入门槛。", "coverage.threshold_t")])

    def _unknown(self) -> list[Reason]:
        """That nothing is known of the deciding years, which is not the same as being under."""
        if any(year in self.by_year for year in self.years):
            return []
        return [
            Reason(
                f"No figures of {', '.join(map(str, self.years))} are known.",
                f"没有{'、'.join(map(str, self.years))}年的数据。",
            )
        ]

    def _years_under(self) -> int:
        """For how many years in a row, up to the last deciding one, figures show the firm under."""
        count, year = 0, max(self.years)
        while year in self.by_year and not self._reached(year):
            count, year = count + 1, year - 1
        return count

    def _below(self, reasons: list[Reason]) -> Found:
        """Not controlled: who reaches the reporting threshold reports."""
        rules = self.rules
        known = [one for year in self.years if (one := self.by_year.get(year))]
        reasons = [*reasons, *self._unknown()]
        most = max((one.emissions_t or 0 for one in known), default=0)
        law = (
            rules.standing_non_industry_threshold_t if self.firm.non_industry else rules.standing_threshold_t
        )
        if law is not None and most >= law:
            key = "standing_non_industry_threshold_t" if self.firm.non_industry else "standing_threshold_t"
            en = f"The law's own {law:,} t are reached; the plan of {self.vintage} goes before it."
            zh = f"达到法定门槛{law:,}吨，但以{self.vintage}年度方案为准。"
            reasons = [*reasons, Reason(en, zh, f"coverage.{key}")]
        least = rules.reporting_threshold_t
        if least is None or most < least:
            return "outside", reasons
        en = f"{most:,} t CO2, at least {least:,}: reports."
        zh = f"{most:,}吨二氧化碳，达到{least:,}吨，须报告。"
        return "reporting", [*reasons, Reason(en, zh, "coverage.reporting_threshold_t")]


def _shown(value: int | Decimal) -> str:
    """With separated thousands, cut to a thousandth: what is just under a threshold never reads like it."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value.quantize(Decimal('0.001'), ROUND_DOWN):,f}"
    return text.rstrip("0").rstrip(".")


def coverage_share(scheme: Scheme, year: int, covered_t: int, total_t: int) -> Share:
    """The covered share of an area's emissions, cut to ten-thousandths: no target is reached by rounding.

    Refuses (CW-5502) a total smaller than its part.
    """
    rules = scheme.body.coverage
    if rules is None:
        refuse(NO_COVERAGE, scheme=scheme.name)
    if total_t <= 0 or not 0 <= covered_t <= total_t:
        refuse(NO_TOTAL, total_t=total_t, covered_t=covered_t)
    share = Decimal(covered_t * 10_000 // total_t) / 10_000
    targets = sorted(rules.targets, key=lambda one: one.year)
    return Share(
        year, covered_t, total_t, share, tuple(_gap(one, year, covered_t, total_t) for one in targets)
    )


def _gap(target: CoverageTarget, year: int, covered_t: int, total_t: int) -> TargetGap:
    """Whole tonnes are needed: a target of 2.25 t needs 3."""
    needed_t = int((total_t * target.covered_share).to_integral_value(ROUND_CEILING))
    short_t = max(0, needed_t - covered_t)
    return TargetGap(target.year, target.covered_share, needed_t, short_t, target.year <= year)
