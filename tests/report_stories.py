"""A short compliance year told by hand, for the tests of the report."""

from __future__ import annotations

from pathlib import Path

from capwright.compliance.messages import AssessCompliance, ImposeSanction, RecordEmissions, SurrenderUnits
from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.ledger.messages import UnitLine
from capwright.market import Market
from capwright.registry.messages import ProposeTransaction
from capwright.settlement.messages import DepositCash, SettleTrade
from tests.worlds import ALPHA, BETA, DAY_MS, T0, TOTAL, TRADER, World, rep

DAYS_TO_2024 = 365  # T0 is 2023-01-01
JUNE_1 = DAYS_TO_2024 + 152  # 2024-06-01, in the month before the deadline of 2024-06-20
JUNE_21 = DAYS_TO_2024 + 172


def short_year() -> World:
    """ALPHA and BETA get 1,000 t each; ALPHA sells 100 to BETA; BETA emits 1,300 and is 200 t short.

    Prices: 60 t at 50.00 and 40 t at 52.50 in the month before the deadline; 60 t at 90.00 long before, which
    the trader buys from ALPHA. A day late BETA buys 50 t of the trader's and hands them in.
    """
    world = World().furnish(1000)
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, ALPHA, (UnitLine("TLA-2023", 60),)))
    for account in (BETA, TRADER):
        world.do("olga", DepositCash(account, 10_000_000))
    world.at_ms = T0 + 30 * DAY_MS
    world.do("olga", SettleTrade(ALPHA, TRADER, "TLA", 2023, 60, 9000, "listed_click"))
    world.at_ms = T0 + JUNE_1 * DAY_MS
    world.do("olga", SettleTrade(ALPHA, BETA, "TLA", 2023, 60, 5000, "listed_click"))
    world.at_ms += DAY_MS
    world.do("olga", SettleTrade(ALPHA, BETA, "TLA", 2023, 40, 5250, "negotiated"))
    for account, emissions_t in ((ALPHA, 900), (BETA, 1300)):
        world.do("ann", RecordEmissions(account, 2023, emissions_t))
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 900))
    world.do(rep(BETA), SurrenderUnits(BETA, 2023, 1100))
    world.at_ms = T0 + JUNE_21 * DAY_MS
    world.do("ann", AssessCompliance(2023))
    world.together(ImposeSanction(BETA, 2023))
    world.do("olga", SettleTrade(TRADER, BETA, "TLA", 2023, 50, 6000, "listed_click"))
    world.do(rep(BETA), SurrenderUnits(BETA, 2023, 50))
    return world


def into_journal(world: World, path: Path) -> str:
    """Play what happened in a world into a SQLite journal and return its address."""
    store = open_store(path, create=True)
    with Engine(store, Market) as engine:
        for name, actor, at_ms, command in world.log:
            assert engine.execute(command, name, actor, at_ms).ok
    return str(path)
