"""The order book beside a naive one: priority, no crossing, conservation, plans, memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capwright.exchange.book import Order, OrderBook
from capwright.exchange.call import call_auction

SIDE = st.sampled_from(["buy", "sell"])
PLACE = st.tuples(st.just("place"), SIDE, st.integers(1, 12), st.integers(1, 30))
CHANGE = st.tuples(st.sampled_from(["cancel", "reduce"]), SIDE, st.integers(0, 50), st.integers(1, 30))
STEPS = st.lists(st.one_of(PLACE, PLACE, CHANGE), max_size=100)


def order(number: int, side: str, price: int, quantity_t: int) -> Order:
    return Order(str(number), "", "", side, price, quantity_t, quantity_t, number)


def naive(orders: list[Order], side: str, price: int, quantity_t: int) -> list[tuple[str, int]]:
    """What an order must take, from a sorted list."""
    against = sorted(
        (o for o in orders if o.side != side),
        key=lambda o: (o.price_fen_per_t if side == "buy" else -o.price_fen_per_t, o.arrival),
    )
    found: list[tuple[str, int]] = []
    for one in against:
        if (side == "buy" and one.price_fen_per_t > price) or (
            side == "sell" and one.price_fen_per_t < price
        ):
            break
        taken = min(one.left_t, quantity_t)
        if taken:
            found.append((one.id, taken))
            quantity_t -= taken
    return found


@given(STEPS)
def test_the_book_is_the_naive_one(steps):
    book, resting = OrderBook(), []
    entered_t = gone_t = 0
    for number, (deed, side, price, quantity_t) in enumerate(steps):
        if deed == "place":
            entered_t += quantity_t
            expected = naive(resting, side, price, quantity_t)
            before = [(o.id, o.left_t) for s in ("buy", "sell") for o in book.orders(s)]
            planned = [(o.id, taken) for o, taken in book.plan(side, price, quantity_t)]
            assert planned == expected
            assert [(o.id, o.left_t) for s in ("buy", "sell") for o in book.orders(s)] == before
            mine = order(number, side, price, quantity_t)
            fills = book.submit(mine)
            assert [(o.id, taken) for o, taken in fills] == expected
            gone_t += 2 * sum(taken for _, taken in fills)
            resting = [o for o in resting if o.left_t]
            if mine.left_t:
                resting.append(mine)
        elif resting:
            victim = resting[price % len(resting)]
            if deed == "reduce" and quantity_t < victim.left_t:
                gone_t += victim.left_t - quantity_t
                book.reduce(victim, quantity_t)
            else:
                gone_t += victim.left_t
                book.remove(victim)
                resting.remove(victim)
        bid, ask = book.best("buy"), book.best("sell")
        assert bid is None or ask is None or bid < ask, "crossed"
        assert len(book) == len(resting)
        for s, sign in (("buy", -1), ("sell", 1)):
            mine_sorted = sorted(
                (o for o in resting if o.side == s), key=lambda o: (sign * o.price_fen_per_t, o.arrival)
            )
            assert list(book.orders(s)) == mine_sorted
            levels: dict[int, list[int]] = {}
            for o in mine_sorted:
                levels.setdefault(o.price_fen_per_t, []).append(o.left_t)
            assert book.depth(s, 99) == [(p, sum(q), len(q)) for p, q in levels.items()]
            assert book.prices(s, 5) == list(levels)[:5]
            assert book.first(s) is (mine_sorted[0] if mine_sorted else None)
        assert entered_t - gone_t == sum(o.left_t for o in resting), "conservation"


def test_a_level_with_endless_churn_does_not_grow():
    """One order stands; thousands come behind it and go: the queue is cleaned of them."""
    book = OrderBook()
    first = order(0, "sell", 10, 5)
    book.add(first)
    for number in range(1, 20_000):
        passing = order(number, "sell", 10, 1)
        book.add(passing)
        book.remove(passing)
    assert len(book._sell.levels[-10].queue) < 50
    assert book.submit(order(99_999, "buy", 10, 5)) == [(first, 5)]
    assert len(book) == 0


@given(st.lists(st.tuples(SIDE, st.integers(1, 12), st.integers(1, 30)), max_size=40), st.integers(1, 12))
def test_a_call_trades_the_most_that_one_price_can(listings, reference):
    orders = [order(n, *listing) for n, listing in enumerate(listings)]
    buys = sorted((o for o in orders if o.side == "buy"), key=lambda o: (-o.price_fen_per_t, o.arrival))
    sells = sorted((o for o in orders if o.side == "sell"), key=lambda o: (o.price_fen_per_t, o.arrival))

    def volume_t(price: int) -> int:
        bought = sum(o.left_t for o in buys if o.price_fen_per_t >= price)
        return min(bought, sum(o.left_t for o in sells if o.price_fen_per_t <= price))

    result = call_auction(buys, sells, reference)
    most_t = max((volume_t(price) for price in range(1, 13)), default=0)
    if result is None:
        assert most_t == 0
        return
    price = result.price_fen_per_t
    assert volume_t(price) == most_t == result.volume_t == sum(q for _, _, q in result.pairs)
    bought_t: dict[str, int] = {}
    for buy, sell, quantity_t in result.pairs:
        assert sell.price_fen_per_t <= price <= buy.price_fen_per_t
        assert quantity_t > 0
        for one in (buy, sell):
            bought_t[one.id] = bought_t.get(one.id, 0) + quantity_t
    assert all(bought_t[o.id] <= o.left_t for o in orders if o.id in bought_t)
    for side in (buys, sells):  # who comes first is served in full before the next gets anything
        served = [bought_t.get(o.id, 0) for o in side]
        whole = [t == o.left_t for o, t in zip(side, served, strict=True)]
        partial = whole.index(False) if False in whole else len(whole)
        assert not any(served[partial + 1 :])
