"""The government's rounds as sessions of the exchange, where the scheme sets hours for them."""

from __future__ import annotations

from datetime import date

import pytest

from capwright.auction import messages as m
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.registry.messages import ProposeTransaction
from tests.auction_lots import AUCTIONS, DAY, Lots, with_auctions
from tests.exchange_worlds import FEES, Exchange, at
from tests.worlds import AUCTION, BETA, TOTAL, World, open_account, rep


def with_supply(world: Exchange) -> Exchange:
    world.do("olga", open_account(AUCTION))
    line = (UnitLine("TLA-2023", 10_000),)
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, line))
    return world


def round_of(opens: str, closes: str, on: date = DAY) -> m.AnnounceAuction:
    return m.AnnounceAuction("R1", 2023, "TLA", at(opens, on), at(closes, on), 1000)


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("09:30", "11:30", ""),
        ("09:30", "15:30", ""),  # as in 2013 and 2014: both sessions
        ("13:30", "15:30", ""),
        ("09:29", "11:30", "CW-6310"),
        ("09:30", "15:31", "CW-6310"),
        ("11:30", "13:30", "CW-6310"),
    ],
)
def test_a_round_lies_in_the_hours_of_its_mode(opens, closes, expected):
    world = with_supply(Lots())
    assert world.code("eve", round_of(opens, closes)) == expected


def test_a_round_from_2015_on_is_over_at_half_past_eleven():
    morning = AUCTIONS.replace('"09:30-11:30", "13:30-15:30"', '"09:30-11:30"')
    world = with_supply(Exchange(lambda text: with_auctions(text).replace(AUCTIONS, morning)))
    assert world.code("eve", round_of("09:30", "15:30")) == "CW-6310"
    assert world.code("eve", round_of("13:30", "15:30")) == "CW-6310"
    assert world.code("eve", round_of("09:30", "11:30")) == ""


@pytest.mark.parametrize("on", [date(2023, 1, 7), date(2023, 1, 8)])
def test_a_round_is_held_on_a_trading_day(on):
    assert with_supply(Lots()).code("eve", round_of("09:30", "11:30", on)) == "CW-6310"


def test_an_outage_shortens_the_day_of_a_round():
    world = with_supply(Lots())
    cut = date(2023, 1, 5)  # the afternoon only
    assert world.code("eve", round_of("09:30", "15:30", cut)) == "CW-6310"
    assert world.code("eve", round_of("13:30", "15:30", cut)) == ""


def test_no_bid_is_taken_in_the_break_and_the_round_goes_on_after_it():
    world = with_supply(Lots())
    world.do("eve", round_of("09:30", "15:30"))
    for clock, expected in (("11:29", ""), ("11:30", "CW-6103"), ("13:29", "CW-6103"), ("13:30", "")):
        world.at_ms = at(clock, DAY)
        assert world.refused(BETA, m.PlaceBid("R1", BETA, 5000, 100)) == expected
    world.at_ms = at("15:30", DAY)
    cleared = world.do("eve", m.ClearAuction("R1", ""))[0]
    assert (cleared.valid_t, cleared.valid_bids) == (200, 2)
    assert world.market.breaches() == []


def test_the_hours_of_the_announcement_hold_whatever_is_adopted_later():
    world = with_supply(Lots())
    world.do("eve", round_of("09:30", "15:30"))
    assert world.auctions.state.auctions["R1"].windows_ms == (
        (at("09:30", DAY), at("11:30", DAY)),
        (at("13:30", DAY), at("15:30", DAY)),
    )


@pytest.mark.parametrize(
    "change",
    [
        str,  # no rule for auctions at all
        lambda text: with_auctions(text).replace(AUCTIONS, AUCTIONS.partition("hours")[0]),
    ],
)
def test_where_the_scheme_sets_no_hours_for_them_rounds_are_free(change):
    """The exchange's own hours do not bind them: only hours of the mode do."""
    world = with_supply(Exchange(change))
    assert world.code("eve", round_of("08:00", "20:00")) == ""
    assert world.market.rooms["auction"].state.auctions["R1"].windows_ms == ()


def test_a_market_without_an_exchange_holds_rounds_at_any_hour():
    world = World().furnish()
    line = (UnitLine("TLA-2023", 1_000),)
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, line))
    world.do("olga", m.AnnounceAuction("R1", 2023, "TLA", at("02:00"), at("03:00"), 1000))
    refused = m.EntrustAuction(BETA, "TLA", 100, 5000)
    with pytest.raises(Refused, match="CW-8202"):
        world.do(rep(BETA), refused)


def test_what_a_round_brings_does_not_go_to_the_account_of_the_exchange():
    """It is a government account for cash too, and the first one of the market."""
    world = with_supply(Lots())
    world.do("eve", round_of("09:30", "11:30"))
    world.at_ms = at("10:00", DAY)
    world.by(BETA, m.PlaceBid("R1", BETA, 5000, 400))
    world.at_ms = at("11:30", DAY)
    world.do("eve", m.ClearAuction("R1", ""))
    world.do("eve", m.SettleAuction("R1"))
    assert (world.cash(AUCTION), world.cash(FEES)) == (400 * 5000, 0)  # and no fee: no source says so
    assert world.settlement.state.trades == []
    assert world.market.breaches() == []


def test_before_the_first_session_of_the_exchange_the_hours_of_the_mode_hold():
    """The first round of Guangdong, 2013-12-16, came three days before the first trade."""
    later = 'code = "day"\nsince = 2023-01-04'
    world = with_supply(Lots(lambda text: text.replace('code = "day"\nsince = 2023-01-01', later)))
    assert world.code("eve", round_of("09:30", "15:31")) == "CW-6310"
    assert world.code("eve", round_of("09:30", "15:30")) == ""
