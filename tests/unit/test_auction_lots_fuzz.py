"""Hostile commands about entrusted lots: events or a refusal, the laws hold, the events rebuild the state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from capwright.auction import messages as m
from capwright.kernel.message import Command
from tests.auction_lots import DAY, SALE, Lots
from tests.command_fuzz import Attack, Fuzzer
from tests.exchange_worlds import at
from tests.worlds import BETA

AMONG = (
    *[m.PlaceBid] * 8, *[m.EntrustAuction, m.AnnounceEntrusted, m.DeclareDefault] * 3,
    *[m.ClearAuction, m.SettleAuction] * 2, m.WithdrawEntrusted, m.WithdrawBid, m.CancelAuction,
    m.AnnounceAuction,
)  # fmt: skip
PRICES = (4600, 4999, 5000, 5001, 5200, 5400)


class LotFuzzer(Fuzzer):
    """Draws commands about lots; time goes on from event to event of their lives."""

    def command(self, among: tuple[type[Command], ...] = AMONG) -> Command:
        return super().command(among)

    def _lots(self):
        return self.market.rooms["auction"].state.lots

    def _auction_ids(self) -> list[str]:
        alive = [lot.id for lot in self._lots().values() if lot.status != "cancelled"]
        return [*alive, *alive, *super()._auction_ids()[:1], "e:nothing"]

    def _make_pools(self):
        pools = super()._make_pools()
        pools["kind"] = lambda: ["TLA", "TLA", "TLA", "TLC"]
        pools["series"] = lambda: ["", "", "TLA-2022", "TLA-2023", "TLC-2023"]
        pools["mode"] = lambda: ["entrusted_auction", "entrusted_auction", "one_way_auction"]
        pools["floor_fen_per_t"] = pools["price_fen_per_t"] = lambda: list(PRICES)
        pools["quantity_t"] = lambda: [10, 500, 1000, 1000, 1000, 5001]
        pools["account"] = lambda: [self.focus, self.focus, *self._owing()]
        pools["bid_id"] = lambda: [bid for lot in self._lots().values() for bid in lot.bids]
        pools["opens_ms"] = lambda: [self._clock("09:30"), self._clock("09:30"), self._clock("12:00")]
        pools["closes_ms"] = lambda: [self._clock("11:30"), self._clock("15:30"), self._clock("16:00")]
        return pools

    def _owing(self) -> list[str]:
        return [account for lot in self._lots().values() for account in lot.due]

    def _clock(self, clock: str) -> int:
        """A time of the tenth day from now, or of today."""
        today = datetime.fromtimestamp(min(self.now_ms, at("00:00", DAY) * 2) / 1000, UTC).date()
        return at(clock, today + timedelta(days=self.rng.choice((0, 9, 10))))


class LotAttack(Attack):
    """Goes from one event of the lots to the next."""

    def __init__(self, seed: int) -> None:
        snapshot, at_ms = start()
        super().__init__(snapshot, at_ms, Random(seed), [])
        self.fuzzer = LotFuzzer(self.market, self.rng, [])
        self.market.rooms["auction"].hooks.opening = lambda _kind: 5000

    def wait(self) -> None:
        lots = self.market.rooms["auction"].state.lots.values()
        ahead = [ms for lot in lots for ms in (lot.opens_ms, lot.closes_ms, lot.pay_by_ms) if ms > self.at_ms]
        if ahead and self.rng.random() < 0.03:
            self.at_ms = min(ahead)
        self.fuzzer.now_ms = self.at_ms


@cache
def start() -> tuple[bytes, int]:
    world = Lots(cash=3_000_000)  # 30,000.00: enough for 500 t, and for no more than a deposit on 1,000 t
    world.entrust(1000)
    world.announce("09:30", "15:30")
    world.by(BETA, m.EntrustAuction(BETA, "TLA", 1000, 5000, whole_lot=True), "whole")
    world.do("eve", m.AnnounceEntrusted("e:whole", at("09:30", SALE), at("15:30", SALE)))
    world.at_ms = at("10:00", SALE)
    return world.market.snapshot(), world.at_ms


@given(st.integers(0, 2**32))
def test_commands_about_lots_are_carried_out_or_refused(seed):
    LotAttack(seed).run(60)


def test_the_fuzzer_reaches_every_stage_of_a_lot():
    """Were every command refused at the door, the test above would say nothing."""
    answers = sum((LotAttack(seed).run(150) for seed in range(1, 12)), start=LotAttack(0).run(150))
    done = {answer.split()[0] for answer in answers if answer.endswith(" done")}
    # Nothing to sell in the auction account, and bids on lots are irrevocable.
    assert {kind.__name__ for kind in AMONG} - done <= {
        "AnnounceAuction",
        "WithdrawBid",
    }
    assert len({answer.split()[1] for answer in answers}) > 15
