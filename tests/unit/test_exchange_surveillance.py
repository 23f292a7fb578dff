"""Days with planted behaviour, each with a near miss; a busy honest day; what alerts say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

from capwright.exchange import messages as m
from capwright.exchange.alerts import KINDS, draft_announcement
from capwright.exchange.surveillance import Watch
from capwright.kernel.refusal import Refused
from capwright.settlement.messages import BustTrade, DepositCash, WithdrawCash
from tests.exchange_worlds import DAY, GAMMA, Exchange, at, trades
from tests.worlds import ALPHA, BETA, TRADER

WED = DAY + timedelta(days=1)


def rules(**values: object):
    """Change thresholds of the test scheme."""

    def change(text: str) -> str:
        head, _, rest = text.partition("[exchange.surveillance]\n")
        for name, value in values.items():
            rest = re.sub(rf"^{name} = .*\n", "", rest, count=1, flags=re.MULTILINE)
            rest = f"{name} = {value}\n{rest}"
        return f"{head}[exchange.surveillance]\n{rest}"

    return change


class Watched(Exchange):
    """A market whose events a watch sees as they happen."""

    def __init__(self, change: Callable[[str], str] = str, **values: object) -> None:
        self.watch: Watch | None = None
        super().__init__(lambda text: change(rules(**values)(text)), cash=10**10)
        self.watch = Watch.of(self.market.rulebook.now(), self.market.book)
        self.open()

    def do(self, actor, command, command_id=""):
        events = super().do(actor, command, command_id)
        if self.watch is not None:
            for event in events:
                self.watch.see(event, self.at_ms)
        return events

    def trade(self, seller: str, buyer: str, price: int, quantity_t: int, clock: str = "") -> str:
        """A trade in the book; the seller comes first."""
        if clock:
            self.at_ms = at(clock)
        self.order(seller, "sell", price, quantity_t)
        (made,) = trades(self.order(buyer, "buy", price, quantity_t))
        return made.trade_id

    def alerts(self, code: str):
        assert self.watch is not None
        return [alert for alert in self.watch.alerts if alert.code == code]

    def codes(self) -> Counter[str]:
        assert self.watch is not None
        return Counter(alert.code for alert in self.watch.alerts)


# Large moves: 8 % of the opening price of 50.00 is 4.00.


def test_a_move_from_trade_to_trade_of_eight_per_cent_of_the_opening_price():
    world = Watched()
    first, second = world.trade(ALPHA, BETA, 4_800, 10), world.trade(ALPHA, BETA, 5_200, 10)
    (alert,) = world.alerts("large_move")
    assert alert.trades == (first, second)
    assert alert.figures == {"from_fen_per_t": 4_800, "to_fen_per_t": 5_200, "opening_fen_per_t": 5_000}
    assert alert.direction == "up"
    assert (
        alert.en
        == "The price of TLA went from 48.00 to 52.00, 8.0% of the opening price 50.00 (threshold 8.0%)."
    )
    assert alert.zh == "TLA价格由48.00变为52.00，变动为开盘价50.00的8.0%（阈值8.0%）。"
    assert alert.trigger == "abnormal_price"
    assert alert.provisional


def test_a_move_of_a_cent_less_or_of_another_mode_is_none():
    world = Watched()
    world.trade(ALPHA, BETA, 4_801, 10)
    world.trade(ALPHA, BETA, 5_200, 10)
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 4_000, 10), "deal")
    world.by(BETA, m.ConfirmDeal(BETA, "deal"))
    assert world.alerts("large_move") == []


@pytest.mark.parametrize(("price", "found"), [(5_400, 1), (5_399, 0), (4_600, 1), (4_601, 0)])
def test_a_move_from_open_to_close(price, found):
    world = Watched()
    world.trade(ALPHA, BETA, price, 10)
    assert world.alerts("large_move") == []
    world.close()
    assert len(world.alerts("large_move")) == found


# Concentration.


def test_an_account_in_thirty_per_cent_of_the_volume():
    """Of 1000 t Alpha sells 700 and Beta 300; Trader buys 290, Beta 410, Gamma 300."""
    world = Watched()
    world.trade(ALPHA, TRADER, 5_000, 290)
    world.trade(ALPHA, BETA, 5_000, 410)
    world.trade(BETA, GAMMA, 5_000, 300)
    world.close()
    found = {alert.accounts[0]: alert.figures["account_t"] for alert in world.alerts("concentration")}
    assert found == {ALPHA: 700, BETA: 710, GAMMA: 300}  # 290 of 1000 stays below
    (gamma,) = [alert for alert in world.alerts("concentration") if alert.accounts == (GAMMA,)]
    assert "300 t of the 1,000 t of TLA traded on the day, 30.0%" in gamma.en


def test_a_day_below_the_least_volume_concentrates_nothing():
    world = Watched(concentration_least_t=101)
    world.trade(ALPHA, BETA, 5_000, 100)
    world.close()
    assert world.alerts("concentration") == []
    world = Watched(concentration_least_t=100)
    world.trade(ALPHA, BETA, 5_000, 100)
    world.close()
    assert len(world.alerts("concentration")) == 2


def test_a_busted_trade_counts_for_no_volume():
    world = Watched()
    gone = world.trade(ALPHA, TRADER, 5_000, 400)
    world.trade(ALPHA, BETA, 5_000, 100)
    world.together(BustTrade(gone, "keyed in twice"), first="eve", second="ed")
    world.close()
    assert {alert.accounts[0] for alert in world.alerts("concentration")} == {ALPHA, BETA}


# Self-trades: Alpha and Gamma belong to one holder.


def test_accounts_of_one_holder_trade_with_each_other():
    world = Watched(lambda text: re.sub(r"self_trade = .*", 'self_trade = "allow"', text))
    world.trade(ALPHA, GAMMA, 5_000, 10)
    (alert,) = world.alerts("self_trade")
    assert alert.accounts == (ALPHA, GAMMA)
    assert not alert.provisional
    assert ALPHA not in alert.en + alert.zh


def test_other_holders_do_not_trade_with_themselves():
    world = Watched()
    world.trade(ALPHA, BETA, 5_000, 10)
    assert world.alerts("self_trade") == []


# Wash pairs: there and back within 10 minutes at prices 1 % apart.


@pytest.mark.parametrize(
    ("clock", "price", "found"),
    [
        ("10:10", 5_050, 1),
        ("10:10", 4_950, 1),
        ("10:11", 5_000, 0),  # too late
        ("10:05", 5_051, 0),  # too dear
    ],
)
def test_two_holders_trade_to_and_fro(clock, price, found):
    world = Watched()
    there = world.trade(ALPHA, BETA, 5_000, 100, "10:00")
    back = world.trade(BETA, ALPHA, price, 80, clock)
    alerts = world.alerts("wash_pair")
    assert len(alerts) == found
    if found:
        assert alerts[0].trades == (there, back)
        assert alerts[0].figures["there_t"] == 100


def test_the_same_way_twice_or_a_third_party_is_no_wash():
    world = Watched()
    world.trade(ALPHA, BETA, 5_000, 100, "10:00")
    world.trade(ALPHA, BETA, 5_000, 100)
    world.trade(BETA, TRADER, 5_000, 100)
    world.trade(TRADER, ALPHA, 5_000, 100)
    assert world.alerts("wash_pair") == []


def test_pieces_add_up_and_are_answered_once():
    world = Watched()
    there = world.trade(ALPHA, BETA, 5_000, 100, "10:00")
    first = world.trade(BETA, ALPHA, 5_000, 40)
    assert world.alerts("wash_pair") == []
    second = world.trade(BETA, ALPHA, 5_000, 40)  # 80 of 100: four fifths
    (alert,) = world.alerts("wash_pair")
    assert alert.trades == (there, first, second)
    assert (alert.figures["there_t"], alert.figures["back_t"]) == (100, 80)
    world.trade(BETA, ALPHA, 5_000, 20)
    assert len(world.alerts("wash_pair")) == 1


def test_much_less_or_much_more_back_is_no_wash():
    world = Watched()
    world.trade(ALPHA, BETA, 5_000, 100, "10:00")
    world.trade(BETA, ALPHA, 5_000, 79)
    world.trade(TRADER, BETA, 5_000, 100)
    world.trade(BETA, TRADER, 5_000, 126)
    assert world.alerts("wash_pair") == []


# Spoof-like cancels: Alpha bids for 1000 t, sells 50 t to whom that draws in, and cancels its bid.


def spoofed(quantity_t: int = 1_000, bid: int = 4_990, cancel: str = "10:04", sold: bool = True) -> Watched:
    world = Watched()
    world.at_ms = at("10:00")
    for n in range(5):
        world.order(BETA, "buy", 4_980 + n, 100, id=f"other{n}")
    world.order(ALPHA, "buy", bid, quantity_t, id="bait")
    world.order(ALPHA, "sell", 5_000, 50, id="catch")
    if sold:
        world.order(TRADER, "buy", 5_000, 50)
    world.at_ms = at(cancel)
    world.by(ALPHA, m.CancelOrder(ALPHA, "bait"))
    return world


def test_a_large_order_leaves_the_front_after_a_trade_on_the_other_side():
    world = spoofed()
    (alert,) = world.alerts("spoof_like_cancel")
    assert alert.figures == {"open_t": 1_000, "depth_t": 1_500, "traded_t": 50}
    assert (alert.accounts, alert.orders, alert.direction) == ((ALPHA,), ("bait",), "buy")
    assert "66.7%" in alert.en


@pytest.mark.parametrize(
    "near_miss",
    [
        {"quantity_t": 499},  # below half of the depth of 999 t
        {"bid": 4_979},  # the sixth best price
        {"cancel": "10:06"},  # later than five minutes
        {"sold": False},
    ],
)
def test_cancels_that_are_not_spoof_like(near_miss):
    assert spoofed(**near_miss).alerts("spoof_like_cancel") == []


def test_half_of_the_depth_is_enough():
    assert len(spoofed(quantity_t=500).alerts("spoof_like_cancel")) == 1


def test_an_order_placed_after_the_trade_or_smaller_than_it_is_no_bait():
    world = Watched()
    world.trade(ALPHA, TRADER, 5_000, 50, "10:00")
    world.order(ALPHA, "buy", 4_990, 1_000, id="later")
    world.by(ALPHA, m.CancelOrder(ALPHA, "later"))
    world.order(ALPHA, "buy", 4_990, 50, id="small")
    world.trade(ALPHA, TRADER, 5_000, 50)
    world.by(ALPHA, m.CancelOrder(ALPHA, "small"))
    assert world.alerts("spoof_like_cancel") == []


@pytest.mark.parametrize(("price", "open_t", "found"), [(4_900, 1_000, 1), (4_990, 10, 1), (4_995, 1_000, 0)])
def test_moving_an_order_away_or_shrinking_it_is_like_cancelling(price, open_t, found):
    world = Watched()
    world.at_ms = at("10:00")
    world.order(ALPHA, "buy", 4_990, 1_000, id="bait")
    world.trade(ALPHA, TRADER, 5_000, 50)
    world.by(ALPHA, m.ReplaceOrder(ALPHA, "bait", price, open_t))
    assert len(world.alerts("spoof_like_cancel")) == found


# Cancel ratio.


@pytest.mark.parametrize(("placed", "cancelled", "found"), [(20, 18, 1), (20, 17, 0), (19, 19, 0)])
def test_ninety_per_cent_of_twenty_orders_cancelled(placed, cancelled, found):
    world = Watched()
    for n in range(placed):
        world.order(BETA, "buy", 4_900 - n, 10, id=f"o{n}")
    for n in range(cancelled):
        world.by(BETA, m.CancelOrder(BETA, f"o{n}"))
    world.close()  # what expires was not cancelled by its owner
    assert len(world.alerts("cancel_ratio")) == found


def test_orders_cancelled_by_a_halt_are_not_the_members_doing():
    world = Watched()
    for n in range(20):
        world.order(BETA, "buy", 4_900 - n, 10)
    world.do("eve", m.Halt(BETA, "drill", cancel=True))
    world.close()
    assert world.alerts("cancel_ratio") == []


# Marking the close: 2 % in the last five minutes before 15:30.


@pytest.mark.parametrize(
    ("clock", "price", "pusher"),
    [("15:26", 5_100, TRADER), ("15:25", 4_900, BETA), ("15:26", 5_099, ""), ("15:24", 5_100, "")],
)
def test_a_price_moved_in_the_last_minutes(clock, price, pusher):
    world = Watched()
    world.trade(ALPHA, BETA, 5_000, 100, "10:00")
    world.trade(BETA, TRADER, price, 10, clock)
    world.close()
    found = world.alerts("marking_close")
    assert [alert.accounts for alert in found] == ([(pusher,)] if pusher else [])


# Runs of closes at the limit: 5000 → 5500 → 6050 → 6655.


def run(prices: list[int]) -> Watched:
    world = Watched()
    days = [date(2023, 1, 3), date(2023, 1, 4), date(2023, 1, 6), date(2023, 1, 9)]
    for on, price in zip(days, prices, strict=False):
        if on != DAY:
            world.open(on=on)
        if price:
            world.order(ALPHA, "sell", price, 10)
            world.order(BETA, "buy", price, 10)
        world.close(on)
    return world


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ([5_500, 6_050, 6_655], [3]),
        ([5_500, 6_050, 6_655, 7_321], [3, 4]),
        ([4_500, 4_050, 3_645], [3]),
        ([5_500, 6_050, 6_654], []),
        ([5_500, 6_050, 5_445, 5_990], []),  # down in between
        ([5_500, 6_050, 0, 6_655], []),  # a day without a trade
    ],
)
def test_closes_at_the_limit(prices, found):
    world = run(prices)
    assert [alert.figures["days"] for alert in world.alerts("limit_run")] == found


# Large orders and cash.


@pytest.mark.parametrize(("quantity_t", "found"), [(1_000, 1), (999, 0)])
def test_large_orders(quantity_t, found):
    world = Watched(large_order_t=1_000)
    world.order(BETA, "buy", 4_900, quantity_t, id="o")
    assert len(world.alerts("large_order")) == found
    world.by(BETA, m.ReplaceOrder(BETA, "o", 4_900, 500))
    world.by(BETA, m.ReplaceOrder(BETA, "o", 4_900, 1_000))
    assert len(world.alerts("large_order")) == found + 1
    assert world.alerts("large_order")[-1].en == (
        "An order to buy 1,000 t of TLA at 49.00 was entered (threshold 1,000 t)."
    )


@pytest.mark.parametrize(
    ("funds", "out", "next_day", "found"),
    [
        (50_000, 50_000, False, 1),
        (50_000, 49_999, False, 0),
        (0, 60_000, False, 0),
        (50_000, 50_000, True, 0),
    ],
)
def test_cash_in_and_out_on_a_day(funds, out, next_day, found):
    world = Watched(funds_fen=funds)
    world.do("eve", DepositCash(BETA, 60_000))
    if next_day:
        world.at_ms = at("10:00", WED)
    world.by(BETA, WithdrawCash(BETA, out))
    world.by(BETA, WithdrawCash(BETA, 1))
    assert len(world.alerts("abnormal_funds")) == (found or (out == 49_999))


# Honest days.


def honest_day(seed: int) -> Watched:
    """Three unrelated firms place, replace and cancel small orders around 50.00 all day."""
    rng = Random(seed)
    world = Watched(concentration_least_t=10**6)
    minutes = sorted(rng.choices([*range(570, 690), *range(810, 930)], k=120))
    for n, minute in enumerate(minutes):
        world.at_ms = at(f"{minute // 60:02}:{minute % 60:02}")
        account, side = rng.choice((ALPHA, BETA, TRADER)), rng.choice(("buy", "sell"))
        price = 5_000 + rng.randrange(-12, 13) * 5
        try:
            if rng.random() < 0.15 and (mine := list(world.exchange.state.orders.values())):
                order = rng.choice(mine)
                world.by(order.account, m.CancelOrder(order.account, order.id))
            else:
                world.order(account, side, price, rng.randrange(1, 6) * 10, id=f"h{n}")
        except Refused:
            continue
    world.close()
    return world


def test_honest_days_raise_few_alerts():
    """Of some 300 trades, a few look odd by chance: three firms alone meet each other again and again.

    Concentration is switched off: among three, everybody has more than 30 per cent.
    """
    days = [honest_day(seed) for seed in range(10)]
    counts = sum((day.codes() for day in days), start=Counter())
    closes = [close for day in days for _, close in day.exchange.state.closes["TLA"]]
    assert sum(close.trades for close in closes) > 250
    assert set(counts) <= {"wash_pair", "spoof_like_cancel"}, counts
    assert counts["wash_pair"] <= 10
    assert counts["spoof_like_cancel"] <= 2


# Notices.


def test_a_notice_is_drawn_from_alerts_without_naming_anybody():
    world = Watched()
    world.trade(ALPHA, BETA, 4_800, 10)
    world.trade(ALPHA, BETA, 5_200, 10)
    world.close()
    assert world.watch is not None
    for lang in ("en", "zh"):
        draft = draft_announcement(world.watch.alerts, ["large_move"], lang, "TLA")
        assert draft is not None
        assert (draft.product, draft.left_out) == ("TLA", 0)
        assert "48.00" in draft.text
        assert not any(account in draft.text for account in (ALPHA, BETA))
        world.do("eve", m.PublishAnnouncement(draft.title, draft.text, draft.product, warning=True))
    assert draft_announcement(world.watch.alerts, ["large_order"], "en") is None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_notice_of_many_alerts_stays_publishable(lang):
    world = Watched(large_order_t=10)
    for n in range(60):
        world.order(BETA, "buy", 4_900 - n, 10)
    assert world.watch is not None
    draft = draft_announcement(world.watch.alerts, ["large_order"], lang)
    assert draft is not None
    assert 0 < draft.left_out < 60
    assert str(draft.left_out) in draft.text
    assert len(draft.text) <= 1_000
    world.do("eve", m.PublishAnnouncement(draft.title, draft.text, draft.product, warning=True))


def test_every_kind_says_something_in_both_languages():
    assert len(KINDS) == 10
    for kind in KINDS.values():
        assert kind.en
        assert kind.zh
