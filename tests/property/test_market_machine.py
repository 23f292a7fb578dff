"""Random commands on a whole market: the laws hold after each; the way to a state leaves no trace in it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from capwright.auction.messages import (
    AnnounceAuction,
    CancelAuction,
    ClearAuction,
    DeclareDefault,
    PlaceBid,
    SettleAuction,
)
from capwright.compliance.messages import AssessCompliance, ImposeSanction, RecordEmissions, SurrenderUnits
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import PostingEvent, UnitLine
from capwright.market import ApproveProposal, Market, RejectProposal, command_union, event_union
from capwright.registry.messages import (
    AddTrustedAccount,
    AdvanceClock,
    ApproveTransaction,
    ApproveTrustedAccount,
    CancelTransaction,
    CloseAccount,
    FreezeUnits,
    IssueUnits,
    ProposeTransaction,
    RejectTransaction,
    ReleaseUnits,
    SetAccountStatus,
)
from capwright.settlement.messages import DepositCash, SettleTrade, WithdrawCash
from tests.worlds import ALPHA, AUCTION, BETA, CANCELLATION, SURRENDER, TOTAL, TRADER, World, rep

USERS = st.sampled_from([ALPHA, BETA, TRADER])
ANY = st.sampled_from([ALPHA, BETA, TRADER, TOTAL, SURRENDER, AUCTION, "TL-120-99-0-1"])
QUANTITY = st.one_of(st.integers(1, 600), st.sampled_from([0, -1, 10**12, 10**13]))
PEOPLE = st.sampled_from(["ann", "bob", "olga", "clock", rep(ALPHA), rep(ALPHA, "b"), rep(BETA), rep(TRADER)])


class MarketMachine(RuleBasedStateMachine):
    """Sends commands, sensible and absurd; a model is not needed, because the laws are the model."""

    @initialize()
    def begin(self):
        self.world = World().furnish()
        self.market = self.world.market
        self.world.do(
            "ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, (UnitLine("TLA-2023", 5000),))
        )
        for account in (ALPHA, BETA, TRADER):
            self.world.do("olga", DepositCash(account, 1_000_000))
        self.carried_out = 0
        self.transactions: list[str] = ["none"]
        self.auctions: list[str] = ["none"]

    def send(self, actor, command):
        """Carry out; a refused command must leave the state as it was."""
        before = self.market.state_hash()
        name = f"c{self.world.count + 1}"
        refusal = None
        try:
            self.world.do(actor, command)
        except Refused as refused:
            refusal = refused.refusal
        if refusal is None:
            self.carried_out += 1
            return name
        assert self.market.state_hash() == before, refusal
        assert refusal.message("zh") != refusal.message("en")
        return ""

    @rule(
        source=USERS,
        receiver=ANY,
        quantity_t=QUANTITY,
        kind=st.sampled_from(["transfer", "delayed_transfer"]),
    )
    def transfer(self, source, receiver, quantity_t, kind):
        line = UnitLine("TLA-2023", quantity_t)
        name = self.send(rep(source), ProposeTransaction(kind, source, receiver, (line,)))
        self.transactions += [name] if name else []

    @rule(
        data=st.data(),
        who=PEOPLE,
        deed=st.sampled_from([ApproveTransaction, RejectTransaction, CancelTransaction]),
    )
    def decide(self, data, who, deed):
        self.send(who, deed(data.draw(st.sampled_from(self.transactions))))

    @rule(hours=st.integers(0, 100))
    def wait(self, hours):
        self.world.at_ms += hours * 3_600_000
        self.send("clock", AdvanceClock())

    @rule(
        quantity_t=QUANTITY, kind=st.sampled_from(["TLA", "TLC", "XXX"]), who=st.sampled_from(["ann", "olga"])
    )
    def issue(self, quantity_t, kind, who):
        target = TOTAL if kind == "TLA" else TRADER
        name = self.send(who, IssueUnits(kind, 2023, quantity_t, target))
        if name:
            self.send("ann", ApproveProposal(name))  # the proposer may not
            self.send("bob", ApproveProposal(name) if quantity_t % 2 else RejectProposal(name))

    @rule(account=USERS, emissions_t=st.integers(-1, 900))
    def emit(self, account, emissions_t):
        self.send("ann", RecordEmissions(account, 2023, emissions_t))

    @rule(account=st.sampled_from([ALPHA, BETA]), quantity_t=st.integers(0, 700))
    def surrender(self, account, quantity_t):
        name = self.send(rep(account), SurrenderUnits(account, 2023, quantity_t))
        self.transactions += [name] if name else []

    @rule(data=st.data())
    def reverse(self, data):
        what = data.draw(st.sampled_from(self.transactions))
        name = self.send("olga", ProposeTransaction("reversal_of_surrender", reverses=what))
        self.transactions += [name] if name else []

    @rule()
    def judge(self):
        self.send("ann", AssessCompliance(2023))
        name = self.send("ann", ImposeSanction(ALPHA, 2023))
        if name:
            self.send("bob", ApproveProposal(name))

    @rule(account=USERS, quantity_t=QUANTITY, back=st.booleans())
    def freeze(self, account, quantity_t, back):
        deed = ReleaseUnits if back else FreezeUnits
        self.send("ann", deed(account, "TLA-2023", quantity_t, "2023"))

    @rule(account=USERS, status=st.sampled_from(["open", "restricted", "suspended"]))
    def restrict(self, account, status):
        self.send("olga", SetAccountStatus(account, status))

    @rule(account=ANY)
    def close(self, account):
        self.send("olga", CloseAccount(account))

    @rule(one=USERS, other=USERS, price=st.integers(-1, 5000), quantity_t=QUANTITY)
    def trade(self, one, other, price, quantity_t):
        self.send("olga", SettleTrade(one, other, "TLA", 2023, quantity_t, price))

    @rule(account=USERS, amount=st.integers(-5, 2_000_000), into=st.booleans())
    def cash(self, account, amount, into):
        if into:
            self.send("olga", DepositCash(account, amount))
        else:
            self.send(rep(account), WithdrawCash(account, amount))

    @rule(one=USERS, other=USERS)
    def trust(self, one, other):
        self.send(rep(one), AddTrustedAccount(one, other))
        self.send(rep(one, "b"), ApproveTrustedAccount(one, other))

    @rule(offered_t=st.integers(0, 3000), price=st.none() | st.integers(1, 3000))
    def announce(self, offered_t, price):
        name = f"a{self.world.count}"
        now = self.world.at_ms
        if self.send("olga", AnnounceAuction(name, 2023, "TLA", now, now + 3_600_000, offered_t, price)):
            self.auctions.append(name)

    @rule(data=st.data(), account=USERS, price=st.integers(0, 4000), quantity_t=QUANTITY)
    def bid(self, data, account, price, quantity_t):
        auction = data.draw(st.sampled_from(self.auctions))
        self.send(rep(account), PlaceBid(auction, account, price, quantity_t))

    @rule(data=st.data(), account=USERS, off=st.booleans())
    def finish(self, data, account, off):
        auction = data.draw(st.sampled_from(self.auctions))
        if off:
            self.send("olga", CancelAuction(auction, "off"))
        self.world.at_ms += 3_600_000
        self.send("olga", ClearAuction(auction, "seed"))
        self.send("olga", SettleAuction(auction))
        self.world.at_ms += 10 * 86_400_000
        self.send("olga", DeclareDefault(auction, account))

    @rule(account=USERS, quantity_t=QUANTITY)
    def cancel_units(self, account, quantity_t):
        line = UnitLine("TLA-2023", quantity_t)
        self.send(rep(account), ProposeTransaction("deletion", account, CANCELLATION, (line,)))

    @invariant()
    def the_laws_hold(self):
        assert self.market.breaches() == []

    def teardown(self):
        """Replaying the events, or restoring the snapshot, gives the very same state."""
        if not hasattr(self, "world"):
            return
        again = Market()
        commands = msgspec.json.Decoder(command_union())
        events = msgspec.json.Decoder(tuple[event_union(), ...])
        replayed = Market()
        for name, actor, at_ms, command in self.world.log:
            done = again.execute(
                commands.decode(msgspec.json.encode(command)), command_id=name, actor=actor, at_ms=at_ms
            )
            for event in events.decode(msgspec.json.encode(done)):
                replayed.apply(event, at_ms)
        restored = Market()
        restored.restore(self.market.snapshot())
        expected = self.market.state_hash()
        assert again.state_hash() == expected
        assert replayed.state_hash() == expected
        assert restored.state_hash() == expected


TestMarketMachine = MarketMachine.TestCase
TestMarketMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def play_and_check(story):
    """Apply events to a new market; fails where one cannot be applied or a law is broken at the end."""
    market = World().market
    for event, at_ms in story:
        market.apply(event, at_ms)
    assert market.breaches() == []


def test_mutating_any_posting_trips_a_law():
    """Change one field of one posting in a short history: either it cannot be applied or a law is broken."""
    world = World()
    history: list[tuple] = []
    world.furnish()
    fresh = World()
    for name, actor, at_ms, command in world.log[1:]:
        fresh.at_ms = at_ms
        history.append((fresh.market.execute(command, command_id=name, actor=actor, at_ms=at_ms), at_ms))
    events = [(event, at_ms) for done, at_ms in history for event in done]
    postings = [
        (n, field, at)
        for n, (event, _) in enumerate(events)
        if isinstance(event, PostingEvent)
        for field in ("issues", "units", "cash")
        for at in range(len(getattr(event, field)))
    ]
    assert postings
    for n, field, at in postings:
        event = events[n][0]
        one = getattr(event, field)[at]
        for name in one.__struct_fields__:
            old = getattr(one, name)
            new = old + 1 if isinstance(old, int) else old + "x"
            changed = msgspec.structs.replace(one, **{name: new})
            lines = list(getattr(event, field))
            lines[at] = changed
            mutated = msgspec.structs.replace(event, **{field: tuple(lines)})
            story = [(mutated if m == n else original, at_ms) for m, (original, at_ms) in enumerate(events)]
            with pytest.raises((AssertionError, KeyError)):
                play_and_check(story)
