"""Alerts as events come in are those of a second look at the whole journal, worked out another way."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from capwright.exchange import messages as m
from capwright.exchange.surveillance import Watch, raised
from capwright.ledger.messages import TradeBusted, TradeSettled
from capwright.scheme.exchange_rules import SurveillanceRules
from capwright.settlement.messages import CashDeposited, CashWithdrawn

RULES = SurveillanceRules(
    move_share=Decimal("0.08"),
    concentration_share=Decimal("0.30"),
    cancel_share=Decimal("0.5"),
    cancel_least_orders=3,
    large_order_t=90,
    wash_minutes=3,
    limit_days=2,
    funds_fen=300,
    closing_minutes=20,
    spoof_share=Decimal("0.5"),
)
ACCOUNTS = ("a1", "a2", "b", "c")  # a1 and a2 have one holder
BEGIN = date(2023, 1, 3)
MINUTE = 60_000
MODES = ("continuous", "negotiated")


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def holder(account: str) -> str:
    return account[0]


def day_of(on: date) -> m.TradingDayOpened:
    begin = int(datetime(on.year, on.month, on.day, 9, tzinfo=UTC).timestamp() * 1000)
    hours = ((begin, begin + 30 * MINUTE),)
    mode = m.ModeDay("continuous", "continuous", "any", "match", 4_500, 5_500, 1, None, hours)
    product = m.ProductDay("P", ("K",), 1, 1, 5_000, "continuous", {"continuous": mode})
    return m.TradingDayOpened(on=on, windows_ms=hours, products=(product,))


@dataclass
class Journal:
    """A made-up journal of a few short days: orders, trades between them, cancels, busts, cash."""

    events: list[tuple[int, object]] = field(default_factory=list)
    orders: dict[str, list] = field(default_factory=dict)  # account, side, left
    trades: int = 0
    made: int = 0

    def add(self, at_ms: int, event: object) -> None:
        self.events.append((at_ms, event))


@st.composite
def journals(draw):
    journal = Journal()
    for n in range(draw(st.integers(1, 3))):
        opened = day_of(BEGIN + timedelta(days=n))
        now = opened.windows_ms[0][0]
        journal.add(now, opened)
        today: list[TradeSettled] = []
        for _ in range(draw(st.integers(0, 25))):
            now += draw(st.integers(0, 2)) * MINUTE
            step(draw, journal, now, today)
        close = draw(st.sampled_from((4_500, 4_700, 5_000, 5_399, 5_400, 5_500)))
        closes = (m.ProductClose("P", 5_000, close, counted_t=draw(st.sampled_from((0, 10)))),)
        journal.add(now + 60 * MINUTE, m.TradingDayClosed(on=opened.on, closes=closes))
    return journal.events


def step(draw, journal: Journal, now: int, today: list[TradeSettled]) -> None:
    what = draw(st.sampled_from(("place", "place", "trade", "trade", "trade", "cancel", "bust", "cash")))
    account = draw(st.sampled_from(ACCOUNTS))
    price = draw(st.sampled_from((4_600, 4_980, 5_000, 5_020, 5_400)))
    tonnes = draw(st.sampled_from((10, 50, 89, 90)))
    if what == "place":
        journal.made += 1
        side = draw(st.sampled_from(("buy", "sell")))
        name = f"o{journal.made}"
        rests = draw(st.sampled_from((0, tonnes, tonnes)))
        placed = m.OrderPlaced(
            order_id=name, account=account, product="P", side=side, price_fen_per_t=price,
            quantity_t=tonnes, resting_t=rests,
        )  # fmt: skip
        journal.add(now, placed)
        if rests:
            journal.orders[name] = [account, side, rests]
    elif what == "trade":
        journal.trades += 1
        resting = [name for name, (owner, _, _) in journal.orders.items() if owner == account]
        order = draw(st.sampled_from(resting)) if resting and draw(st.booleans()) else ""
        other = draw(st.sampled_from([one for one in ACCOUNTS if one != account]))
        buyer, seller, more = account, other, {}
        if order:
            _, side, left = journal.orders[order]
            tonnes = min(tonnes, left)
            buyer, seller = (account, other) if side == "buy" else (other, account)
            more = {f"{side}_order": order, "aggressor": "sell" if side == "buy" else "buy"}
            journal.orders[order][2] -= tonnes
            if not journal.orders[order][2]:
                del journal.orders[order]
        made = TradeSettled(
            trade_id=f"t{journal.trades}", seller=seller, buyer=buyer, kind="K", quantity_t=tonnes,
            price_fen_per_t=price, product="P", mode=draw(st.sampled_from(MODES)), **more,
        )  # fmt: skip
        today.append(made)
        journal.add(now, made)
    elif what == "cancel" and journal.orders:
        name = draw(st.sampled_from(list(journal.orders)))
        reason = draw(st.sampled_from(("member", "mass", "halt")))
        journal.add(now, m.OrderCancelled(order_id=name, open_t=journal.orders.pop(name)[2], reason=reason))
    elif what == "bust" and today:
        gone = today.pop()
        journal.add(
            now,
            TradeBusted(
                trade_id=gone.trade_id, traded_at_ms=now, seller=gone.seller, buyer=gone.buyer, kind="K",
                quantity_t=gone.quantity_t, price_fen_per_t=gone.price_fen_per_t, mode=gone.mode, reason="x",
                product="P",
            ),
        )  # fmt: skip
    elif what == "cash":
        kind = draw(st.sampled_from((CashDeposited, CashWithdrawn)))
        journal.add(now, kind(account=account, amount_fen=draw(st.sampled_from((200, 300, 500)))))


# The second look: every kind of alert from the whole list at once, by its definition.


def days(events):
    """The events of every day with their times, split at the openings."""
    found = []
    for at_ms, event in events:
        if isinstance(event, m.TradingDayOpened):
            found.append([])
        found[-1].append((at_ms, event))
    return found


def of(day, *kinds):
    return [(at_ms, event) for at_ms, event in day if isinstance(event, kinds)]


def self_trades(events):
    return sorted(
        event.trade_id
        for _, event in events
        if isinstance(event, TradeSettled) and event.buyer[0] == event.seller[0]
    )


def large_moves(events):
    found = []
    for day in days(events):
        for mode in ("continuous", "negotiated"):
            made = [event for _, event in of(day, TradeSettled) if event.mode == mode]
            pairs = itertools.pairwise(made)
            found += [
                (one.trade_id, two.trade_id)
                for one, two in pairs
                if abs(one.price_fen_per_t - two.price_fen_per_t) * 100 >= 8 * 5_000
            ]
        close = day[-1][1].closes[0].closing_fen_per_t
        found += [()] if abs(close - 5_000) >= 400 else []
    return sorted(found)


def concentrations(events):
    found = []
    for n, day in enumerate(days(events)):
        gone = {event.trade_id for _, event in of(day, TradeBusted)}
        made = [event for _, event in of(day, TradeSettled) if event.trade_id not in gone]
        volume = sum(event.quantity_t for event in made)
        for account in ACCOUNTS:
            part = sum(event.quantity_t for event in made if account in (event.buyer, event.seller))
            if part and part * 10 >= volume * 3:
                found.append((n, account, part, volume))
    return sorted(found)


def cancel_ratios(events):
    found = []
    for n, day in enumerate(days(events)):
        mine = {event.order_id: event.account for _, event in of(day, m.OrderPlaced)}
        off = [event.order_id for _, event in of(day, m.OrderCancelled) if event.reason in ("member", "mass")]
        for account in ACCOUNTS:
            orders = sum(owner == account for owner in mine.values())
            cancelled = sum(mine.get(order) == account for order in off)
            if orders >= 3 and 2 * cancelled >= orders:
                found.append((n, account, orders, cancelled))
    return sorted(found)


def limit_runs(events):
    sides = []
    for day in days(events):
        close = day[-1][1].closes[0]
        price = close.closing_fen_per_t if close.counted_t else 0
        sides.append({4_500: "down", 5_500: "up"}.get(price, ""))
    found = []
    for n, side in enumerate(sides):
        length = next((k for k in range(n + 1) if sides[n - k] != side), n + 1)
        if side and length >= 2:
            found.append((n, length))
    return found


def funds(events):
    found = set()
    for n, day in enumerate(days(events)):
        for account in ACCOUNTS:
            came = sum(e.amount_fen for _, e in of(day, CashDeposited) if e.account == account)
            went = sum(e.amount_fen for _, e in of(day, CashWithdrawn) if e.account == account)
            if came >= 300 and went >= 300:
                found.add((n, account))
    return sorted(found)


def large_orders(events):
    return sorted(e.order_id for _, e in events if isinstance(e, m.OrderPlaced) and e.quantity_t >= 90)


def marked(events):
    found = []
    for n, day in enumerate(days(events)):
        end = day[0][1].windows_ms[0][1]
        gone = {event.trade_id for _, event in of(day, TradeBusted)}
        book = [(t, e) for t, e in of(day, TradeSettled) if e.mode == "continuous" and e.trade_id not in gone]
        late = [event for at_ms, event in book if at_ms >= end - 20 * MINUTE]
        prices = [5_000, *(event.price_fen_per_t for at_ms, event in book if at_ms < end - 20 * MINUTE)]
        if late and abs(late[-1].price_fen_per_t - prices[-1]) * 100 >= 2 * prices[-1]:
            found.append((n, prices[-1], late[-1].price_fen_per_t))
    return found


def spoofs(events):
    found = []
    for day_n, day in enumerate(days(events)):
        start = sum(len(one) for one in days(events)[:day_n])
        for k, (at_ms, event) in enumerate(day):
            if not isinstance(event, m.OrderCancelled) or event.reason == "halt":
                continue
            book = resting(events[: start + k])
            placed_n, order, left = book[event.order_id]
            depth = sum(t for _, o, t in book.values() if o.side == order.side)
            prices = {o.price_fen_per_t for _, o, _ in book.values() if o.side == order.side}
            better = sum(
                p > order.price_fen_per_t if order.side == "buy" else p < order.price_fen_per_t
                for p in prices
            )
            traded = 0
            for n, (when, trade) in enumerate(events[: start + k]):
                if (
                    n <= max(placed_n, start)
                    or not isinstance(trade, TradeSettled)
                    or when < at_ms - 5 * MINUTE
                ):
                    continue
                seller, buyer = holder(trade.seller), holder(trade.buyer)
                own = seller if order.side == "buy" else buyer
                if own == holder(order.account) and seller != buyer:
                    traded += trade.quantity_t
            if 2 * left >= depth and better < 5 and 0 < traded < left:
                found.append((event.order_id, left, depth, traded))
    return sorted(found)


def resting(events):
    """The book after some events: number of the placing event, the order, its open tonnes."""
    book = {}
    for n, (_, event) in enumerate(events):
        if isinstance(event, m.OrderPlaced) and event.resting_t:
            book[event.order_id] = (n, event, event.resting_t)
        elif isinstance(event, m.OrderCancelled):
            del book[event.order_id]
        elif isinstance(event, TradeSettled) and (name := event.buy_order or event.sell_order):
            placed_n, order, left = book.pop(name)
            if left > event.quantity_t:
                book[name] = (placed_n, order, left - event.quantity_t)
    return book


@given(journals())
def test_alerts_are_those_of_a_second_look(events):
    watch = Watch(RULES, holder, local)
    found = defaultdict(list)
    for alert in raised(watch, events):
        found[alert.code].append(alert)

    def n(alert):
        return (alert.day - BEGIN).days

    def figures(code, *names):
        return sorted((n(a), *(a.figures[name] for name in names)) for a in found[code])

    assert sorted(a.trades[0] for a in found["self_trade"]) == self_trades(events)
    assert sorted(a.trades for a in found["large_move"]) == large_moves(events)
    parts = [
        (n(a), *a.accounts, a.figures["account_t"], a.figures["volume_t"]) for a in found["concentration"]
    ]
    assert sorted(parts) == concentrations(events)
    ratios = [(n(a), *a.accounts, a.figures["orders"], a.figures["cancelled"]) for a in found["cancel_ratio"]]
    assert sorted(ratios) == cancel_ratios(events)
    assert figures("limit_run", "days") == limit_runs(events)
    assert sorted((n(a), *a.accounts) for a in found["abnormal_funds"]) == funds(events)
    assert sorted(a.orders[0] for a in found["large_order"]) == large_orders(events)
    assert figures("marking_close", "from_fen_per_t", "to_fen_per_t") == marked(events)
    baits = [
        (*a.orders, a.figures["open_t"], a.figures["depth_t"], a.figures["traded_t"])
        for a in found["spoof_like_cancel"]
    ]
    assert sorted(baits) == spoofs(events)
    check_washes(events, found["wash_pair"])


def check_washes(events, alerts):
    """Every alert is a round trip within the minutes at like prices, and every plain one is found."""
    trades = {e.trade_id: (t, e) for t, e in events if isinstance(e, TradeSettled)}
    used = [trade for alert in alerts for trade in alert.trades]
    assert len(used) == len(set(used))
    for alert in alerts:
        legs = [trades[name] for name in alert.trades]
        last_ms, last = legs[-1]
        there = sum(e.quantity_t for _, e in legs if holder(e.buyer) == holder(last.seller))
        back = sum(e.quantity_t for _, e in legs if holder(e.buyer) == holder(last.buyer))
        assert 5 * min(there, back) >= 4 * max(there, back) > 0
        for at_ms, leg in legs:
            assert last_ms - at_ms <= 3 * MINUTE
            assert Fraction(abs(last.price_fen_per_t - leg.price_fen_per_t), leg.price_fen_per_t) <= Fraction(
                1, 100
            )
            assert {holder(leg.buyer), holder(leg.seller)} == {holder(last.buyer), holder(last.seller)}
    for day in days(events):
        made = of(day, TradeSettled)
        for (one_ms, one), (two_ms, two) in itertools.pairwise(made):
            mirrored = (holder(one.buyer), holder(one.seller)) == (holder(two.seller), holder(two.buyer))
            alone = sum({e.buyer[0], e.seller[0]} == {one.buyer[0], one.seller[0]} for _, e in made) == 2
            like = one.price_fen_per_t == two.price_fen_per_t and one.quantity_t == two.quantity_t
            if mirrored and alone and like and holder(one.buyer) != holder(one.seller):
                within = two_ms - one_ms <= 3 * MINUTE
                assert any(alert.trades == (one.trade_id, two.trade_id) for alert in alerts) == within


@given(journals(), st.integers(0, 80))
def test_alerts_come_as_soon_as_their_event_and_depend_on_nothing_later(events, cut):
    whole, part = Watch(RULES, holder, local), Watch(RULES, holder, local)
    assert raised(part, events[:cut]) == raised(whole, events)[: len(part.alerts)]
    assert raised(part, events[cut:]) == whole.alerts
