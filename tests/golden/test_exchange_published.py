"""Published prices, fees and days of the exchanges, held against the rules as shipped.

Sources: notices of the Guangdong exchange by date, daily figures of
the exchanges (2,475 closes of GDEA to 2025-05-06; listed trades of CEA). What is not a published figure
is worked by hand next to the assertion.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest

from capwright.exchange.dayrules import is_clearing_day, is_trading_day, member_rule, product_days, windows
from capwright.exchange.messages import ProductDay
from capwright.exchange.prices import band_limits, closing_price, fee_fen, mean_fen_per_t, permille_ppm
from capwright.exchange.state import Tick
from capwright.scheme.dated import valid_on
from capwright.scheme.loader import load_scheme
from tests.exchange_worlds import SHANGHAI, at

GD = load_scheme("guangdong-2025").body
CEA = load_scheme("china-national-2023").body
TEN, THIRTY = Decimal("0.1"), Decimal("0.3")
KINDS = frozenset({"GDEA", "S-GDEA", "PHCER", "CCER", "CEA"})


def ms(day: date, clock: time) -> int:
    return at(clock.isoformat(), day)


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(SHANGHAI)


def day_of(product: str, on: str, body=GD, **references: int) -> ProductDay:
    """A product on a day on which it was traded before, unless no reference is given."""
    when = date.fromisoformat(on)
    named = {code.replace("_", "-"): price for code, price in references.items()}
    first_days = {code: date(2013, 12, 19) for code in named}
    found = product_days(body.exchange, KINDS, when, named, first_days, ms)
    return next(day for day in found if day.code == product)


def limits(day: ProductDay, mode: str) -> tuple[int, int]:
    return day.modes[mode].lower_fen_per_t, day.modes[mode].upper_fen_per_t


# Bands: the limit is the opening price × 1.1 or × 0.9 to the nearest cent.

# All 37 closes that lie more than 10 % from the one before and yet within the rule, in the order of the days.
AT_THE_LIMIT = [
    ("2014-07-07", 67_68, 60_91),
    ("2014-07-24", 48_55, 53_41),
    ("2014-07-28", 58_75, 64_63),
    ("2014-08-01", 58_17, 63_99),
    ("2015-03-27", 29_58, 32_54),
    ("2015-04-01", 28_16, 30_98),
    ("2015-04-03", 28_19, 31_01),
    ("2015-04-13", 24_87, 22_38),
    ("2015-04-14", 22_38, 20_14),
    ("2015-04-16", 19_06, 20_97),
    ("2015-04-24", 21_65, 23_82),
    ("2015-04-28", 23_65, 26_02),
    ("2015-04-30", 23_46, 25_81),
    ("2015-05-06", 29_98, 32_98),
    ("2015-05-11", 32_98, 29_68),
    ("2015-05-25", 19_06, 20_97),
    ("2015-06-01", 16_56, 18_22),
    ("2015-06-19", 18_17, 16_35),
    ("2015-08-28", 16_08, 17_69),
    ("2015-11-05", 14_96, 16_46),
    ("2016-03-02", 15_96, 14_36),
    ("2016-04-13", 12_26, 13_49),
    ("2016-06-06", 14_66, 13_19),
    ("2016-06-07", 13_19, 11_87),
    ("2016-06-24", 10_36, 9_32),
    ("2016-07-11", 9_79, 10_77),
    ("2016-08-04", 9_68, 10_65),
    ("2016-09-13", 15_49, 13_94),
    ("2016-12-26", 12_49, 13_74),
    ("2017-06-29", 15_69, 14_12),
    ("2017-08-04", 11_05, 12_16),
    ("2017-09-25", 15_47, 13_92),
    ("2017-12-12", 13_35, 14_69),
    ("2018-07-11", 12_09, 13_30),
    ("2019-01-07", 14_87, 16_36),
    ("2019-01-08", 16_36, 18_00),
    ("2024-09-06", 40_07, 44_08),
]


@pytest.mark.parametrize(("on", "before", "close"), AT_THE_LIMIT)
def test_closes_beyond_ten_per_cent_stand_exactly_at_the_limit(on, before, close):
    assert abs(Fraction(close, before) - 1) > Fraction(1, 10)
    lower, upper = limits(day_of("GDEA", on, GDEA=before), "listed_click")
    assert close == (upper if close > before else lower)


@pytest.mark.parametrize(
    ("on", "before", "close", "lower", "upper"),
    [
        ("2014-05-28", 73_00, 63_02, 65_70, 80_30),
        ("2016-06-12", 10_74, 12_07, 9_67, 11_81),  # 9.666 and 11.814
        ("2016-07-28", 10_41, 8_19, 9_37, 11_45),  # 9.369 and 11.451
    ],
)
def test_three_published_closes_break_the_band(on, before, close, lower, upper):
    """Data errors or special cases: an order at such a price would be refused."""
    found = limits(day_of("GDEA", on, GDEA=before), "listed_click")
    assert found == (lower, upper)
    assert not lower <= close <= upper


@pytest.mark.parametrize(
    ("before", "close"),
    [
        (48_55, 53_41),  # 53.405
        (58_75, 64_63),  # 64.625
        (21_65, 23_82),  # 23.815
        (23_65, 26_02),  # 26.015
        (11_05, 12_16),  # 12.155
        (13_35, 14_69),  # 14.685
        (16_35, 14_72),  # 14.715, close of 2015-06-23
        (16_45, 14_81),  # 14.805, close of 2015-07-29
        (11_45, 10_31),  # 10.305, close of 2016-09-30
    ],
)
def test_half_a_cent_is_rounded_up_at_both_limits(before, close):
    """Not to the even cent and not down: 53.41, 64.63, 14.69, 14.81 and 10.31 would be out of reach."""
    assert close in band_limits(before, TEN)


@pytest.mark.parametrize(
    ("price", "lower", "upper"),
    [
        (60_00, 54_00, 66_00),  # the first reference of the market
        (12_07, 10_86, 13_28),  # 10.863 and 13.277
        (8_10, 7_29, 8_91),  # the lowest price ever, 2016-07-01
        (95_26, 85_73, 104_79),  # the highest close ever, 2022-02-09: 85.734 and 104.786
        (5, 5, 6),  # 4.5 and 5.5 fen
        (1, 1, 1),  # 0.9 and 1.1 fen
    ],
)
def test_limits_worked_by_hand(price, lower, upper):
    assert band_limits(price, TEN) == (lower, upper)


def test_negotiated_trades_have_thirty_per_cent_from_2014_06_06():
    """28.05: 19.635 and 36.465, half a cent each."""
    assert "negotiated" not in day_of("GDEA", "2014-06-05", GDEA=60_00).modes
    day = day_of("GDEA", "2014-06-06", GDEA=60_00)
    assert limits(day, "negotiated") == (42_00, 78_00)
    assert limits(day_of("GDEA", "2020-07-06", GDEA=28_05), "negotiated") == (19_64, 36_47)


def test_the_reset_of_phcer():
    """GZETS 2023-12-25: opening price 64.09 on 2024-01-02. 57.681 and 70.499; 44.863 and 83.317."""
    day = day_of("PHCER", "2024-01-02", PHCER=64_09)
    assert day.opening_fen_per_t == 64_09
    assert limits(day, "listed_click") == (57_68, 70_50)
    assert limits(day, "negotiated") == (44_86, 83_32)


def test_the_first_day_of_the_special_quota():
    """GZETS 2025-05-26: opening price of GDEA, ±20 % in both modes; from the second day as GDEA.

    At GDEA's last close in the daily figures, 38.02: 30.416 and 45.624; then 34.218 and 41.822.
    """
    assert "S-GDEA" not in {
        p.code for p in product_days(GD.exchange, KINDS, date(2025, 5, 26), {"GDEA": 38_02}, {}, ms)
    }
    first = day_of("S-GDEA", "2025-05-27", GDEA=38_02)
    assert first.opening_fen_per_t == 38_02
    assert limits(first, "listed_click") == limits(first, "negotiated") == (30_42, 45_62)
    assert first.modes["negotiated"].least_t == 10_000
    assert {(m.buyer_fee_ppm, m.seller_fee_ppm) for m in first.modes.values()} == {(5000, 5000)}
    second = day_of("S-GDEA", "2025-05-28", GDEA=38_02, S_GDEA=38_02)
    assert limits(second, "listed_click") == (34_22, 41_82)


# Closing prices: four ways by date.


def close_on(on: str, trades: list[tuple[str, int, int]], mode: str = "listed_click", opening: int = 10_00):
    when = date.fromisoformat(on)
    ticks = [Tick(f"t{n}", at(clock, when), mode, price, t) for n, (clock, price, t) in enumerate(trades)]
    (rule,) = valid_on(GD.exchange.closings, when)
    return closing_price(rule, ticks, opening, local)


# Listed-click: 100 t at 9.00 before 9:32, then 50 t at 10.00 and ten trades of 10 t at 11.00.
BUSY = [
    ("09:30:00", 9_00, 60),
    ("09:31:59.999", 9_00, 40),
    ("09:32:00", 10_00, 50),
    *[(f"10:{n:02}", 11_00, 10) for n in range(10)],
]


@pytest.mark.parametrize(
    ("on", "close", "counted_t"),
    [
        ("2014-03-10", 11_00, 100),  # the last ten trades
        ("2015-06-10", 11_00, 100),
        ("2015-06-11", 10_00, 250),  # (900.00 + 500.00 + 1,100.00) / 250
        ("2018-07-30", 10_00, 250),
        ("2018-07-31", 10_00, 250),
        ("2019-01-04", 10_00, 250),
        ("2019-01-07", 10_67, 150),  # (500.00 + 1,100.00) / 150 = 10.666…
        ("2025-05-06", 10_67, 150),
    ],
)
def test_the_close_of_the_same_trades_by_date(on, close, counted_t):
    assert close_on(on, BUSY) == (close, counted_t)


@pytest.mark.parametrize(
    ("on", "tonnes", "close"),
    [
        ("2018-07-30", 100, 10_90),  # any volume makes the close
        ("2018-07-31", 100, 10_00),  # at most 100 t: the opening price stays
        ("2018-07-31", 101, 10_90),
        ("2019-01-07", 100, 10_00),
        ("2019-01-07", 101, 10_90),
    ],
)
def test_a_hundred_tonnes_make_no_close_from_2018_07_31(on, tonnes, close):
    assert close_on(on, [("10:00", 10_90, tonnes)])[0] == close


def test_the_first_two_minutes_do_not_count_from_2019_01_07():
    early = [("09:30:00", 9_00, 5_000), ("09:31:59.999", 9_00, 5_000), ("10:00", 11_00, 100)]
    assert close_on("2019-01-07", early) == (10_00, 0)
    assert close_on("2019-01-04", early)[0] == 9_02  # (90,000 + 1,100) / 10,100 = 9.0198
    assert close_on("2019-01-07", [*early, ("09:32:00", 11_00, 1)])[0] == 11_00


@pytest.mark.parametrize("on", ["2014-03-10", "2015-06-11", "2018-07-31", "2019-01-07"])
def test_without_a_listed_trade_the_opening_price_stays(on):
    assert close_on(on, []) == (10_00, 0)
    assert close_on(on, BUSY, "negotiated") == (10_00, 0)
    assert close_on(on, BUSY, "one_way_auction") == (10_00, 0)


# Fees.


@pytest.mark.parametrize(
    ("on", "permille"),
    [
        ("2013-12-19", 5),
        ("2015-06-07", 5),
        ("2015-06-08", 2),
        ("2017-02-15", 2),
        ("2020-06-22", 2),
        ("2020-08-31", 2),
        ("2023-06-30", 5),
        ("2025-05-06", 5),
    ],
)
def test_fees_by_date(on, permille):
    for mode in day_of("GDEA", on, GDEA=30_00).modes.values():
        assert (mode.buyer_fee_ppm, mode.seller_fee_ppm) == (1000 * permille, 1000 * permille)


def test_the_multiplier_of_the_notices():
    """A buyer needs price × quantity × 1.005: for the record day's 47,519,182.40 CNY, 237,595.91 of fee."""
    value_fen = 47_519_182_40
    assert fee_fen(value_fen, permille_ppm(Decimal(5))) == 237_595_91  # 237,595.912
    assert fee_fen(value_fen, permille_ppm(Decimal(2))) == 95_038_36  # 95,038.3648


def test_a_first_transfer_of_credits_is_free():
    mode = day_of("CCER", "2016-01-04", CCER=20_00).modes["listed_click"]
    assert (mode.seller_fee_ppm, mode.first_transfer_seller_fee_ppm) == (2000, 0)


# Modes, limits and members by date.


@pytest.mark.parametrize(
    ("on", "pick", "crossing"),
    [
        ("2015-06-10", "any", "rest"),
        ("2015-06-11", "best", "rest"),
        ("2016-12-22", "best", "rest"),
        ("2016-12-23", "best", "refuse"),
    ],
)
def test_picks_and_crossing_by_date(on, pick, crossing):
    day = day_of("GDEA", on, GDEA=15_00)
    found = day.modes["listed_click"]
    assert (day.book, found.pick, found.crossing) == ("listed_click", pick, crossing)


def test_the_first_day_of_the_market():
    """Reference 60.00, the first auction's price: the published first close, 60.17, is within 54 to 66."""
    day = day_of("GDEA", "2013-12-19")
    assert (day.book, limits(day, "listed_bidding")) == ("listed_bidding", (54_00, 66_00))


def test_position_limits_of_investors():
    def limit(on: date) -> int | None:
        rule = member_rule(GD.exchange, on, "trading", "")
        return rule.position_limit_t if rule else None

    assert limit(date(2016, 11, 13)) == 3_000_000
    assert limit(date(2016, 11, 14)) == 8_000_000
    assert member_rule(GD.exchange, date(2014, 6, 4), "trading", "individual") is None
    assert member_rule(GD.exchange, date(2014, 6, 5), "trading", "individual").kind == "individual"


# Trading days.

EXTRA = {
    "2014-07": (5, 6, 12, 13),
    "2016-06": (18, 19),
    "2017-06": (17, 18),
    "2018-06": (16, 17, 18),  # the 18th a Monday, Dragon Boat Festival
    "2019-06": (15, 16),
    "2020-11": (14, 15, 21, 22, 28, 29),
    "2021-07": (10, 11, 17, 18),
    "2022-07": (30, 31),
    "2022-08": (6, 7),
    "2023-06": (10, 11, 17, 18),
    "2023-07": (15, 16),
    "2024-07": (20, 21, 27, 28),
}


@pytest.mark.parametrize("on", [f"{month}-{day:02}" for month, days in EXTRA.items() for day in days])
def test_extra_sessions_trade_and_are_cleared_later(on):
    day = date.fromisoformat(on)
    assert is_trading_day(GD.exchange, GD.calendar, day)
    assert not is_clearing_day(GD.exchange, GD.calendar, day)


@pytest.mark.parametrize(
    ("on", "trades"),
    [
        ("2023-06-09", True),  # a Friday
        ("2023-06-24", False),  # a Saturday without an extra session
        ("2023-06-25", False),  # a Sunday worked for the Dragon Boat holiday: a working day, no trading day
        ("2023-06-22", False),  # the holiday itself, a Thursday
        ("2024-02-04", False),  # a Sunday worked for the Spring Festival
        ("2013-12-18", False),  # before the market opened
        ("2017-08-17", True),  # half a day
    ],
)
def test_ordinary_days(on, trades):
    assert is_trading_day(GD.exchange, GD.calendar, date.fromisoformat(on)) is trades


def test_the_power_cut_of_2017_08_17_left_the_afternoon():
    cut = date(2017, 8, 17)
    afternoon = ((at("13:30", cut), at("15:30", cut)),)
    assert windows(GD.exchange, cut, ms) == afternoon
    assert day_of("GDEA", "2017-08-17", GDEA=12_00).modes["listed_click"].windows_ms == afternoon
    after = date(2017, 8, 18)
    assert len(windows(GD.exchange, after, ms)) == 2


# The national market (its listed trades by day).


def test_the_first_day_of_the_national_market():
    """2021-07-16: open 48.00, high 51.80, 4,103,953 t for 210,230,053.25 CNY, close 51.23 (51.2262)."""
    day = day_of("CEA", "2021-07-16", CEA)
    assert limits(day, "listed_click") == (43_20, 52_80)
    (rule,) = valid_on(CEA.exchange.closings, date(2021, 7, 16))
    assert (rule.method, rule.modes) == ("vwap", ("listed_click",))
    assert mean_fen_per_t(210_230_053_25, 4_103_953) == 51_23
    book, block = day.modes["listed_click"], day.modes["block"]
    assert (book.most_t, block.least_t) == (99_999, 100_000)
    assert block.windows_ms == ((at("13:00", date(2021, 7, 16)), at("15:00", date(2021, 7, 16))),)


@pytest.mark.parametrize(
    ("quantity_t", "value_fen", "close"),
    [
        (130_800, 6_841_289_00, 52_30),
        (162_000, 8_631_277_00, 53_28),
        (112_000, 6_092_830_00, 54_40),
        (112_200, 6_229_088_00, 55_52),
        (112_000, 6_380_260_00, 56_97),
        (423_847, 22_980_366_70, 54_22),
    ],
)
def test_closes_of_the_national_market_are_the_listed_mean(quantity_t, value_fen, close):
    """2021-07-19 to 2021-07-23, and 2021-12-31, the year's last."""
    assert mean_fen_per_t(value_fen, quantity_t) == close


@pytest.mark.parametrize(
    ("on", "before", "reached"),
    [
        ("2021-07-23", 55_52, 61_07),  # 61.072
        ("2021-08-09", 52_96, 58_26),  # 58.256
        ("2021-10-11", 44_08, 48_49),  # 48.488
        ("2022-01-24", 57_46, 51_71),  # 51.714
        ("2022-02-14", 56_15, 50_54),  # 50.535: half a cent
        ("2022-02-28", 58_53, 52_68),  # 52.677
    ],
)
def test_days_of_the_national_market_that_reached_a_limit(on, before, reached):
    assert reached in limits(day_of("CEA", on, CEA, CEA=before), "listed_click")


# Means of days and years: turnover by volume, to the cent.


@pytest.mark.parametrize(
    ("volume_t", "turnover_cny", "mean"),
    [
        (120_129, 7_227_740, 60_17),
        (1_055_517, 56_230_633, 53_27),
        (6_756_520, 110_576_884, 16_37),
        (22_232_995, 276_847_821, 12_45),
        (16_573_388, 224_914_550, 13_57),
        (26_860_458, 334_389_501, 12_45),
        (45_383_581, 854_263_573, 18_82),
        (32_112_441, 819_612_232, 25_52),
        (26_835_436, 1_021_173_019, 38_05),
        (14_609_134, 1_029_754_138, 70_49),
        (9_718_713, 728_109_288, 74_92),
        (5_674_277, 290_473_875, 51_19),
        (463_079, 17_997_612, 38_87),
        (178_789_350, 7_661_230_023, 42_85),
        (50_889_493, 2_814_004_694, 55_30),
        (211_943_768, 14_443_915_802, 68_15),
        (188_583_776, 18_107_783_214, 96_02),
    ],
)
def test_means_of_the_published_years(volume_t, turnover_cny, mean):
    assert mean_fen_per_t(turnover_cny * 100, volume_t) == mean


def test_the_record_day():
    """2016-12-23: 3,713,000 t for 47.519 million CNY, 12.80 a tonne (12.798)."""
    assert mean_fen_per_t(47_519_000_00, 3_713_000) == 12_80
    assert mean_fen_per_t(47_519_182_40, 3_712_999) == 12_80  # the daily figures to the tonne
