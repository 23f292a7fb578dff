"""Typed reversals: the same units go back where they came from, inside the window, once only."""

import pytest

from capwright.compliance.messages import RecordEmissions
from capwright.ledger.messages import TransactionCompleted, UnitLine
from capwright.registry.messages import (
    ApproveTransaction,
    FreezeUnits,
    ProposeTransaction,
    RejectTransaction,
    SetAccountStatus,
    TransactionProposed,
)
from tests.registry_worlds import Registry

# (scheme, type, type that undoes it, window in days): the UK registry gives surrender 14 calendar days,
# Guangdong published none and its table says 30; EU and UK allocations may be reversed without a window.
REVERSIBLE = [
    ("uk-ets", "surrender", "reversal_of_surrender", 14),
    ("uk-ets", "deletion", "reversal_of_deletion", 14),
    ("uk-ets", "allocation", "reversal_of_allocation", 0),
    ("eu-ets", "surrender", "reversal_of_surrender", 14),
    ("guangdong-2023", "surrender", "reversal_of_surrender", 30),
    ("guangdong-2023", "deletion", "reversal_of_deletion", 30),
    ("guangdong-2023", "allocation", "reversal_of_allocation", 30),
]
SIDES = {
    "surrender": ("operator_holding", "surrender"),
    "deletion": ("operator_holding", "cancellation"),
    "allocation": ("allocation", "operator_holding"),
}


class Done:
    """A reversible transaction of 400 out of 1,000 units, completed on Wednesday 15 March 2023 at 11:00."""

    def __init__(self, scheme: str, kind: str = "surrender") -> None:
        self.world = world = Registry(scheme)
        world.at("2023-03-15T11:00")
        self.source, self.target = (world.account[code] for code in SIDES[kind])
        self.series = world.stock(self.source, 1000)
        if kind == "surrender":
            world.do("ann", RecordEmissions(self.source, world.vintage, 5000))
        self.id, events = world.propose(
            kind, self.source, self.target, 400, self.series, vintage=world.vintage
        )
        if isinstance(events[0], TransactionProposed):
            events = world.approve(self.id, kind, self.source)
        assert isinstance(events[-1], TransactionCompleted)
        assert self.held() == (600, 400)

    def held(self) -> tuple[int, int]:
        book = self.world.book
        return book.balance_t(self.source, self.series), book.balance_t(self.target, self.series)

    def ask(self, back: str, **more) -> str:
        actor = self.world.actor(self.world.row(back), self.target)
        code = self.world.code(actor, ProposeTransaction(back, reverses=self.id, **more))
        if not code:
            self.back_id = f"c{self.world.count}"
        return code

    def approve(self, back: str) -> str:
        actor = self.world.actor(self.world.row(back), self.target, 1)
        return self.world.code(actor, ApproveTransaction(self.back_id))


@pytest.mark.parametrize(("scheme", "kind", "back", "window_days"), REVERSIBLE)
def test_the_same_units_go_back(scheme, kind, back, window_days):
    done = Done(scheme, kind)
    assert done.ask(back) == ""
    assert done.held() == (600, 0), "held while the second person decides"
    assert done.approve(back) == ""
    assert done.held() == (1000, 0)
    assert list(done.world.book.state.units[done.source][done.series]) == [(1, 1000)]
    assert done.world.market.breaches() == []


@pytest.mark.parametrize(("scheme", "kind", "back", "window_days"), REVERSIBLE)
def test_once_only_and_no_reversal_of_a_reversal(scheme, kind, back, window_days):
    done = Done(scheme, kind)
    original = done.id
    assert done.ask(back) == ""
    assert done.ask(back) == "CW-3019", "one is under way"
    assert done.approve(back) == ""
    done.id = done.back_id
    assert done.ask(back) == "CW-3019", "a reversal is no transaction of the type"
    done.id = original
    assert done.ask(back) == "CW-3019"


@pytest.mark.parametrize(("scheme", "kind", "back", "window_days"), [r for r in REVERSIBLE if r[3]])
def test_the_window_counts_calendar_days_of_the_scheme(scheme, kind, back, window_days):
    """Completed on 15 March: the whole 14th (30th) day after counts, the next one does not."""
    last, after = {14: ("2023-03-29", "2023-03-30"), 30: ("2023-04-14", "2023-04-15")}[window_days]
    done = Done(scheme, kind)
    done.world.at(f"{after}T00:00")
    assert done.ask(back) == "CW-3020"
    done.world.at(f"{last}T23:59:59.999")
    assert done.ask(back) == ""


@pytest.mark.parametrize("scheme", ["uk-ets", "guangdong-2023"])
def test_a_reversal_approved_after_the_window_is_too_late(scheme):
    done = Done(scheme)
    assert done.ask("reversal_of_surrender") == ""
    done.world.at("2023-04-15T00:00")
    assert done.approve("reversal_of_surrender") == "CW-3020"
    assert done.held() == (600, 0)
    actor = done.world.actor(done.world.row("reversal_of_surrender"), done.target)
    done.world.do(actor, RejectTransaction(done.back_id))
    assert done.held() == (600, 400)
    assert done.world.market.breaches() == []


def test_without_a_window_an_allocation_can_be_reversed_years_later():
    done = Done("uk-ets", "allocation")
    done.world.at("2026-01-05T11:00")
    assert done.ask("reversal_of_allocation") == ""


def test_a_rejected_reversal_can_be_asked_for_again():
    done = Done("uk-ets")
    assert done.ask("reversal_of_surrender") == ""
    done.world.do("otto", RejectTransaction(done.back_id))
    assert done.held() == (600, 400)
    assert done.ask("reversal_of_surrender") == ""
    assert done.approve("reversal_of_surrender") == ""


def test_units_that_moved_on_cannot_be_given_back():
    done = Done("uk-ets", "allocation")
    world, firm, other = done.world, done.target, done.world.other["operator_holding"]
    world.do("olga", ProposeTransaction("installation_transfer", firm, other, (UnitLine(done.series, 1),)))
    assert done.ask("reversal_of_allocation") == "CW-3021"
    world.do("olga", ProposeTransaction("installation_transfer", other, firm, (UnitLine(done.series, 1),)))
    assert done.ask("reversal_of_allocation") == ""


def test_what_is_given_with_a_reversal_must_agree_with_what_it_undoes():
    done = Done("uk-ets")
    back, series = "reversal_of_surrender", done.series
    assert done.ask(back, source=done.source, target=done.target) == "CW-3023"
    assert done.ask(back, target=done.world.other["operator_holding"]) == "CW-3023"
    assert done.ask(back, lines=(UnitLine(series, 399),)) == "CW-3023"
    assert done.ask(back, vintage=1999) == "CW-3023"
    agreed = {"source": done.target, "target": done.source, "lines": (UnitLine(series, 400),)}
    assert done.ask(back, vintage=done.world.vintage, **agreed) == ""


def test_only_a_reversal_names_what_it_undoes():
    done = Done("uk-ets")
    wish = ProposeTransaction(
        "deletion", done.source, done.world.account["cancellation"], (UnitLine(done.series, 1),), 0, done.id
    )
    assert done.world.code(f"{done.source}/a", wish) == "CW-3022"


@pytest.mark.parametrize("what", ["", "c1", "c999"])
def test_what_is_no_such_transaction_cannot_be_reversed(what):
    done = Done("uk-ets")
    done.id = what
    assert done.ask("reversal_of_surrender") == "CW-3019"
    done = Done("uk-ets", "deletion")
    assert done.ask("reversal_of_surrender") == "CW-3019", "another type undoes it"


def test_representatives_do_not_reverse():
    done = Done("uk-ets")
    wish = ProposeTransaction("reversal_of_surrender", reverses=done.id)
    for actor in (f"{done.source}/a", "ann", "clock"):
        assert done.world.code(actor, wish) == "CW-4001"


def test_nothing_goes_back_into_a_suspended_account():
    done = Done("uk-ets")
    done.world.do("olga", SetAccountStatus(done.source, "suspended"))
    assert done.ask("reversal_of_surrender") == "CW-2003"
    done.world.do("olga", SetAccountStatus(done.source, "open"))
    assert done.ask("reversal_of_surrender") == ""
    done.world.do("olga", SetAccountStatus(done.source, "suspended"))
    assert done.approve("reversal_of_surrender") == "CW-2003"


@pytest.mark.parametrize("first", ["free", "frozen"])
def test_frozen_units_go_back_into_the_freeze(first):
    """Surrendering and reversing must not be a way around the freeze of half the year's allowances."""
    world = Registry("guangdong-2023")
    world.at("2024-03-15T11:00")
    firm = world.account["operator_holding"]
    series = world.stock(firm, 1000)
    world.do("olga", FreezeUnits(firm, series, 500, "2023"))
    world.do("ann", RecordEmissions(firm, 2023, 700))
    lines = [UnitLine(series, 300, "frozen:2023"), UnitLine(series, 200)]
    lines = tuple(lines if first == "frozen" else reversed(lines))
    world.do(f"{firm}/a", ProposeTransaction("surrender", firm, world.account["surrender"], lines, 2023))
    name = f"c{world.count}"
    before = {where: dict(world.book.at(where)) for where in (firm, f"{firm}#frozen:2023")}
    assert before == {firm: {series: 300}, f"{firm}#frozen:2023": {series: 200}}
    world.do(f"{firm}/b", ApproveTransaction(name))
    world.do("olga", ProposeTransaction("reversal_of_surrender", reverses=name))
    world.do("otto", ApproveTransaction(f"c{world.count}"))
    # The lowest 500 were frozen: the very same are frozen again.
    assert list(world.book.state.units[f"{firm}#frozen:2023"][series]) == [(1, 500)]
    assert list(world.book.state.units[firm][series]) == [(501, 1000)]
    assert world.market.breaches() == []


def test_rejected_units_go_back_into_their_own_buckets():
    world = Registry("guangdong-2023")
    world.at("2024-03-15T11:00")
    firm = world.account["operator_holding"]
    series = world.stock(firm, 1000)
    world.do("olga", FreezeUnits(firm, series, 500, "2023"))
    world.do("ann", RecordEmissions(firm, 2023, 700))
    lines = (UnitLine(series, 200), UnitLine(series, 300, "frozen:2023"))
    world.do(f"{firm}/a", ProposeTransaction("surrender", firm, world.account["surrender"], lines, 2023))
    world.do(f"{firm}/b", RejectTransaction(f"c{world.count}"))
    assert list(world.book.state.units[f"{firm}#frozen:2023"][series]) == [(1, 500)]
    assert list(world.book.state.units[firm][series]) == [(501, 1000)]


def test_a_reversal_survives_a_restart():
    done = Done("uk-ets")
    again = type(done.world.market)()
    again.restore(done.world.market.snapshot())
    done.world.market = again
    assert done.ask("reversal_of_surrender") == ""
    assert done.approve("reversal_of_surrender") == ""
    assert done.held() == (1000, 0)
