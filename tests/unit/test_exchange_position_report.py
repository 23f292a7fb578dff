"""Positions, large holders, and the weekly report by class."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from capwright.exchange import messages as m
from capwright.exchange.position_report import (
    DAILY_HEADER,
    Cell,
    class_lookup,
    daily_rows,
    position_report,
    report_xml,
)
from capwright.exchange.positions import Position, large_holders, positions
from tests.exchange_worlds import DAY, GAMMA, Exchange
from tests.worlds import ALPHA, BETA, TRADER

FRIDAY = date(2023, 1, 6)
CLASSES = {"b": "investment_firm", "f": "fund", "c": "commercial", "o": "operator", "x": ""}


def held(account: str, units_t: int, holder: str = "") -> Position:
    return Position(product="P", account=account, holder=holder or account, free_t=units_t)


def class_of(account: str):
    return CLASSES[account[0]]


def of_world(world: Exchange, product: str = "TLA") -> dict[str, Position]:
    found = positions(world.exchange.state, world.market.book, world.exchange.desk.rules().products)
    return {one.account: one for one in found if one.product == product}


def test_positions_tell_what_is_free_held_and_settling():
    """Alpha, 10,000 t: 100 t sold, 200 t ordered, 50 t offered. Trader buys 100 t and bids for 30 t more."""
    world = Exchange().open()
    world.order(ALPHA, "sell", 5_000, 300)
    world.order(TRADER, "buy", 5_000, 100)
    world.order(TRADER, "buy", 4_900, 30)
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5_000, 50), "deal")
    found = of_world(world)
    alpha, trader = found[ALPHA], found[TRADER]
    assert (alpha.free_t, alpha.held_t, alpha.settling_t, alpha.selling_t) == (9_650, 250, 0, 250)
    assert (trader.free_t, trader.held_t, trader.settling_t, trader.buying_t) == (2_000, 0, 100, 30)
    assert trader.units_t == 2_100
    assert GAMMA not in found  # has nothing and wants nothing
    assert set(found) == {ALPHA, BETA, TRADER}  # the government's total account is no holder
    assert all(one.units_t == 0 for one in of_world(world, "TLC").values())
    world.close()
    world.open(on=DAY + timedelta(days=1))
    assert of_world(world)[TRADER].settling_t == 0


def test_frozen_units_are_blocked_and_counted():
    world = Exchange().open()
    book = world.market.book
    book.state.units[f"{BETA}#frozen:2023"] = book.state.units.pop(BETA)
    book.load(book.state)
    assert (of_world(world)[BETA].blocked_t, of_world(world)[BETA].units_t) == (10_000, 10_000)


def test_large_holders_from_five_per_cent_on():
    """Of 1000 t: 50 are enough, 49 are not; two accounts of one holder count together."""
    everybody = [held("o1", 50), held("o2", 49), held("c1", 30, "C"), held("c2", 30, "C"), held("b", 841)]
    found = large_holders(everybody, Fraction(5, 100))
    assert [(one.holder, one.units_t) for one in found] == [("b", 841), ("C", 60), ("o1", 50)]
    assert found[1].accounts == ("c1", "c2")
    assert found[1].share == Fraction(6, 100)
    assert large_holders([held("o", 0)], Fraction(5, 100)) == []


def first_report():
    everybody = [held("b1", 100), held("f1", 300), held("c1", 200), held("o1", 250), held("o2", 50, "o1")]
    return position_report("P", FRIDAY - timedelta(days=7), [*everybody, held("x1", 100)], class_of)


def second_report():
    everybody = [held("b1", 150), held("f1", 250), held("o1", 300), held("o3", 99), held("c1", 0)]
    return position_report("P", FRIDAY, [*everybody, held("x1", 1)], class_of, previous=first_report())


def test_a_report_adds_up_by_class():
    report = first_report()
    assert report.cells["operator"] == Cell(risk_reducing_t=300)
    assert report.cells["fund"] == Cell(other_t=300)
    assert report.cells["other_financial"] == Cell()
    assert report.persons == {
        "investment_firm": 1,
        "fund": 1,
        "other_financial": 0,
        "commercial": 1,
        "operator": 1,
    }
    assert (report.open_interest_t, report.unclassed_t) == (1_000, 100)
    assert not report.is_due


def test_changes_are_against_the_report_before():
    report = second_report()
    assert report.change("investment_firm") == Cell(other_t=50)
    assert report.change("operator") == Cell(risk_reducing_t=99)
    assert report.change("commercial") == Cell(other_t=-200)
    assert first_report().change("fund") == Cell(other_t=300)
    assert report.persons["operator"] == 2
    assert report.persons["commercial"] == 0


def test_the_caller_says_what_reduces_risk():
    report = position_report(
        "P",
        FRIDAY,
        [held("c1", 10), held("o1", 5)],
        class_of,
        reduces_risk=lambda _one, of: of == "commercial",
    )
    assert report.cells["commercial"].risk_reducing_t == 10
    assert report.cells["operator"].other_t == 5


@pytest.mark.parametrize(("holders", "due"), [(20, True), (19, False)])
def test_a_report_is_due_from_twenty_holders_on(holders, due):
    """Delegated Regulation (EU) 2017/565 Art. 83(1)."""
    many = [held(f"o{n}", 10) for n in range(holders)]
    assert position_report("P", FRIDAY, many, class_of).is_due == due


def xml(report, published=datetime(2023, 1, 11, 9, 30, tzinfo=UTC)) -> ET.Element:
    made = report_xml(report, published=published, name="配额 P", venue="Exchange", mic="XXXX", code="000002")
    assert made.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert "配额 P".encode() in made
    return ET.fromstring(made)  # noqa: S314 - our own


def test_the_xml_has_all_cells_of_the_annex():
    root = xml(second_report())
    assert [child.tag for child in root][:8] == [
        "NameOfTradingVenue",
        "TradingVenueIdentifier",
        "DateToWhichTheWeeklyReportRefers",
        "DateAndTimeOfPublication",
        "NameOfContract",
        "VenueProductCode",
        "ReportStatus",
        "NotationOfThePositionQuantity",
    ]
    assert root.findtext("DateToWhichTheWeeklyReportRefers") == "2023-01-06"
    for table in ("NumberOfPositions", "ChangesSinceThePreviousReport", "PercentageOfTheTotalOpenInterest"):
        classes = root.find(table)
        assert len(classes) == 5
        assert all(len(one.findall(f"{side}/*")) == 3 for one in classes for side in ("Long", "Short"))
    assert root.findtext("NumberOfPositions/InvestmentFunds/Long/Total") == "250"
    assert root.findtext("NumberOfPositions/InvestmentFunds/Short/Total") == "0"
    assert root.findtext("ChangesSinceThePreviousReport/InvestmentFunds/Long/Other") == "-50"
    assert (
        root.findtext("ChangesSinceThePreviousReport/InvestmentFirmsOrCreditInstitutions/Long/Total") == "+50"
    )
    # 250 of 800 is 31.25 %; 399 of 800 is 49.875 %, rounded half up
    share = "PercentageOfTheTotalOpenInterest"
    assert root.findtext(f"{share}/InvestmentFunds/Long/Total") == "31.25"
    assert root.findtext(f"{share}/OperatorsWithComplianceObligations/Long/RiskReducing") == "49.88"


def test_times_are_in_utc():
    shanghai = timezone(timedelta(hours=8))
    root = xml(first_report(), datetime(2023, 1, 11, 7, 30, 15, 250_000, tzinfo=shanghai))
    assert root.findtext("DateAndTimeOfPublication") == "2023-01-10T23:30:15.250000Z"


@pytest.mark.parametrize(("holders", "said"), [(0, "0"), (1, ""), (4, ""), (5, "5")])
def test_few_holders_of_a_class_are_not_counted_in_public(holders, said):
    """Delegated Regulation (EU) 2017/565 Art. 83(3): fewer than five position holders."""
    report = position_report("P", FRIDAY, [held(f"f{n}", 10) for n in range(holders)], class_of)
    path = "NumberOfPersonsHoldingAPosition/InvestmentFunds/Combined"
    assert (xml(report).findtext(path) or "") == said


def test_an_empty_market_has_a_report_of_zeros():
    root = xml(position_report("P", FRIDAY, [], class_of))
    assert root.findtext("PercentageOfTheTotalOpenInterest/InvestmentFunds/Long/Total") == "0.00"
    assert root.findtext("ChangesSinceThePreviousReport/InvestmentFunds/Long/Total") == "0"


def test_classes_come_from_the_member_rules():
    world = Exchange().open()
    rules, state, book = world.exchange.desk.rules(), world.exchange.state, world.market.book
    look_up = class_lookup(rules, state, book, DAY)
    assert look_up(ALPHA) == "operator"
    assert look_up(TRADER) == "investment_firm"
    assert look_up("nobody") == ""
    assert class_lookup(rules, state, book, date(2022, 1, 1))(ALPHA) == ""
    report = position_report("TLA", DAY, of_world(world).values(), look_up)
    assert report.cells["operator"].total_t == 20_000
    assert report.cells["investment_firm"].total_t == 2_000
    assert report.open_interest_t == 22_000


def test_the_daily_breakdown_is_a_row_an_account():
    world = Exchange().open()
    world.order(ALPHA, "sell", 5_000, 300)
    look_up = class_lookup(world.exchange.desk.rules(), world.exchange.state, world.market.book, DAY)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(DAILY_HEADER)
    writer.writerows(daily_rows(DAY, of_world(world).values(), look_up))
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    alpha = next(row for row in rows if row["account"] == ALPHA)
    assert alpha == {
        "date": "2023-01-03",
        "product": "TLA",
        "account": ALPHA,
        "holder": "holder-10",
        "holder_class": "operator",
        "units_t": "10000",
        "free_t": "9700",
        "held_t": "300",
        "settling_t": "0",
        "blocked_t": "0",
        "buying_t": "0",
        "selling_t": "300",
    }
