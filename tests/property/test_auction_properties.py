"""What holds for every book of bids and every choice of rules."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capwright.auction.bids import Bid, Bidder
from capwright.auction.clearing import clear
from capwright.auction.supply import spread
from capwright.auction.ties import share_out
from capwright.scheme.auction_rules import HoldingLimit, PriceTier
from tests.auction_books import rules

LIMIT = HoldingLimit(base_t=25, base_share=Decimal("0.1"), rest_share=Decimal("0.025"))


@st.composite
def books(draw):
    lot_t = draw(st.sampled_from([1, 5]))
    rows = draw(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 12), st.integers(1, 20)), max_size=14)
    )
    bids = [
        Bid(
            id=f"{at}",
            bidder=bidder,
            price_fen_per_t=price * 100,
            quantity_t=lots * lot_t,
            entered=draw(st.integers(0, 20)),
        )
        for at, (bidder, price, lots) in enumerate(rows)
    ]
    return lot_t, bids


CHOICES = st.fixed_dictionaries(
    {
        "price_rule": st.sampled_from(["lowest_accepted", "floor", "pay_as_bid", "highest_rejected"]),
        "tie_rule": st.sampled_from(["time", "random", "pro_rata_random"]),
        "under_subscription": st.sampled_from(["cancel", "partial", "all_at_floor", "all_at_lowest_bid"]),
    }
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_share_per_bidder": st.just(Decimal("0.5")),
        "purchase_limits": st.just({"*": Decimal("0.3")}),
        "holding_limit": st.just(LIMIT),
        "guarantee": st.just("schedule_value"),
        "min_bid_t": st.just(10),
    },
)
TIERS = st.sampled_from(
    [
        (),
        (PriceTier(name="CCR", kind="release_above", trigger_fen_per_t=600, quantity_t=30),),
        (
            PriceTier(name="CCR", kind="release_above", trigger_fen_per_t=900, quantity_t=7),
            PriceTier(name="ECR", kind="withhold_below", trigger_fen_per_t=500, quantity_t=15),
        ),
    ]
)
BIDDERS = [
    Bidder(name="a", holding_room_t=11, guarantee_fen=5_000),
    Bidder(name="b", holding_room_t=0),
    Bidder(name="c", guarantee_fen=0),
]
SUPPLY = st.integers(1, 300)
RESERVE = st.integers(1, 12).map(lambda price: price * 100)


@given(books(), CHOICES, LIMITS, TIERS, SUPPLY, RESERVE, st.text(max_size=5))
def test_laws_of_a_clearing(book, choice, limits, tiers, supply_t, reserve, seed):
    lot_t, bids = book
    choice = rules(**choice, **limits, lot_t=lot_t, tiers=tiers)
    found = clear(choice, supply_t, bids, reserve_fen_per_t=reserve, seed=seed, bidders=BIDDERS)

    assert found.sold_t + found.unsold_t == found.supply_t == supply_t + sum(found.moved_t.values())
    assert 0 <= found.sold_t <= found.supply_t
    assert found.sold_t == sum(award.quantity_t for award in found.awards)
    assert found.revenue_fen == sum(award.quantity_t * award.price_fen_per_t for award in found.awards)
    assert (found.price_fen_per_t is None) == (found.sold_t == 0) == (found.outcome == "cancelled")
    asked = {bid.id: bid for bid in bids}
    accounted = dict.fromkeys(asked, 0)
    for award in found.awards:
        assert 0 < award.quantity_t <= asked[award.bid].quantity_t
        assert reserve <= award.price_fen_per_t <= award.bid_fen_per_t
        assert award.bid_fen_per_t >= found.price_fen_per_t
        if choice.price_rule != "pay_as_bid":
            assert award.price_fen_per_t == found.price_fen_per_t
        accounted[award.bid] += award.quantity_t
    for item in (*found.rejected, *found.unsuccessful):
        assert item.quantity_t > 0
        accounted[item.bid] += item.quantity_t
    assert accounted == {bid.id: bid.quantity_t for bid in bids}  # every tonne asked for has one fate
    # Nobody who offered more than the last winner is left out.
    if found.awards:
        for item in found.unsuccessful:
            assert item.price_fen_per_t <= found.marginal.price_fen_per_t


@given(books(), CHOICES, LIMITS, SUPPLY, RESERVE, st.text(max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_arrival_of_the_data_is_irrelevant(
    book, choice, limits, supply_t, reserve, seed, chance
):
    lot_t, bids = book
    shuffled = list(bids)
    chance.shuffle(shuffled)
    choice = rules(**choice, **limits, lot_t=lot_t)
    one, two = (
        clear(choice, supply_t, order, reserve_fen_per_t=reserve, seed=seed, bidders=BIDDERS)
        for order in (bids, shuffled)
    )
    assert one.awards == two.awards
    assert one.statistics == two.statistics
    assert sorted(one.rejected, key=str) == sorted(two.rejected, key=str)
    assert one.unsuccessful == two.unsuccessful


@given(books(), CHOICES, SUPPLY, SUPPLY, RESERVE)
def test_more_supply_never_raises_the_price(book, choice, one_t, two_t, reserve):
    lot_t, bids = book
    choice = rules(**choice, lot_t=lot_t)
    less, more = (
        clear(choice, supply_t, bids, reserve_fen_per_t=reserve) for supply_t in sorted((one_t, two_t))
    )
    if less.price_fen_per_t is not None and more.price_fen_per_t is not None:
        assert more.price_fen_per_t <= less.price_fen_per_t


@given(books(), SUPPLY, RESERVE)
def test_uniform_price_is_the_lowest_that_does_not_oversell(book, supply_t, reserve):
    """Defined another way: the highest price at which demand reaches the supply, else the lowest bid."""
    lot_t, bids = book
    found = clear(rules(lot_t=lot_t), supply_t, bids, reserve_fen_per_t=reserve)
    prices = sorted({bid.price_fen_per_t for bid in bids if bid.price_fen_per_t >= reserve}, reverse=True)
    reaching = [
        price
        for price in prices
        if sum(bid.quantity_t for bid in bids if bid.price_fen_per_t >= price) >= supply_t
    ]
    expected = reaching[0] if reaching else (prices[-1] if prices else None)
    assert found.price_fen_per_t == expected
    demand_t = sum(bid.quantity_t for bid in bids if bid.price_fen_per_t >= reserve)
    assert found.sold_t == min(demand_t, supply_t)


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 50), min_size=1, max_size=8),
    st.integers(1, 4),
    st.data(),
    st.text(max_size=3),
)
def test_sharing_out_is_exact_and_fair(lots, lot_t, data, seed):
    wanted = {bid: count * lot_t for bid, count in lots.items()}
    total_t = sum(wanted.values())
    available_t = data.draw(st.integers(0, total_t))
    shares = share_out(wanted, available_t, lot_t=lot_t, seed=seed)
    assert sum(shares.values()) == available_t
    for bid, want_t in wanted.items():
        exact = Decimal(want_t) * available_t / total_t
        assert 0 <= shares[bid] <= want_t
        assert abs(shares[bid] - exact) < 2 * lot_t


@given(
    st.integers(0, 5000), st.lists(st.one_of(st.none(), st.integers(0, 900)), max_size=6), st.integers(1, 7)
)
def test_spreading_loses_nothing_and_keeps_the_caps(unsold_t, room_t, lot_t):
    added_t, left_t = spread(unsold_t, room_t, lot_t=lot_t)
    assert sum(added_t) + left_t == unsold_t
    assert min((left_t, *added_t)) >= 0
    for part_t, limit_t in zip(added_t, room_t, strict=True):
        assert limit_t is None or part_t <= limit_t
    if left_t:
        assert all(limit_t == part_t for part_t, limit_t in zip(added_t, room_t, strict=True))


def test_seeds_give_every_bid_a_chance():
    tied = [Bid(id=f"{at}", bidder=f"b{at}", price_fen_per_t=100, quantity_t=1) for at in range(4)]
    first = [clear(rules(), 1, tied, seed=str(random.Random(n).random())).awards[0].bid for n in range(400)]
    for at in range(4):
        assert 60 < first.count(f"{at}") < 140  # 100 expected, 4.6 standard deviations either way
