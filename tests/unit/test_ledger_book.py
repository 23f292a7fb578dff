"""The book: it applies postings or stops, and finds things again."""

from datetime import date

import pytest

from capwright.ledger.accounts import Account, Series, series_id
from capwright.ledger.book import Book, BookState, Draft
from capwright.ledger.messages import CashMove, TradeSettled, TransactionCompleted, UnitIssue, UnitMove
from capwright.ledger.place import BANK
from capwright.registry.messages import UnitsIssued
from capwright.settlement.messages import CashDeposited, CashPaid
from tests.worlds import ALPHA, BETA, SURRENDER, TRADER

TLA = "TLA-2023"


def issue(first: int, last: int, target: str = ALPHA) -> UnitsIssued:
    issues = (UnitIssue(TLA, first, last, target),)
    return UnitsIssued(series=TLA, quantity_t=last - first + 1, target=target, issues=issues)


def move(first: int, last: int, source: str = ALPHA, target: str = BETA, stated_t: int | None = None):
    units = (UnitMove(TLA, first, last, source, target),)
    quantity_t = last - first + 1 if stated_t is None else stated_t
    return TransactionCompleted(
        transaction_id="t", type="transfer", source=source, target=target, quantity_t=quantity_t, units=units
    )


def pay(amount_fen: int, source: str, target: str, stated_fen: int | None = None):
    return CashPaid(
        source=source,
        target=target,
        amount_fen=amount_fen if stated_fen is None else stated_fen,
        purpose="p",
        cash=(CashMove(amount_fen, source, target),),
    )


@pytest.fixture
def book() -> Book:
    made = Book(BookState(series={TLA: Series(TLA, "TLA", 2023)}))
    for number in (ALPHA, BETA, TRADER, SURRENDER):
        made.state.accounts[number] = Account(number, "t", "holding", "h", "n", date(2023, 1, 1))
    made.post(issue(1, 1000))
    made.post(CashDeposited(account=ALPHA, amount_fen=500, cash=(CashMove(500, BANK, ALPHA),)))
    return made


@pytest.mark.parametrize(
    "event",
    [
        issue(1, 10),  # again
        issue(1002, 1010),  # with a gap
        issue(1001, 1000),  # nothing
        move(999, 1001),  # one too many
        move(1, 10, BETA, ALPHA),  # not the giver's
        move(1, 10, stated_t=11),  # other than it says
        move(10, 1, stated_t=-8),  # backwards
        pay(501, ALPHA, BETA),
        pay(1, BETA, ALPHA),
        pay(0, ALPHA, BETA),
        pay(-5, BETA, ALPHA),
        pay(5, ALPHA, BETA, stated_fen=6),
    ],
)
def test_a_posting_that_cannot_be_stops_the_book(book, event):
    with pytest.raises((AssertionError, KeyError)):
        book.post(event)


def test_units_of_an_unknown_series_cannot_be_issued(book):
    event = UnitsIssued(series="X-1", quantity_t=1, target=ALPHA, issues=(UnitIssue("X-1", 1, 1, ALPHA),))
    with pytest.raises(KeyError):
        book.post(event)


def test_the_units_of_a_trade_and_its_money_are_both_held_against_what_it_says(book):
    told = {"trade_id": "t", "seller": ALPHA, "buyer": BETA, "kind": "TLA", "mode": "negotiated"}
    units = (UnitMove(TLA, 1, 10, ALPHA, BETA),)
    cash = (CashMove(500, ALPHA, BETA),)
    good = TradeSettled(quantity_t=10, price_fen_per_t=50, units=units, cash=cash, **told)
    for quantity_t, price in ((10, 51), (9, 50), (5, 100)):
        with pytest.raises(AssertionError, match="differ"):
            book.post(
                TradeSettled(quantity_t=quantity_t, price_fen_per_t=price, units=units, cash=cash, **told)
            )
    book.post(good)
    assert (book.cash_fen(BETA), book.balance_t(BETA, TLA)) == (500, 10)


def test_looking_up(book):
    assert book.account("TL-1") is None
    assert book.account(ALPHA).number == ALPHA
    assert [a.number for a in book.accounts_of_type("t")] == [ALPHA, BETA, TRADER, SURRENDER]
    assert book.accounts_of_type("u") == []
    assert book.balance_t(ALPHA, TLA) == 1000
    assert book.balance_t(ALPHA, "X-1") == book.balance_t(BETA, TLA) == 0
    assert book.at(ALPHA) == {TLA: 1000}
    assert book.at(BETA) == {}
    assert (book.cash_fen(ALPHA), book.cash_fen(BETA), book.cash_fen(BANK)) == (500, 0, -500)


def test_places_of_an_account_appear_and_disappear(book):
    frozen, held = f"{ALPHA}#frozen:2023", f"{ALPHA}#held:R1"
    assert list(book.places_of(ALPHA)) == [ALPHA]
    book.post(move(1, 400, ALPHA, frozen))
    book.post(pay(500, ALPHA, held))
    assert list(book.places_of(ALPHA)) == [ALPHA, frozen, held]
    again = Book(book.state)
    assert list(again.places_of(ALPHA)) == [ALPHA, frozen, held]
    book.post(move(401, 1000, ALPHA, BETA))
    book.post(pay(500, held, ALPHA))
    book.post(pay(500, ALPHA, BETA))
    assert list(book.places_of(ALPHA)) == [frozen]
    book.post(move(1, 400, frozen, BETA))
    assert list(book.places_of(ALPHA)) == []
    assert list(book.places_of(BETA)) == [BETA]
    assert book._buckets == {}, "nothing is kept of places that are gone"


def test_a_place_with_units_and_cash_is_one_place(book):
    both = f"{ALPHA}#held:x"
    book.post(move(1, 10, ALPHA, both))
    book.post(pay(5, ALPHA, both))
    assert list(book.places_of(ALPHA)) == [ALPHA, both]
    book.post(pay(5, both, ALPHA))
    assert list(book.places_of(ALPHA)) == [ALPHA, both]
    book.post(move(1, 10, both, ALPHA))
    assert list(book.places_of(ALPHA)) == [ALPHA]
    book.post(move(1, 10, ALPHA, both))
    book.post(pay(5, ALPHA, both))
    book.post(move(1, 10, both, ALPHA))
    assert list(book.places_of(ALPHA)) == [ALPHA, both], "the cash is still there"


def test_no_empty_places_are_left_behind(book):
    book.post(move(1, 1000))
    book.post(pay(500, ALPHA, BETA))
    assert set(book.state.units) == {BETA}
    assert set(book.state.cash) == {BETA, BANK}
    book.post(
        CashPaid(source=BETA, target=BANK, amount_fen=500, purpose="p", cash=(CashMove(500, BETA, BANK),))
    )
    assert book.state.cash == {}


def test_moves_pick_the_lowest_serials(book):
    book.post(move(1, 10))
    assert book.moves(ALPHA, BETA, TLA, 5) == (UnitMove(TLA, 11, 15, ALPHA, BETA),)


def test_a_draft_promises_no_unit_twice(book):
    draft = Draft(book)
    assert draft.available_t(ALPHA, TLA) == 1000
    draft.take(ALPHA, BETA, TLA, 300)
    draft.skip(ALPHA, TLA, 100)
    draft.take(ALPHA, TRADER, TLA, 600)
    assert draft.available_t(ALPHA, TLA) == 0
    assert [(m.first, m.last, m.target) for m in draft.units] == [(1, 300, BETA), (401, 1000, TRADER)]
    with pytest.raises(AssertionError):
        draft.take(ALPHA, BETA, TLA, 1)
    assert book.balance_t(ALPHA, TLA) == 1000, "nothing is applied yet"


@pytest.mark.parametrize(
    ("kind", "vintage", "project", "name"),
    [
        ("GDEA", 2023, "", "GDEA-2023"),
        ("PHCER", 2019, "P17", "PHCER-2019-P17"),
        ("S-GDEA", 2025, "", "S-GDEA-2025"),
    ],
)
def test_series_are_named(kind, vintage, project, name):
    assert series_id(kind, vintage, project) == name
