"""Who may send what: every command, by every kind of sender, on a market in the middle of things."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from capwright.kernel.refusal import Refused
from capwright.market import (
    COMMANDS,
    ApproveProposal,
    Market,
    OpenMarket,
    RejectProposal,
)
from capwright.market.messages import CommandProposed
from capwright.mrv.messages import CloseFinding, ReportFinding, StateVerification
from capwright.registry.messages import (
    AppointOfficer,
    AppointRepresentative,
    ApproveTransaction,
    CancelTransaction,
    ProposeTransaction,
    RejectTransaction,
    Representative,
)
from tests.allocation_worlds import ALPHA, BETA, TRADER
from tests.busy_worlds import busy_guangdong, busy_testland, scheme_body
from tests.command_fuzz import Fuzzer
from tests.worlds import ALPHA as TL_ALPHA
from tests.worlds import MINI, World, opening

OFFICERS = {
    "ann": {"authority"},
    "bob": {"authority"},
    "olga": {"operator", "exchange"},
    "otto": {"operator"},
    "eve": {"exchange"},
    "audrey": {"auditor"},
    "clock": {"clock"},
}
STRANGERS = ("mallory", "genesis", "", "ann ", "ANN", "rep-10-A", "authority", "owner-r")
REPRESENTATIVES = (
    "rep-10-a",
    "rep-10-b",
    "rep-10-i",
    "rep-10-v",
    "rep-11-a",
    "rep-12-a",
    "owner-a",
    "rep-30-a",
)
EVERYBODY = (*OFFICERS, *STRANGERS, *REPRESENTATIVES)
RIGHTS = {
    ("rep-10-a", ALPHA): {"initiate", "approve", "read"},
    ("rep-10-b", ALPHA): {"initiate", "approve", "read"},
    ("rep-10-i", ALPHA): {"initiate"},
    ("rep-10-v", ALPHA): {"approve"},
}
NO_ROLE, NO_RIGHT, NO_ACCOUNT = "CW-4001", "CW-4002", "CW-4003"
DECIDED_BY_HANDLER = {
    ApproveProposal,
    ApproveTransaction,
    CancelTransaction,
    CloseFinding,
    OpenMarket,
    ProposeTransaction,
    RejectProposal,
    RejectTransaction,
    ReportFinding,
    StateVerification,
}


@cache
def start(name: str) -> tuple[bytes, int]:
    world = {"guangdong": busy_guangdong, "testland": busy_testland}[name]()
    for person in ("otto", "eve", "audrey"):
        world.together(AppointOfficer(person, tuple(OFFICERS[person])))
    if name == "guangdong":
        for person, right in (("rep-10-i", "initiate"), ("rep-10-v", "approve")):
            world.do("olga", AppointRepresentative(ALPHA, Representative(person, (right,))))
    return world.market.snapshot(), world.at_ms


def market_of(name: str) -> tuple[Market, int]:
    snapshot, at_ms = start(name)
    market = Market()
    market.restore(snapshot)
    return market, at_ms


def answer(market: Market, at_ms: int, actor: str, command, command_id: str = "x") -> str:
    """The code of the refusal, or `done`; the market is as before in any case."""
    snapshot = market.snapshot()
    try:
        market.execute(command, command_id=command_id, actor=actor, at_ms=at_ms)
    except Refused as refused:
        return refused.refusal.code
    market.restore(snapshot)
    return "done"


def samples(market: Market, at_ms: int, kind, count: int = 4):
    fuzzer = Fuzzer(market, Random(kind.__name__), [scheme_body(MINI)])
    fuzzer.now_ms = at_ms
    for _ in range(count):
        fuzzer.focus = ALPHA
        yield fuzzer.struct(kind)


def test_the_matrix_knows_every_command_that_its_handler_must_guard():
    """A new command without role and account has to be looked at here."""
    unguarded = {c for c in COMMANDS if not c.permit.roles and not c.permit.account_field}
    assert unguarded == DECIDED_BY_HANDLER


@pytest.mark.parametrize("kind", [c for c in COMMANDS if c.permit.roles], ids=lambda kind: kind.__name__)
def test_an_office_is_needed_whatever_the_command_says(kind):
    market, at_ms = market_of("guangdong")
    for command in samples(market, at_ms, kind):
        for actor in EVERYBODY:
            code = answer(market, at_ms, actor, command)
            allowed = OFFICERS.get(actor, set()) & set(kind.permit.roles)
            assert (code != NO_ROLE) == bool(allowed) or code == "CW-8216", (actor, command, code)


@pytest.mark.parametrize(
    "kind", [c for c in COMMANDS if c.permit.account_field], ids=lambda kind: kind.__name__
)
def test_only_representatives_of_the_account_with_the_right_are_heard(kind):
    market, at_ms = market_of("guangdong")
    for command in samples(market, at_ms, kind, 12):
        account = getattr(command, kind.permit.account_field)
        if account != ALPHA:
            continue
        for actor in EVERYBODY:
            code = answer(market, at_ms, actor, command)
            allowed = kind.permit.right in RIGHTS.get((actor, ALPHA), ())
            assert (code != NO_RIGHT) == allowed or code == "CW-8216", (actor, command, code)


def test_an_office_is_no_right_to_an_account_and_a_right_is_no_office():
    """An account that does not exist has no representatives either."""
    market, at_ms = market_of("guangdong")
    for kind in COMMANDS:
        field = kind.permit.account_field
        if not field:
            continue
        for command in samples(market, at_ms, kind, 30):
            if getattr(command, field) not in market.book.state.accounts:
                for actor in EVERYBODY:
                    assert answer(market, at_ms, actor, command) in {NO_ACCOUNT, "CW-8216"}


@pytest.mark.parametrize("kind", [c for c in COMMANDS if c.permit.four_eyes], ids=lambda kind: kind.__name__)
def test_one_person_alone_only_proposes(kind):
    market, at_ms = market_of("guangdong")
    for n, command in enumerate(samples(market, at_ms, kind, 40)):
        try:
            events = market.execute(command, command_id=f"p{n}", actor="ann", at_ms=at_ms)
        except Refused:
            continue
        assert [type(event) for event in events] == [CommandProposed]


def allowed(market: Market, at_ms: int, command) -> set[str]:
    return {actor for actor in EVERYBODY if answer(market, at_ms, actor, command) == "done"}


def test_who_may_approve_reject_and_cancel_transactions():
    market, at_ms = market_of("guangdong")
    operators = {"olga", "otto"}
    # t1: rep-11-a gives BETA's units; t2: ann, between government accounts; s2: rep-12-a surrenders GAMMA's
    everybody = [*EVERYBODY, "rep-11-b", "rep-12-b"]

    def who(command) -> set[str]:
        return {actor for actor in everybody if answer(market, at_ms, actor, command) == "done"}

    assert who(ApproveTransaction("t1")) == {"rep-11-b"}
    assert who(ApproveTransaction("t2")) == {"bob"}
    assert who(ApproveTransaction("s2")) == {"rep-12-b"}
    assert who(RejectTransaction("t1")) == {"rep-11-a", "rep-11-b", *operators}
    assert who(RejectTransaction("t2")) == {"ann", "bob", *operators}
    assert who(RejectTransaction("s2")) == {"rep-12-a", "rep-12-b", *operators}
    assert who(CancelTransaction("t1")) == set(), "it waits for approval, not for the clock"
    for done in ("s1", "nothing", ""):
        for deed in (ApproveTransaction, RejectTransaction, CancelTransaction):
            assert who(deed(done)) == set()


def test_who_may_cancel_during_the_delay():
    market, at_ms = market_of("testland")
    pending = market.rooms["registry"].state.pending["d1"]
    assert pending.completes_at_ms > at_ms
    assert pending.source == TL_ALPHA
    everybody = [*EVERYBODY, "rep-10-a", "rep-10-b"]
    who = {a for a in everybody if answer(market, at_ms, a, CancelTransaction("d1")) == "done"}
    assert who == {"rep-10-a", "rep-10-b", "olga", "otto"}
    assert not allowed(market, at_ms, ApproveTransaction("d1")), "approved before"


def test_who_may_propose_a_transaction_is_a_column_of_the_table():
    market, at_ms = market_of("guangdong")
    rules = market.rulebook.now()
    for row in rules.registry.transaction_types:
        command = ProposeTransaction(row.name, ALPHA, TRADER, reverses="s1" if row.reverses else "")
        for actor in EVERYBODY:
            code = answer(market, at_ms, actor, command)
            if row.proposed_by == "representative":
                assert (code != NO_RIGHT) == ("initiate" in RIGHTS.get((actor, ALPHA), ())), (actor, row.name)
            else:
                assert (code != NO_ROLE) == (row.proposed_by in OFFICERS.get(actor, ())), (actor, row.name)


def test_who_may_decide_on_proposals():
    market, at_ms = market_of("guangdong")
    assert len(market.state.proposals) == 2
    for proposal in list(market.state.proposals):
        assert allowed(market, at_ms, ApproveProposal(proposal)) == {"bob"}
        assert allowed(market, at_ms, RejectProposal(proposal)) == {"ann", "bob"}
    for deed in (ApproveProposal, RejectProposal):
        assert not allowed(market, at_ms, deed("nothing"))


def test_nobody_opens_a_market_twice():
    market, at_ms = market_of("testland")
    assert {answer(market, at_ms, actor, opening()) for actor in EVERYBODY} == {"CW-8211"}


def test_before_the_opening_nothing_else_is_heard():
    market = Market()
    fuzzer = Fuzzer(World().market, Random(1), [scheme_body(MINI)])
    fuzzer.focus = BETA
    for kind in COMMANDS:
        if kind is not OpenMarket:
            with pytest.raises(Refused) as refused:
                market.execute(fuzzer.struct(kind), command_id="x", actor="ann", at_ms=0)
            assert refused.value.refusal.code == "CW-8210"
