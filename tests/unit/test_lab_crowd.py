"""The crowd: paces, blocks, last days; and the opinions it starts from."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from capwright.exchange import messages as m
from capwright.lab.crowd import Crowd
from capwright.lab.opinion import DayMood, Month, moods
from tests.exchange_worlds import DAY, Exchange
from tests.lab_crowds import Stage, agent, picking, steady, unlimited
from tests.worlds import ALPHA, BETA, TRADER

DAYS = [date(2023, 1, 3), date(2023, 1, 4), date(2023, 1, 6), date(2023, 1, 9)]
MONTH = Month(2023, 1, 100_000, first=5_000, last=5_600, least=4_800, most=5_700, block=80)


def trading(month=MONTH, count=20):
    return {(month.year, month.month): [DAY + timedelta(days=n) for n in range(count)]}


# Opinions.


def test_a_months_value_goes_from_its_first_to_its_last_inside_its_range():
    found = moods([MONTH], trading(), "s")
    values = [mood.value_fen_per_t for mood in found.values()]
    assert (values[0], values[-1]) == (5_000, 5_600)
    assert min(values) >= 4_800
    assert max(values) <= 5_700
    assert len(set(values)) > 10
    assert all(mood.block_fen_per_t == mood.value_fen_per_t * 80 // 100 for mood in found.values())


def test_the_wishes_of_its_days_add_up_to_the_months_volume():
    found = moods([MONTH], trading(), "s")
    total_t = sum(mood.volume_t for mood in found.values())
    assert 100_000 - len(found) < total_t <= 100_000  # each day is rounded down


def test_a_rush_is_livelier_at_its_end():
    volumes = []
    for seed in range(30):
        rush = Month(2023, 1, 100_000, 5_000, 5_000, 4_900, 5_100, rush=True)
        volumes.append([mood.volume_t for mood in moods([rush], trading(), str(seed)).values()])
    first, last = (sum(sum(v[part]) for v in volumes) for part in (slice(5), slice(-5, None)))
    # Activity rises threefold: the first quarter has about 1.2, the last about 2.7 of it.
    assert last > 1.6 * first


def test_opinions_come_from_the_seed_alone():
    assert moods([MONTH], trading(), "s") == moods([MONTH], trading(), "s")
    assert moods([MONTH], trading(), "s") != moods([MONTH], trading(), "t")


# Days.


def crowd_of(days, *participants, **mood):
    return Crowd(participants, steady(days, **mood), "TLA", "seed")


def test_a_day_trades_about_what_the_mood_says():
    stage = Stage(Exchange(picking, each_t=100_000).open())
    stage.world.close()
    crowd = crowd_of(
        DAYS[1:],
        agent(ALPHA, "seller", 20_000),
        agent(BETA, "buyer", 20_000),
        agent(TRADER, "investor"),
        volume_t=3_000,
    )
    for day in DAYS[1:]:
        stage.play(crowd, day)
    traded_t = sum(trade.quantity_t for trade in stage.trades)
    assert traded_t == pytest.approx(9_000, rel=0.1)
    assert stage.refused == []


def test_without_a_mood_nobody_comes():
    stage = Stage(Exchange(picking))
    stage.play(crowd_of([], agent(ALPHA, "investor"), agent(BETA, "investor")), DAY)
    assert stage.sent == []


@pytest.mark.parametrize("change", [picking, unlimited])
def test_on_its_last_days_a_buyer_gets_what_it_needs_whatever_it_thought(change):
    """Its opinion lies at the bottom of the band; the others ask what they think, up to the limit."""
    stage = Stage(Exchange(change, each_t=100_000))
    buyer = agent(ALPHA, "buyer", 7_000, until=DAYS[2], bias=-0.09)
    crowd = crowd_of(DAYS, buyer, agent(BETA, "seller", 6_000), agent(TRADER, "investor"), volume_t=60)
    for day in DAYS[:3]:
        stage.play(crowd, day)
    assert buyer.left_t == 0
    bought_t = sum(trade.quantity_t for trade in stage.trades if trade.buyer == ALPHA)
    assert bought_t == 7_000
    assert stage.refused == []


def test_large_lots_are_agreed_between_two_near_the_months_price():
    stage = Stage(Exchange(picking, each_t=100_000))
    crowd = crowd_of(
        [DAY], agent(ALPHA, "investor"), agent(BETA, "seller", 50_000), volume_t=200, block=4_000
    )
    stage.play(crowd, DAY, close=False)
    offers = [command for command in stage.sent if isinstance(command, m.ProposeDeal)]
    answers = [command for command in stage.sent if isinstance(command, m.ConfirmDeal)]
    assert offers
    assert len(answers) == len(offers)
    # At least 10 t, and half of the day's wishes at most but for the last; 30 % around 5,000.
    assert all(10 <= offer.quantity_t <= 20 and 3_500 <= offer.price_fen_per_t <= 6_500 for offer in offers)
    assert sum(offer.quantity_t for offer in offers) <= 100
    assert all(answer.account == offer.counterparty for offer, answer in zip(offers, answers, strict=True))


def test_both_sides_of_a_trade_count_it():
    stage = Stage(Exchange(picking, each_t=100_000))
    buyer, seller = agent(ALPHA, "buyer", 900, until=DAY), agent(BETA, "seller", 900)
    stage.play(crowd_of([DAY], buyer, seller, volume_t=100), DAY)
    sold_t = sum(trade.quantity_t for trade in stage.trades)
    assert sold_t == 900
    assert (buyer.left_t, seller.left_t) == (0, 0)


def test_a_firm_with_a_listing_sells_no_more_than_it_can_spare():
    """It may pick a bid while its own offer stands: both together must be within what it can spare."""
    for seed in range(60):
        chance = Random(seed)
        stage = Stage(Exchange(picking if seed % 2 else unlimited, each_t=10_000))
        seller = agent(ALPHA, "seller", chance.randint(1, 1_500))
        spare_t = seller.left_t
        other = agent(BETA, chance.choice(["investor", "trend", "maker", "buyer"]), 3_000)
        mood = DayMood(chance.randint(4_500, 5_500), chance.randint(500, 20_000), 5_000)
        crowd = Crowd((seller, other, agent(TRADER, "investor")), {DAY: mood}, "TLA", str(seed))
        stage.play(crowd, DAY)
        sold_t = sum(trade.quantity_t for trade in stage.trades if trade.seller == ALPHA)
        assert sold_t == spare_t - seller.left_t, seed


def test_the_same_seed_gives_the_same_commands_another_seed_others():
    found = []
    for seed in ("one", "one", "two"):
        stage = Stage(Exchange(picking, each_t=100_000))
        people = (agent(ALPHA, "investor"), agent(BETA, "maker"), agent(TRADER, "trend"))
        crowd = Crowd(people, {DAY: DayMood(5_000, 2_000, 5_000)}, "TLA", seed)
        stage.play(crowd, DAY)
        found.append(stage.sent)
    assert found[0] == found[1]
    assert found[0] != found[2]
