"""The book against a model in which each single unit has a place: laws, places and totals agree."""

from datetime import date

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from capwright.ledger.accounts import Account, Series
from capwright.ledger.book import Book, BookState, Draft
from capwright.ledger.laws import breaches, totals_t
from capwright.ledger.messages import CashMove, TransactionCompleted, UnitIssue
from capwright.ledger.place import BANK, account_of, frozen
from capwright.registry.messages import UnitsIssued
from capwright.settlement.messages import CashPaid

ACCOUNTS = ("A", "B", "C")
PLACES = [*ACCOUNTS, *(frozen(a, year) for a in ACCOUNTS for year in ("2022", "2023"))]
SERIES = ("X-2022", "X-2023")


class BookMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.book = Book(BookState(series={name: Series(name, "X", int(name[2:])) for name in SERIES}))
        for number, purpose in zip(ACCOUNTS, ("holding", "holding", "surrender"), strict=True):
            self.book.state.accounts[number] = Account(number, "t", purpose, "h", "n", date(2023, 1, 1))
        self.units: dict[str, dict[int, str]] = {name: {} for name in SERIES}
        self.cash = dict.fromkeys([*PLACES, BANK], 0)

    @rule(series=st.sampled_from(SERIES), quantity_t=st.integers(1, 20), where=st.sampled_from(ACCOUNTS))
    def issue(self, series, quantity_t, where):
        first = len(self.units[series]) + 1
        issues = (UnitIssue(series, first, first + quantity_t - 1, where),)
        self.book.post(UnitsIssued(series=series, quantity_t=quantity_t, target=where, issues=issues))
        self.units[series] |= dict.fromkeys(range(first, first + quantity_t), where)

    @rule(data=st.data(), series=st.sampled_from(SERIES), source=st.sampled_from(PLACES), skip=st.booleans())
    def move(self, data, series, source, skip):
        here = sorted(n for n, where in self.units[series].items() if where == source)
        assert self.book.balance_t(source, series) == len(here)
        if not here:
            return
        quantity_t = data.draw(st.integers(1, len(here)))
        skip_t = data.draw(st.integers(0, len(here) - quantity_t)) if skip else 0
        target = data.draw(st.sampled_from([place for place in PLACES if place != source]))
        draft = Draft(self.book)
        draft.skip(source, series, skip_t)
        draft.take(source, target, series, quantity_t)
        self.book.post(
            TransactionCompleted(
                transaction_id="t",
                type="x",
                source=source,
                target=target,
                quantity_t=quantity_t,
                units=tuple(draft.units),
            )
        )
        self.units[series] |= dict.fromkeys(here[skip_t : skip_t + quantity_t], target)

    @rule(source=st.sampled_from([*PLACES, BANK]), goal=st.sampled_from(PLACES), amount=st.integers(1, 50))
    def pay(self, source, goal, amount):
        if source == goal or (source != BANK and self.cash[source] < amount):
            return
        cash = (CashMove(amount, source, goal),)
        self.book.post(CashPaid(source=source, target=goal, amount_fen=amount, purpose="p", cash=cash))
        self.cash[source] -= amount
        self.cash[goal] += amount

    @precondition(lambda self: self.cash["A"])
    @rule()
    def pay_out(self):
        cash = (CashMove(self.cash["A"], "A", BANK),)
        self.book.post(CashPaid(source="A", target=BANK, amount_fen=self.cash["A"], purpose="p", cash=cash))
        self.cash[BANK] += self.cash["A"]
        self.cash["A"] = 0

    @rule()
    def restart(self):
        self.book.load(self.book.state)

    @invariant()
    def it_agrees_with_the_model(self):
        assert breaches(self.book, ()) == []
        assert self.book.state.cash == {where: fen for where, fen in self.cash.items() if fen}
        for series, owners in self.units.items():
            for where in PLACES:
                numbers = [n for first, last in self.book.state.units.get(where, {}).get(series, ())
                           for n in range(first, last + 1)]  # fmt: skip
                assert numbers == sorted(n for n, owner in owners.items() if owner == where)

    @invariant()
    def places_are_found(self):
        used = {where for owners in self.units.values() for where in owners.values()}
        used |= {where for where, fen in self.cash.items() if fen and where != BANK}
        for account in ACCOUNTS:
            found = list(self.book.places_of(account))
            assert found == sorted(where for where in used if account_of(where) == account)

    @invariant()
    def everything_issued_is_somewhere(self):
        for series, row in totals_t(self.book).items():
            assert row.pop("issued") == sum(row.values()) == len(self.units[series])


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
