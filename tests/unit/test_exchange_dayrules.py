"""What the rules of a scheme come to on a day: products, prices, hours, fees, members."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from capwright.exchange.dayrules import (
    is_clearing_day,
    is_trading_day,
    member_rule,
    next_trading_day,
    product_days,
    windows,
)
from capwright.scheme.exchange_rules import (
    ExchangeRules,
    FeeRule,
    MemberRule,
    ModeRule,
    OutageRule,
    Product,
    SessionRule,
    SettlementRules,
)
from capwright.scheme.schema import CalendarRules

DAY = date(2023, 6, 9)  # a Friday
START = date(2023, 1, 1)
SATURDAY = date(2023, 6, 10)
HOURS = ("09:30-11:30", "13:30-15:30")


def ms(day: date, clock: time) -> int:
    """Minutes since the day began: the day itself does not matter here."""
    assert day
    return clock.hour * 60 + clock.minute


MORNING, AFTERNOON = (570, 690), (810, 930)


def product(code: str = "A", **more: object) -> Product:
    terms = {"en": code, "zh": code, "unit_kinds": (code,), "listed_on": START} | more
    return Product(code=code, **terms)


def mode(name: str = "listed_click", matching: str = "click", **more: object) -> ModeRule:
    terms = {"code": name, "since": START, "band": Decimal("0.1")} | more
    return ModeRule(mode=name, matching=matching, **terms)


def fee(buyer: str, seller: str, **more: object) -> FeeRule:
    terms = {"code": "f", "since": START} | more
    return FeeRule(buyer_permille=Decimal(buyer), seller_permille=Decimal(seller), **terms)


def exchange(**more: object) -> ExchangeRules:
    terms = {
        "products": (product(),),
        "sessions": (SessionRule(code="s", since=START, hours=HOURS),),
        "modes": (mode(),),
        "closings": (),
        "members": (),
    } | more
    return ExchangeRules(**terms)


def days(rules: ExchangeRules, on: date = DAY, references=None, first_days=None, kinds=("A", "B", "C")):
    found = product_days(rules, frozenset(kinds), on, references or {}, first_days or {}, ms)
    return {day.code: day for day in found}


def band(found, name: str = "listed_click") -> tuple[int, int]:
    return found.modes[name].lower_fen_per_t, found.modes[name].upper_fen_per_t


# Products.


def test_products_are_traded_from_listing_to_before_delisting():
    rules = exchange(products=(product(listed_on=DAY, delisted_on=date(2023, 6, 12)),))
    listed = {n: bool(days(rules, date(2023, 6, n))) for n in (8, 9, 11, 12)}
    assert listed == {8: False, 9: True, 11: True, 12: False}


def test_products_of_kinds_that_the_registry_does_not_have_are_left_out():
    rules = exchange(products=(product(), product("B", unit_kinds=("B", "X"))))
    assert set(days(rules)) == {"A"}
    assert set(days(rules, kinds=("A", "B", "X"))) == {"A", "B"}


# Opening prices.


def test_the_reference_goes_before_the_first_opening_price():
    rules = exchange(products=(product(first_opening_fen_per_t=60_00),))
    assert days(rules)["A"].opening_fen_per_t == 60_00
    assert days(rules, references={"A": 50_00})["A"].opening_fen_per_t == 50_00


@pytest.mark.parametrize("turned", [False, True])
def test_the_first_opening_price_of_another_product(turned):
    """Whichever stands first in the scheme; the other's last close goes before its own first price."""
    products = (product(first_opening_fen_per_t=60_00), product("B", first_opening_of="A"))
    rules = exchange(products=products[::-1] if turned else products)
    assert days(rules)["B"].opening_fen_per_t == 60_00
    assert days(rules, references={"A": 45_00})["B"].opening_fen_per_t == 45_00
    assert days(rules, references={"A": 45_00, "B": 40_00})["B"].opening_fen_per_t == 40_00


def test_two_products_that_name_one_another_have_no_price():
    rules = exchange(products=(product(first_opening_of="B"), product("B", first_opening_of="A")))
    assert [day.opening_fen_per_t for day in days(rules).values()] == [0, 0]


def test_a_product_that_never_had_a_price_has_no_band():
    found = days(exchange(products=(product(first_day_band=Decimal("0.2")),)))["A"]
    assert (found.opening_fen_per_t, band(found)) == (0, (0, 0))


# Bands.


def test_the_first_day_s_band_is_that_of_all_modes_on_that_day_only():
    rules = exchange(
        products=(product(first_opening_fen_per_t=10_00, first_day_band=Decimal("0.2")),),
        modes=(mode(), mode("negotiated", "bilateral", band=Decimal("0.3")), mode("block", "bilateral")),
    )
    first = days(rules)["A"]
    assert {band(first, name) for name in first.modes} == {(8_00, 12_00)}
    assert band(days(rules, first_days={"A": DAY})["A"]) == (8_00, 12_00)
    later = days(rules, first_days={"A": START})["A"]
    assert (band(later), band(later, "negotiated")) == ((9_00, 11_00), (7_00, 13_00))


def test_a_mode_without_a_band_and_a_product_with_steps():
    rules = exchange(
        products=(product(tick_fen=5, lot_t=10),),
        modes=(mode(), mode("negotiated", "bilateral", band=None)),
    )
    found = days(rules, references={"A": 10_05})["A"]
    assert (found.tick_fen, found.lot_t) == (5, 10)
    assert (band(found), band(found, "negotiated")) == ((9_05, 11_05), (0, 0))


# Modes.


def test_the_first_mode_in_force_holds_and_one_book_at_a_time():
    early = mode(until=date(2023, 6, 8), pick="any", code="early")
    late = mode(since=DAY, pick="best_five", code="late", least_t=7, most_t=99)
    rules = exchange(
        modes=(early, late, mode(code="never"), mode("continuous", "continuous"), mode("block", "bilateral"))
    )
    found = days(rules)["A"]
    assert (found.book, set(found.modes)) == ("listed_click", {"listed_click", "block"})
    click = found.modes["listed_click"]
    assert (click.pick, click.least_t, click.most_t) == ("best_five", 7, 99)


def test_modes_of_some_products():
    rules = exchange(
        products=(product(), product("B")),
        modes=(mode(products=("A",)), mode("continuous", "continuous", products=("B",))),
    )
    found = days(rules)
    assert {code: day.book for code, day in found.items()} == {"A": "listed_click", "B": "continuous"}


def test_a_product_without_a_book():
    found = days(exchange(modes=(mode("one_way_auction", "auction"),)))["A"]
    assert (found.book, set(found.modes)) == ("", {"one_way_auction"})


# Hours.


def test_hours_of_the_day_and_of_a_mode():
    rules = exchange(modes=(mode(), mode("block", "bilateral", hours=("11:00-14:00",))))
    found = days(rules)["A"]
    assert windows(rules, DAY, ms) == found.modes["listed_click"].windows_ms == (MORNING, AFTERNOON)
    assert found.modes["block"].windows_ms == ((660, 690), (810, 840))


def test_an_outage_takes_from_every_mode():
    cut = OutageRule(code="cut", on=DAY, hours=("13:30-15:30",))
    rules = exchange(outages=(cut,), modes=(mode(), mode("block", "bilateral", hours=("11:00-14:00",))))
    found = days(rules)["A"]
    assert windows(rules, DAY, ms) == found.modes["listed_click"].windows_ms == (AFTERNOON,)
    assert found.modes["block"].windows_ms == ((810, 840),)
    assert windows(rules, date(2023, 6, 8), ms) == (MORNING, AFTERNOON)


# Fees.


def test_the_first_fee_that_fits_holds():
    rules = exchange(
        products=(product(), product("B")),
        modes=(mode(), mode("block", "bilateral")),
        fees=(
            fee("1", "1", until=date(2023, 6, 8)),
            fee("3", "4", products=("B",), modes=("block",)),
            fee("0", "0", products=("A",), first_transfer=True),
            fee("5", "2.5"),
        ),
    )
    found = days(rules)
    rates = {
        (code, name): (m.buyer_fee_ppm, m.seller_fee_ppm, m.first_transfer_seller_fee_ppm)
        for code, day in found.items()
        for name, m in day.modes.items()
    }
    assert rates == {
        ("A", "listed_click"): (5000, 2500, 0),
        ("A", "block"): (5000, 2500, 0),
        ("B", "listed_click"): (5000, 2500, None),
        ("B", "block"): (3000, 4000, None),
    }


def test_no_fee_rule_means_no_fee():
    click = days(exchange())["A"].modes["listed_click"]
    assert (click.buyer_fee_ppm, click.seller_fee_ppm) == (0, 0)
    assert click.first_transfer_seller_fee_ppm is None


# Calendar.

CALENDAR = CalendarRules(timezone="Asia/Shanghai", country="cn", extra_sessions=(SATURDAY,))


def test_trading_days():
    shut = OutageRule(code="shut", on=date(2023, 6, 8))
    half = OutageRule(code="half", on=date(2023, 6, 7), hours=("13:30-15:30",))
    rules = exchange(outages=(shut, half))
    open_on = [n for n in range(5, 27) if is_trading_day(rules, CALENDAR, date(2023, 6, n))]
    # The 10th is an extra session; the 22nd and 23rd are holidays, the 25th a Sunday worked for them.
    assert open_on == [5, 6, 7, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 26]


def test_no_trading_day_without_sessions():
    rules = exchange(sessions=(SessionRule(code="s", since=DAY, hours=HOURS),))
    assert not is_trading_day(rules, CALENDAR, date(2023, 6, 8))
    assert is_trading_day(rules, CALENDAR, DAY)


def test_extra_sessions_are_cleared_with_the_next_day_where_the_scheme_says_so():
    for deferred in (True, False):
        rules = exchange(settlement=SettlementRules(defer_weekends=deferred))
        assert is_clearing_day(rules, CALENDAR, SATURDAY) is not deferred
        assert is_clearing_day(rules, CALENDAR, DAY)
        assert not is_clearing_day(rules, CALENDAR, date(2023, 6, 11))
        assert not is_clearing_day(rules, CALENDAR, date(2023, 6, 22))


@pytest.mark.parametrize(
    ("after", "following"),
    [((6, 8), (6, 9)), ((6, 9), (6, 10)), ((6, 10), (6, 12)), ((6, 21), (6, 26)), ((9, 28), (10, 9))],
)
def test_the_next_trading_day(after, following):
    """In 2023 the National Day holiday ran from 29 September to 6 October, the 7th and 8th were worked."""
    assert next_trading_day(exchange(), CALENDAR, date(2023, *after)) == date(2023, *following)


# Members.


def member(kind: str, **more: object) -> MemberRule:
    terms = {"code": kind, "en": kind, "zh": kind, "since": START, "account_types": ("trading",)} | more
    return MemberRule(kind=kind, **terms)


def test_members_by_account_type_and_by_admission():
    rules = exchange(
        members=(
            member("individual", by_admission=True),
            member("institution", until=date(2023, 6, 8), code="old", position_limit_t=3),
            member("institution", since=DAY, code="new", position_limit_t=8),
            member("firm", account_types=("operator_holding",)),
        )
    )

    def found(account_type: str, admitted: str = "", on: date = DAY) -> str:
        rule = member_rule(rules, on, account_type, admitted)
        return rule.code if rule else ""

    assert found("trading") == "new"
    assert found("trading", on=date(2023, 6, 8)) == "old"
    assert found("trading", "individual") == "individual"
    assert found("trading", "ended") == ""
    assert found("operator_holding") == "firm"
    assert found("operator_holding", "individual") == ""
    assert found("surrender") == ""
