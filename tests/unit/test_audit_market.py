"""The real market's journal under the independent auditor, the history and the Beancount export."""

from __future__ import annotations

import itertools
import json

import apsw
import pytest

from capwright.audit import audit, compare_holdings
from capwright.beancount import beancount_lines
from capwright.compliance.messages import RecordEmissions
from capwright.history import balances_at, serial_history
from capwright.journal import Engine, MemoryStore, open_store
from capwright.ledger.laws import totals_t
from capwright.ledger.messages import PostingEvent, UnitLine
from capwright.market import EVENTS, ApproveProposal, Market
from capwright.registry.messages import (
    ApproveTransaction,
    CloseAccount,
    FreezeUnits,
    IssueUnits,
    ProposeTransaction,
    RejectTransaction,
    ReleaseUnits,
)
from capwright.settlement.messages import DepositCash, SettleTrade, WithdrawCash
from tests.journal_rows import seal
from tests.unit.test_beancount import bean_check, written
from tests.worlds import ALPHA, BETA, SURRENDER, TOTAL, TRADER, World, rep

S = "TLA-2023"


class Written(World):
    """A world that is written to a journal as it goes; refusals are written too."""

    def __init__(self, store) -> None:
        self.engine = Engine(store, Market)
        super().__init__()

    def do(self, actor, command, command_id=""):
        self.count += 1
        self.at_ms += 60_000
        outcome = self.engine.execute(command, command_id or f"c{self.count}", actor, at_ms=self.at_ms)
        self.market = self.engine.machine
        return outcome


def lived(store) -> Written:
    """A year in which every kind of posting occurs, with two refusals."""
    world = Written(store)
    world.furnish()
    world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine(S, 300),)), "t1")
    world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine(S, 9999),)), "too much")
    world.do(rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, (UnitLine(S, 10),)), "d1")
    world.do(rep(ALPHA, "b"), ApproveTransaction("d1"))
    world.do(rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, (UnitLine(S, 20),)), "d2")
    world.do(rep(ALPHA, "b"), RejectTransaction("d2"))
    world.do("olga", DepositCash(BETA, 900_000_00))
    world.do("olga", SettleTrade(TRADER, BETA, "TLA", 2023, 120, 6_150), "trade")
    world.do(rep(TRADER), WithdrawCash(TRADER, 1_000_01))
    world.do("ann", FreezeUnits(BETA, S, 200, "fraud"), "f1")
    world.do("bob", ReleaseUnits(BETA, S, 50, "fraud"), "f2")
    world.do("ann", RecordEmissions(BETA, 2023, 400))
    world.do(rep(BETA), ProposeTransaction("surrender", BETA, SURRENDER, (UnitLine(S, 400),), 2023), "s1")
    world.do(rep(TRADER), ProposeTransaction("transfer", TRADER, ALPHA, (UnitLine(S, 180),)), "t2")
    world.do("olga", CloseAccount(TRADER), "not empty of cash")
    world.do(rep(TRADER), WithdrawCash(TRADER, 7_380_00 - 1_000_01))
    world.do("olga", CloseAccount(TRADER))
    world.together(IssueUnits("TLA", 2023, 5_000, TOTAL))
    return world


def rows(store):
    return list(itertools.chain.from_iterable(store.scan()))


@pytest.fixture
def world():
    return lived(MemoryStore())


def test_the_story_contains_what_it_is_meant_to_test(world):
    outcomes = {row[2].decode(): json.loads(row[5]) for row in rows(world.engine._store)}
    refusals = [name for name, events in outcomes.items() if events[0]["event"] == "CommandRefused"]
    assert set(refusals) == {"too much", "not empty of cash"}
    assert {"transfer", "surrender", "central_transfer"} <= {
        e.get("type") for events in outcomes.values() for e in events if e["event"] == "TransactionCompleted"
    }
    names = {e["event"] for events in outcomes.values() for e in events}
    assert {
        "UnitsFrozen",
        "UnitsReleased",
        "TransactionProposed",
        "TransactionEnded",
        "TradeSettled",
    } <= names
    assert {"AccountClosed", "CashDeposited", "CashWithdrawn", "UnitsIssued"} <= names


def test_the_auditor_arrives_at_the_holdings_of_the_market(world):
    report = audit(rows(world.engine._store), expected_head=world.engine.head.hash.hex())
    assert [f.text() for f in report.findings] == []
    book = world.market.book
    assert compare_holdings(report, book.state.units, book.state.cash) == []
    assert report.series == totals_t(book)
    assert report.counts["accounts"] == len(book.state.accounts)
    # By hand: 105,000 issued, 400 of them surrendered.
    assert report.conservation() == [
        {"series": S, "issued": 105_000, "held": 104_600, "surrendered": 400, "cancelled": 0, "exported": 0}
    ]
    # By hand: 900,000 in, 120 t at 61.50 from the buyer to the seller, who withdrew all of it.
    assert report.cash_by_account() == {BETA: 892_620_00, "bank": -892_620_00}


def test_sqlite_gives_the_same_rows_and_a_changed_file_is_found(tmp_path):
    path = tmp_path / "market.sqlite"
    world = lived(open_store(path, create=True))
    head = world.engine.head.hash.hex()
    world.engine.close()
    store = open_store(path, read_only=True)
    assert audit(rows(store), expected_head=head).ok
    store.close()
    connection = apsw.Connection(str(path))
    [table] = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        if {"command_id", "events"} <= {c[1] for c in connection.execute(f"pragma table_info({name})")}
    ]
    for (trigger,) in list(connection.execute("select name from sqlite_master where type = 'trigger'")):
        connection.execute(f"drop trigger {trigger}")
    connection.execute(
        f"update {table} set events = replace(events, '\"first\":1,', '\"first\":2,') where command_id = 't1'"
    )
    assert connection.changes() == 1
    connection.close()
    store = open_store(path, read_only=True)
    found = audit(rows(store), expected_head=head).findings
    store.close()
    seq = next(row[0] for row in rows(lived(MemoryStore()).engine._store) if row[2] == b"t1")
    assert [(f.code, f.seq) for f in found[:2]] == [("CW-8902", seq), ("CW-8943", seq)]


def test_history_and_past_holdings(world):
    journal = rows(world.engine._store)
    steps = serial_history(journal, S, 1)
    assert [(s.event, s.transaction_type, s.source, s.target) for s in steps] == [
        ("UnitsIssued", "", "", TOTAL),
        ("TransactionCompleted", "central_transfer", TOTAL, ALPHA),
        ("TransactionCompleted", "transfer", ALPHA, TRADER),
        ("TradeSettled", "", TRADER, BETA),
        ("UnitsFrozen", "", BETA, f"{BETA}#frozen:fraud"),
        ("UnitsReleased", "", f"{BETA}#frozen:fraud", BETA),
        ("TransactionCompleted", "surrender", BETA, SURRENDER),
    ]
    balances = balances_at(journal, steps[1].at_ms)
    assert balances.units_t == {TOTAL: {S: 99_000}, ALPHA: {S: 1000}}
    state = world.market.book.state
    now = balances_at(journal)
    assert now.units_t == {w: {n: r.size_t for n, r in here.items()} for w, here in state.units.items()}
    assert now.cash_fen == state.cash
    assert now.accounts[TRADER].closed


def test_bean_check_passes_on_the_market(world, tmp_path):
    checked = bean_check(written(tmp_path / "market.beancount", rows(world.engine._store)))
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert len(list(beancount_lines(rows(world.engine._store)))) > 100


def test_every_altered_posting_of_the_market_is_found_even_with_new_hashes(world):
    state = world.market.book.state
    plain = [(r[0], r[1], r[2].decode(), r[3].decode(), r[4], r[5]) for r in rows(world.engine._store)]
    tried = 0
    for at, row in enumerate(plain):
        events = json.loads(row[5])
        for event in events:
            for posting in (p for kind in ("issues", "units", "cash") for p in event.get(kind, ())):
                for field, old in list(posting.items()):
                    posting[field] = old + 1 if isinstance(old, int) else f"{old}x"
                    altered = (*row[:5], json.dumps(events).encode())
                    report = audit(list(seal([*plain[:at], altered, *plain[at + 1 :]])))
                    assert report.findings or compare_holdings(report, state.units, state.cash), (
                        row[2],
                        field,
                    )
                    posting[field] = old
                    tried += 1
    assert tried > 60


def test_only_posting_events_use_the_three_names_of_postings():
    for event in EVENTS:
        used = {"issues", "units", "cash"} & set(event.__struct_fields__)
        assert issubclass(event, PostingEvent) or not used, event
        assert event.__struct_config__.tag_field == "event"
    assert ApproveProposal.__struct_config__.tag_field == "command"


def test_postgres_gives_the_same_rows(postgres_url, world):
    other = lived(open_store(postgres_url, create=True))
    head = other.engine.head.hash.hex()
    other.engine.close()
    store = open_store(postgres_url, read_only=True)
    read = rows(store)
    store.close()
    assert read == rows(world.engine._store)
    assert audit(read, expected_head=head).ok
