#!/usr/bin/env python3
"""Make the tables of the scenario `guangdong-2023`: a synthetic year calibrated to what is published.

Nothing here is a real enterprise. Counts, caps, free shares, deadlines, monthly volumes and prices, auctions
of credits and the compliance result are published; sizes, processes, output, emissions, banked units, who
trades with whom and when is made up by seeded chance, so that everything closes to the tonne: every firm but
two can surrender by the deadline, those two in September.

Deterministic. Run it without arguments; a test compares its output with the files.
"""

# ruff: noqa: PLR2004 - the figures are assumptions and stand where they are used
from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from guangdong_2023.book import Holder
from guangdong_2023.chance import Chance
from guangdong_2023.firms import Firm, make_firms
from guangdong_2023.people import (
    Leaver,
    Objection,
    Project,
    make_leavers,
    make_projects,
    object_to_quota,
    stop_production,
    working_day,
)
from guangdong_2023.published import LOTS, MONTHS
from guangdong_2023.reports import (
    MISTAKES,
    Verification,
    first_report,
    make_report,
    verifications,
    verifiers,
)
from guangdong_2023.trading import PLAN, Surrender, Trade, trading_days

from capwright.filing.report_csv import reports_csv
from capwright.mrv.records import EmissionReport

FOLDER: Final = Path(__file__).parents[1] / "src/capwright/scenario/data/guangdong-2023"
SEED: Final = "guangdong-2023"
BEGINS: Final = date(2023, 7, 3)
DEADLINE: Final = date(2024, 7, 31)
STOPPED: Final = ("petrochem-27", 7)  # stood still for seven months
# What firms bring in cash for a tonne they lack, in fen, before and after the plan; what an investor has.
CASH_BEFORE: Final = 9_500
CASH_AFTER: Final = 8_200
INVESTOR_CASH: Final = 90_000_000  # CNY
BLOCK_SHARE: Final = 0.5  # of a month's volume, assumed when the published mean is split
INVESTORS: Final = 25
INVESTOR_STYLES: Final = ("investor", "investor", "maker", "investor", "trend")
FEE_PERMILLE: Final = 5  # of a trade on the exchange, each side
BANKED: Final = 0.06  # of quota, where a firm brings any
# CCER of old stock: project, region, type, tonnes, price in fen. Synthetic.
CCER: Final = (
    ("ccer-guangdong-landfill-gas", "Guangdong", "landfill_gas", 60_000, 3650),
    ("ccer-guangxi-wind", "Guangxi", "wind", 30_000, 3480),
)


class Agent(NamedTuple):
    """A row of agents.csv."""

    enterprise: str
    style: str
    quantity_t: object
    since: object
    until: object
    cash: str
    cash_on: object
    bias: int
    habit: str = ""


@dataclass
class Story:
    """Everything that is written to files."""

    firms: list[Firm]
    projects: list[Project]
    objections: list[Objection]
    leavers: list[Leaver]
    investors: list[str] = field(default_factory=list)
    holders: dict[str, Holder] = field(default_factory=dict)
    holdings: list[tuple[str, str, int, int]] = field(default_factory=list)
    credits: list[tuple[object, ...]] = field(default_factory=list)
    owners: list[tuple[str, str]] = field(default_factory=list)
    credit_trades: list[Trade] = field(default_factory=list)
    surrenders: list[Surrender] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)


def make_story() -> Story:
    """Decide everything."""
    firms = make_firms(SEED)
    stop_production(next(f for f in firms if f.id == STOPPED[0]), STOPPED[1])
    story = Story(firms, make_projects(SEED), object_to_quota(firms, SEED), make_leavers(SEED))
    _bank(story)
    _holders(story)
    _offset(story)
    _surrender(story)
    story.agents = _agents(story)
    _pay(story)
    return story


def _bank(story: Story) -> None:
    """Units of 2022 left over: most of the firms covered before, and investors, bring some."""
    chance = Chance(f"{SEED}/banked")
    for firm in story.firms:
        if firm.kind == "existing" and chance.happens(0.55):
            firm.banked_t = round(firm.approved_t * BANKED * chance.lognormal(0.6))
            story.holdings.append((firm.id, "GDEA", 2022, firm.banked_t))
    story.holdings += [(leaver.id, "GDEA", 2020, leaver.holding_t) for leaver in story.leavers]
    for n in range(1, INVESTORS + 1):
        name = f"investor-{n:02d}"
        story.investors.append(name)
        story.holdings.append((name, "GDEA", 2022, round(1_100 * chance.lognormal(0.8)) * 100))


def _holders(story: Story) -> None:
    chance = Chance(f"{SEED}/holders")
    for name in story.investors:
        story.holders[name] = Holder(name, investor=True, weight=chance.lognormal(0.7))
    for firm in story.firms:
        story.holders[firm.id] = Holder(firm.id, sector=firm.sector)
    for project in story.projects:
        story.holders[project.id] = Holder(project.id, sector=project.sector)
    for leaver in story.leavers:
        spare_t = round(leaver.holding_t * chance.between(0.5, 0.95))
        story.holders[leaver.id] = Holder(leaver.id, sector="power", surplus_t=spare_t)
    for name, _, vintage, quantity_t in story.holdings:
        story.holders[name].free[vintage] = quantity_t
    for leaver in story.leavers:
        story.holders[leaver.id].free[2020] = leaver.freed_t


def _short_t(story: Story, firm: Firm) -> int:
    """What a firm lacks after quota, bank and credits; below zero: what it can spare."""
    credit_t = story.holders[firm.id].credit_t
    return firm.emissions_t - (firm.free_t - firm.stop_t) - firm.banked_t - credit_t


def _offset(story: Story) -> None:
    """Credits for firms that are short: the published auctions of PHCER, and old CCER over the counter."""
    chance = Chance(f"{SEED}/offsets")
    for n, lot in enumerate(LOTS, start=1):
        project, owner = f"phcer-{lot.type.replace('_', '-')}-{n}", f"owner-{n:02d}"
        story.owners.append((owner, f"Owner of the PHCER lot of {lot.on} (owner synthetic)"))
        issued_on = working_day(max(BEGINS, lot.on - timedelta(days=20)))
        story.credits.append(
            (issued_on, project, owner, "PHCER", 2022, lot.quantity_t, lot.type, "Guangdong", "", "")
        )
        for buyer, quantity_t in _buyers(
            story, lot.on, lot.quantity_t, 3 if lot.quantity_t > 50_000 else 1, chance
        ):
            story.credit_trades.append(
                Trade(lot.on, owner, buyer, "PHCER", 2022, quantity_t, lot.price, "one_way_auction")
            )
            story.holders[buyer].credit_t += quantity_t
    for n, (project, region, kind, quantity_t, price) in enumerate(CCER, start=len(LOTS) + 1):
        owner, on = f"owner-{n:02d}", date(2024, 5, 22)
        story.owners.append((owner, f"Owner of {project} (synthetic)"))
        story.credits.append(
            (date(2024, 4, 15), project, owner, "CCER", 2016, quantity_t, kind, region, "1", "false")
        )
        if region == "Guangdong":
            buyers = _buyers(story, on, quantity_t, 4, chance)
        else:  # beside provincial credits, which must be 70 % of the whole
            large = sorted(story.firms, key=lambda f: -story.holders[f.id].credit_t)[:3]
            buyers = [(f.id, quantity_t // 3) for f in large]
            assert all(story.holders[name].credit_t * 3 >= part_t * 7 for name, part_t in buyers)
        for buyer, part_t in buyers:
            deal = Trade(on, owner, buyer, "CCER", 2016, part_t, price, "negotiated", "true")
            story.credit_trades.append(deal)
            story.holders[buyer].credit_t += part_t
    for firm in story.firms:
        assert story.holders[firm.id].credit_t * 10 <= firm.emissions_t, firm.id


def _buyers(story: Story, on: date, quantity_t: int, count: int, chance: Chance) -> list[tuple[str, int]]:
    """Firms short by more than their part, which is well within a tenth of their emissions."""
    part_t = quantity_t // count
    fitting = [
        f
        for f in story.firms
        if _short_t(story, f) > 1.6 * part_t
        and (story.holders[f.id].credit_t + part_t) * 12 < f.emissions_t
        and (f.kind == "existing" or on > PLAN)
        and not story.holders[f.id].credit_t
    ]
    assert len(fitting) >= count, (on, len(fitting))
    chosen = chance.shuffled(fitting)[:count]
    parts = [part_t] * count
    parts[0] += quantity_t - part_t * count
    return [(firm.id, part_t) for firm, part_t in zip(chosen, parts, strict=True)]


def _surrender(story: Story) -> None:
    """A day in July for everyone, more towards the deadline; two firms fall short and make good later."""
    chance = Chance(f"{SEED}/surrenders")
    days = [day for day in trading_days(2024, 7) if day >= date(2024, 7, 2)]
    early = [day for day in days if date(2024, 7, 15) <= day <= date(2024, 7, 19)]
    late = [
        f
        for f in story.firms
        if f.kind == "newly_covered"
        and 4_000 < _short_t(story, f) < 30_000
        and not story.holders[f.id].credit_t
    ]
    story.late = [f.id for f in chance.shuffled(late)[:2]]
    again = (date(2024, 9, 6), date(2024, 9, 12))
    for firm in story.firms:
        short_t = max(_short_t(story, firm), 0)
        if firm.id in story.late:
            story.surrenders.append(Surrender(date(2024, 7, 30), firm.id, firm.emissions_t, short_t))
            day = again[story.late.index(firm.id)]
            story.surrenders.append(Surrender(day, firm.id, short_t, 0))
            continue
        if story.holders[firm.id].credit_t:
            day = chance.pick(early, [1.0] * len(early))
        else:
            begin = len(days) // 2 if short_t else 0
            day = chance.pick(days[begin:], [1.0 + at * at / 12 for at in range(begin, len(days))])
        story.surrenders.append(Surrender(day, firm.id, firm.emissions_t, 0))
    story.surrenders.sort()


def _agents(story: Story) -> list[Agent]:
    """Who trades: firms short of quota until they surrender, firms with a surplus, investors."""
    chance, habits = Chance(f"{SEED}/needs"), Chance(f"{SEED}/habits")
    last = {surrender.holder: surrender.on for surrender in story.surrenders}
    agents: list[Agent] = []
    for firm in story.firms:
        short_t = _short_t(story, firm)
        bias = round(8 * chance.normal())
        if short_t <= 0:
            spare_t = round(-short_t * chance.between(0.55, 1.0))
            if spare_t:
                agents.append(Agent(firm.id, "seller", spare_t, "", "", "", "", bias))
            continue
        since = BEGINS if firm.kind == "existing" else date(2024, 2, 1)
        until = working_day(last[firm.id] - timedelta(days=4))
        bought_t = short_t + chance.whole(0, max(short_t // 50, 20))
        cash_on = BEGINS if firm.kind == "existing" else date(2024, 1, 31)
        if (
            firm.id in story.late
        ):  # no money before the deadline: the owners paid in when the order to correct came
            since, until, bought_t, cash_on = date(2024, 8, 5), date(2024, 9, 2), short_t, date(2024, 8, 5)
        cost = CASH_BEFORE if since == BEGINS else CASH_AFTER
        habit = habits.pick(("early", "", "late"), (1.0, 2.0, 1.0))
        cash = _cash(bought_t * cost)
        agents.append(Agent(firm.id, "buyer", bought_t, since, until, cash, cash_on, bias, habit))
    for p in story.projects:
        if p.bought_on:
            until = working_day(p.bought_on - timedelta(days=4))
            cash = _cash(p.paid_t * CASH_AFTER)
            agents.append(Agent(p.id, "buyer", p.paid_t, date(2024, 2, 1), until, cash, date(2024, 1, 31), 0))
    for leaver in story.leavers:
        spare_t = story.holders[leaver.id].surplus_t
        agents.append(Agent(leaver.id, "seller", spare_t, "", "", "", "", 0))
    for n, name in enumerate(story.investors):
        style, bias = INVESTOR_STYLES[n % len(INVESTOR_STYLES)], round(12 * chance.normal())
        agents.append(Agent(name, style, "", "", "", f"{INVESTOR_CASH}.00", BEGINS, bias))
    return agents


def _cash(fen: int) -> str:
    """An amount in CNY, rounded up to thousands."""
    return f"{-(-fen // 100_000) * 1000}.00"


def _opinions() -> list[tuple[object, ...]]:
    """The months as the exchange published them; blocks carry what the closes do not explain of the mean."""
    rows: list[tuple[object, ...]] = []
    for m in MONTHS:
        listed = (m.first_close + m.last_close) / 2
        block = (m.mean - (1 - BLOCK_SHARE) * listed) / BLOCK_SHARE / listed
        block = max(0.74, min(1.26, block))
        prices = (
            f"{p // 100}.{p % 100:02d}" for p in (m.first_close, m.last_close, m.least_close, m.most_close)
        )
        rush = "true" if (m.year, m.month) == (2024, 7) else ""
        rows.append((f"{m.year}-{m.month:02d}", m.volume_t, *prices, round(100 * block), rush))
    return rows


def _pay(story: Story) -> None:
    """Run the cash through all trades: the lowest balance is what must be paid in."""
    for trade in _all_trades(story):
        amount = trade.price * trade.quantity_t
        amount += amount * FEE_PERMILLE // 1_000 + 1 if trade.on_exchange else 0
        story.holders[trade.buyer].pay(amount)
        if trade.seller in story.holders:
            story.holders[trade.seller].pay(-amount)


def _all_trades(story: Story) -> list[Trade]:
    return sorted(story.credit_trades, key=lambda trade: trade.on)


def _deposit(story: Story, name: str) -> str:
    """Cash to pay in: rounded up to thousands of CNY; owners of credits only sell."""
    needed = -story.holders[name].least_cash if name in story.holders else 0
    return f"{-(-needed // 100_000) * 1000}.00" if needed else ""


# Writing.


def make_files() -> dict[str, str]:
    """The tables as text, by file name."""
    story = make_story()
    reports = [make_report(firm, SEED) for firm in story.firms]
    return {
        "enterprises.csv": _enterprises(story),
        "holdings.csv": _table(("enterprise", "kind", "vintage", "quantity_t"), story.holdings),
        "activity.csv": _activity(story),
        "reports.csv": _reports(reports),
        "first_reports.csv": _reports([first_report(r) for r in reports if r.enterprise in MISTAKES]),
        "verifiers.csv": _table(("id", "name", "office"), verifiers()),
        "verifications.csv": _table(Verification._fields, verifications(story.firms, SEED)),
        "objections.csv": _table(
            ("enterprise", "vintage", "date", "reason", "decided_on", "approved_t", "decision"),
            (
                (o.firm, 2023, o.on, o.reason, o.decided_on, o.approved_t, o.decision)
                for o in story.objections
            ),
        ),
        "projects.csv": _projects(story),
        "credits.csv": _table(
            (
                "date",
                "project",
                "owner",
                "kind",
                "vintage",
                "quantity_t",
                "type",
                "region",
                "co2_ch4_share",
                "pre_cdm",
            ),
            story.credits,
        ),
        "transfers.csv": _table(
            ("date", *Trade._fields[1:]),
            (t._replace(price=f"{t.price // 100}.{t.price % 100:02d}") for t in _all_trades(story)),
        ),
        "surrenders.csv": _table(
            ("date", "enterprise", "vintage"), ((s.on, s.holder, 2023) for s in story.surrenders)
        ),
        "agents.csv": _table(Agent._fields, story.agents),
        "opinions.csv": _table(
            ("month", "volume_t", "first", "last", "least", "most", "block", "rush"), _opinions()
        ),
    }


def _reports(reports: Sequence[EmissionReport]) -> str:
    """The long table of reports without the columns that nobody fills in."""
    rows = list(csv.reader(io.StringIO(reports_csv(reports))))
    kept = [n for n, name in enumerate(rows[0]) if any(row[n] for row in rows[1:]) or name == "item"]
    return _table([rows[0][n] for n in kept], [[row[n] for n in kept] for row in rows[1:]])


def _enterprises(story: Story) -> str:
    columns = (
        *("id", "name", "account_type", "sector", "kind", "first_year", "last_year"),
        *("cash", "opened_on"),
    )
    rows: list[tuple[object, ...]] = []

    def add(name: str, said: str, account_type: str, kind: str, sector: str = "", *rest: object) -> None:
        first_year, last_year, opened_on = (*rest, *("",) * (3 - len(rest)))
        cash = _deposit(story, name)
        rows.append((name, said, account_type, sector, kind, first_year, last_year, cash, opened_on))

    for f in story.firms:
        opened_on = "" if f.kind == "existing" else PLAN
        add(f.id, f.name, "operator_holding", f.kind, f.sector, f.first_year, "", opened_on)
    for leaver in story.leavers:
        add(leaver.id, leaver.name, "operator_holding", "leaver", "power", 2013, 2020)
    for p in story.projects:
        add(p.id, p.name, "new_project_holding", "new_project", p.sector, "", "", PLAN)
    for n, name in enumerate(story.investors, start=1):
        add(name, f"Investor {n:02d} (synthetic)", "trading", "investor")
    for name, said in story.owners:
        add(name, said, "project_owner", "project_owner")
    return _table(columns, rows)


def _activity(story: Story) -> str:
    columns = (
        *("enterprise", "process", "year", "activity", "emissions_t", "licensed_capacity", "normal", "kind"),
        *("abnormal_months", "stopped_months", "last_approved_t"),
    )
    months = ("abnormal_months", "stopped_months")
    rows = (
        tuple(_cell(getattr(row, c) or None if c in months else getattr(row, c)) for c in columns)
        for firm in story.firms
        for row in firm.rows
    )
    return _table(columns, rows)


def _projects(story: Story) -> str:
    columns = (
        *("enterprise", "vintage", "process", "design_capacity", "energy_tce", "energy_factor", "bought_t"),
        *("bought_on", "accepted_on", "controlled_on", "issued_on"),
    )
    rows = (
        (
            *(p.id, 2023, p.process, _cell(p.design_capacity), _cell(p.energy_tce), _cell(p.energy_factor)),
            *(p.paid_t if p.bought_on else "", _cell(p.bought_on), _cell(p.accepted_on)),
            *(_cell(p.controlled_on), _cell(p.issued_on)),
        )
        for p in story.projects
    )
    return _table(columns, rows)


def _cell(value: object) -> object:
    """Nothing for None and for the default; plain words otherwise."""
    if value is None or value is True:
        return ""
    return "false" if value is False else value


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def main() -> None:
    """Write the tables."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in make_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
