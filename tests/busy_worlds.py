"""Markets in the middle of things: something of every kind is pending, held, owed or due."""

from __future__ import annotations

import itertools
import json
from datetime import date
from decimal import Decimal
from typing import Any

from capwright.allocation.leaver_messages import FreezeLeaver
from capwright.allocation.messages import (
    ApproveQuota,
    DecideObjection,
    ObjectToQuota,
    PreIssueAllowances,
    TrueUpAllowances,
)
from capwright.allocation.project_messages import ProjectLine, RecordPaidShare, RegisterNewProject
from capwright.auction.messages import AnnounceAuction, ClearAuction, PlaceBid
from capwright.compliance.messages import AssessCompliance, RecordEmissions, RegisterProject, SurrenderUnits
from capwright.exchange.case_messages import OpenCase
from capwright.exchange.messages import ProposeDeal, ResetPrice
from capwright.ledger.messages import UnitLine
from capwright.mrv.definition import pack
from capwright.mrv.figure_messages import ApproveEmissions, RecordReview
from capwright.mrv.messages import (
    ApprovePlan,
    FileMonitoringPlan,
    PublishMethod,
    ReportFinding,
    StateVerification,
    SubmitReport,
)
from capwright.mrv.oversight_messages import (
    AssignVerifier,
    DrawInspections,
    RegisterVerifier,
    VerifierRecord,
)
from capwright.mrv.plan import MonitoringPlan, PlanStream
from capwright.mrv.records import EmissionReport
from capwright.registry.messages import (
    AddTrustedAccount,
    ApproveTransaction,
    ApproveTrustedAccount,
    FreezeUnits,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    Representative,
)
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_scheme, load_text
from capwright.settlement.messages import BustTrade, DepositCash, SettleTrade
from tests import mrv_worlds, worlds
from tests.allocation_worlds import ALPHA, AUCTION, BETA, GAMMA, PROJECT, RESERVE, TOTAL, TRADER, GdWorld, gd
from tests.exchange_worlds import Exchange
from tests.registry_worlds import Registry
from tests.worlds import World, number, rep

HOUR_MS = 3_600_000
OWNER = number(122, 40, "GD")
LEAVER = gd("operator_holding", 13)


def scheme_body(name: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(scheme_to_json(load_scheme(name)))
    return body


def scheme_of_text(text: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(scheme_to_json(load_text(text)))
    return body


def busy_guangdong() -> GdWorld:
    """Vintage 2023 in July 2024: pre-issued, approved, an objection open, rounds announced and to be paid."""
    world = GdWorld(2023).firms(ALPHA, BETA, GAMMA).firms(LEAVER, sector="power")
    world.open(TRADER, "trading")
    world.open(PROJECT, "new_project_holding")
    people = (Representative("owner-a"), Representative("owner-b"), Representative("owner-r", ("read",)))
    world.do(
        "olga",
        OpenAccount(OWNER, "project_owner", "owner", "Owner", date(2023, 1, 1), representatives=people),
    )
    for scheme in ("guangdong-2022", "guangdong-2024", "guangdong-2023"):
        world.adopt(scheme)
    for n, account in enumerate((ALPHA, BETA, GAMMA, LEAVER)):
        for year in (2021, 2022, 2023):
            activity = Decimal(900_000 + 100_000 * n)
            world.record(
                account,
                "cement_grinding",
                year,
                activity=activity,
                emissions_t=20_000,
                last_approved_t=22_000,
            )
        world.do("olga", DepositCash(account, 500_000_000))
    world.do("olga", DepositCash(TRADER, 500_000_000))
    world.together(PreIssueAllowances(2023))
    world.spend(GAMMA, 5_000)
    line = ProjectLine(process="paper_corrugated", design_capacity=Decimal(100_000))
    world.together(RegisterNewProject(PROJECT, 2023, (line,)))
    world.do("ann", RecordPaidShare(PROJECT, 2023, 9_000, "auction"))
    credits_and_emissions(world)
    world.on(date(2024, 7, 1))
    world.together(ApproveQuota(2023, (ALPHA, BETA, LEAVER)))
    world.do("rep-10-a", ObjectToQuota(ALPHA, 2023, "wrong output"))
    world.on(date(2024, 7, 15)).together(TrueUpAllowances(2023, (BETA,)))
    world.together(ApproveQuota(2023, (GAMMA,)))
    world.together(FreezeLeaver(LEAVER, 2023))
    rounds(world)
    transactions(world)
    world.do("ann", RecordEmissions(LEAVER, 2022, 20_000))
    world.do("ann", AssessCompliance(2022))
    verification(world)
    for command in (IssueUnits("GDEA", 2023, 1_000, TOTAL), DecideObjection(ALPHA, 2023, 21_000)):
        world.do("ann", command)  # two proposals that wait
    return world


def verification(world: GdWorld) -> None:
    """A report under verification with a finding (ALPHA), one verified (BETA), one approved (GAMMA)."""
    world.together(PublishMethod(pack(mrv_worlds.method())))
    for name in ("v1", "v2"):
        world.do("ann", RegisterVerifier(VerifierRecord(name, name, (f"{name}-a", f"{name}-b"))))
    for n, account in enumerate((ALPHA, BETA, GAMMA)):
        person = f"rep-{account.split('-')[2]}-a"
        streams = (PlanStream("coal", "fuel", "anthracite"),)
        world.do(person, FileMonitoringPlan(account, MonitoringPlan("test@1", "firm", "plant", streams)))
        world.do("ann", ApprovePlan(account, 1))
        burned = mrv_worlds.coal(mrv_worlds.datum("FC", "t", 10_000))
        report = EmissionReport(account, 2023, "test@1", (burned,))
        world.do(person, SubmitReport(account, report, late=True))
        world.do("ann", AssignVerifier(account, 2023, "v1"))
        if n == 0:
            world.do("v1-a", ReportFinding(account, 2023, "misstatement", "May is missing"))
            continue
        # 10,000 x 20.304 x 0.02749 x 0.94 x 44/12 = 19,237.8 t
        world.do("v1-a", StateVerification(account, 2023, 1, 19_238, "unqualified"))
    world.do("ann", RecordReview(GAMMA, 2023, "accepted"))
    world.do("ann", ApproveEmissions(GAMMA, 2023, 19_238))
    world.do("ann", DrawInspections(2023, "seed", count=2))


def credits_and_emissions(world: GdWorld) -> None:
    for code, kind, region in (("P1", "PHCER", "Guangdong"), ("P2", "CCER", "Guangdong")):
        world.do(
            "ann",
            RegisterProject(
                code, kind, type="forest", region=region, pre_cdm=False, co2_ch4_share=Decimal(1)
            ),
        )
        world.together(IssueUnits(kind, 2022, 5_000, OWNER, code))
        line = (UnitLine(f"{kind}-2022-{code}", 2_000),)
        world.do("owner-a", ProposeTransaction("transfer", OWNER, BETA, line))
    for n, account in enumerate((ALPHA, BETA, GAMMA)):
        world.do("ann", RecordEmissions(account, 2023, 20_000 + n))


def rounds(world: GdWorld) -> None:
    """One round called for bids, one open with bids, one cleared with an award to pay."""
    world.central(TOTAL, AUCTION, 2023, 60_000)
    world.central(TOTAL, RESERVE, 2023, 10_000)
    now = world.at_ms
    half_ms = HOUR_MS // 2  # rounds are held from 9:30 to 11:30
    for name, opens in (("R1", now), ("R2", now + half_ms), ("R3", now + 24 * HOUR_MS)):
        notice = AnnounceAuction(name, 2023, "GDEA", opens, opens + half_ms, 10_000, 4_000)
        world.do("olga", notice)
    for account, price, quantity_t in ((ALPHA, 7_000, 4_000), (BETA, 6_500, 4_000), (TRADER, 6_000, 1_000)):
        world.do(rep(account), PlaceBid("R1", account, price, quantity_t))
    world.at_ms = now + half_ms
    world.do("olga", ClearAuction("R1", "seed"))
    for account in (ALPHA, BETA):
        world.do(rep(account), PlaceBid("R2", account, 5_000, 1_000))


def transactions(world: GdWorld) -> None:
    """Transfers and surrenders that wait and that are done, freezes, trades, trusted accounts."""
    world.do("rep-11-a", SurrenderUnits(BETA, 2023, 3_000), "s1")
    world.do("rep-11-b", ApproveTransaction("s1"))
    world.do("rep-12-a", SurrenderUnits(GAMMA, 2023, 2_000), "s2")
    line = (UnitLine("GDEA-2023", 100),)
    world.do("rep-11-a", ProposeTransaction("transfer", BETA, TRADER, line), "t1")
    world.do("ann", ProposeTransaction("central_transfer", AUCTION, TOTAL, line), "t2")
    world.do("olga", FreezeUnits(TRADER, "GDEA-2023", 300, "court"))
    world.do("olga", FreezeUnits(BETA, "GDEA-2023", 200, "2023"))
    world.do("olga", SettleTrade(BETA, TRADER, "GDEA", 2023, 200, 6_000, "listed_click"))
    world.do("rep-10-a", AddTrustedAccount(ALPHA, BETA))
    world.do("rep-10-b", ApproveTrustedAccount(ALPHA, BETA))
    world.do("rep-11-a", AddTrustedAccount(BETA, ALPHA))


def busy_testland() -> World:
    """The small scheme of the tests, which has delays: transfers that wait for approval and for the clock."""
    world = World().furnish(5_000)
    one, two, trader = worlds.ALPHA, worlds.BETA, worlds.TRADER
    line = (UnitLine("TLA-2023", 10_000),)
    world.do("ann", ProposeTransaction("central_transfer", worlds.TOTAL, worlds.AUCTION, line))
    for account in (one, two, trader):
        world.do("olga", DepositCash(account, 50_000_000))
    world.do("ann", RegisterProject("P1", "TLC", type="forest"))
    world.together(IssueUnits("TLC", 2023, 1_000, trader, "P1"))
    line = (UnitLine("TLA-2023", 100),)
    for name in ("d1", "d2", "d3"):
        world.do(rep(one), ProposeTransaction("delayed_transfer", one, trader, line), name)
    for name in ("d1", "d2"):
        world.do(rep(one, "b"), ApproveTransaction(name))
    world.do("ann", RecordEmissions(one, 2023, 900))
    world.do("ann", RecordEmissions(two, 2023, 1_900))
    for name, account in (("s1", one), ("s2", two)):
        world.do(rep(account), SurrenderUnits(account, 2023, 400), name)
    now = world.at_ms
    for name in ("R1", "R2"):
        world.do("olga", AnnounceAuction(name, 2023, "TLA", now, now + HOUR_MS, 1_000, 1_000))
        for account in (one, trader):
            world.do(rep(account), PlaceBid(name, account, 2_000, 400))
    world.at_ms += HOUR_MS
    world.do("olga", ClearAuction("R1", "seed"))
    world.do("olga", FreezeUnits(two, "TLA-2023", 200, "2023"))
    world.do(rep(one), AddTrustedAccount(one, two))
    world.do("ann", IssueUnits("TLA", 2023, 100, worlds.TOTAL))
    return world


def busy_registry(scheme: str) -> Registry:
    """Two accounts of every type of a scheme, most with units and cash, and transfers that wait."""
    world = Registry(scheme)
    accounts = list(world.book.state.accounts.values())
    stocked = [a for a in accounts if a.purpose in {"holding", "auction", "allocation", "issue", "reserve"}]
    for account, kind in itertools.product(stocked, world.kinds):
        world.stock(account.number, 5_000, kind)
    for account in accounts:
        world.do("olga", DepositCash(account.number, 50_000_000))
    world.do("ann", RegisterProject("P1", world.kinds[-1], type="forest"))
    holders = [account.number for account in accounts if account.purpose == "holding"][:6]
    for one in holders:
        world.code("ann", RecordEmissions(one, world.vintage, 900))
        world.code(f"{one}/a", SurrenderUnits(one, world.vintage, 300))
    _proposals(world, holders)
    for one, other in itertools.product(holders[:3], holders[:3]):
        world.code(f"{one}/a", AddTrustedAccount(one, other))
        world.code(f"{one}/b", ApproveTrustedAccount(one, other))
    now = world.at_ms
    notice = AnnounceAuction("R1", world.vintage, world.kinds[0], now, now + HOUR_MS, 1_000, 100)
    world.code("olga", notice)
    for one in holders:
        world.code(f"{one}/a", PlaceBid("R1", one, 2_000, 500))
    return world


def _proposals(world: Registry, holders: list[str]) -> None:
    """Transfers of every type between the holders; half of those that wait are approved."""
    line = (UnitLine(f"{world.kinds[0]}-{world.vintage}", 10),)
    for one, other, row in itertools.product(holders, holders, world.rules.registry.transaction_types):
        world.code(world.actor(row, one), ProposeTransaction(row.name, one, other, line))
    people = ("ann", "bob", "olga", "otto", *(f"{one}/b" for one in holders))
    waiting = list(world.market.rooms["registry"].state.pending)[::2]
    for name, person in itertools.product(waiting, people):
        world.code(person, ApproveTransaction(name))


def busy_exchange() -> Exchange:
    """Testland's exchange in mid-session: orders in books, offers waiting, a trade that can be busted."""
    world = Exchange().open("10:00")
    for n, (account, side) in enumerate(
        ((worlds.ALPHA, "sell"), (worlds.BETA, "buy"), (worlds.TRADER, "sell"))
    ):
        for step in range(4):
            price = 5_000 + 10 * (step + 1) if side == "sell" else 5_000 - 10 * (step + 1)
            world.order(account, side, price, 50, id=f"o{n}{step}", product="TLA")
            world.order(account, side, price, 50, id=f"l{n}{step}", product="TLB")
    world.order(worlds.BETA, "buy", 5_010, 10)
    deal = ProposeDeal(worlds.ALPHA, worlds.BETA, "TLA", "sell", 4_000, 100)
    for name in ("d1", "d2"):
        world.by(worlds.ALPHA, deal, name)
    world.do("eve", BustTrade(next(iter(world.settlement.state.bustable)), "keyed in twice"), "bust")
    world.do("eve", ResetPrice("TLA", 5_050, "drill"), "reset")
    for n, account in enumerate((worlds.ALPHA, worlds.TRADER, "")):
        world.do("eve", OpenCase("abnormal_trading", "sold to itself", account), f"case{n}")
    return world
