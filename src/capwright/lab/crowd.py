"""The crowd: who comes to the market when, over a day and towards a deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Final

from capwright.exchange.messages import ConfirmDeal, DealProposed, ModeDay, ProposeDeal
from capwright.exchange.prices import fee_fen
from capwright.kernel.message import Command, Outcome
from capwright.lab.opinion import DayMood
from capwright.lab.participant import Participant, Send
from capwright.lab.sight import Sight
from capwright.ledger.messages import TradeSettled

__all__ = ["SLOTS", "Crowd"]

SLOTS: Final = 12  # a day's turns, six in the morning and six in the afternoon
_BLOCK_SHARE: Final = 0.5  # of all wishes, kept for large lots until one comes together
_MOST_WAITING: Final = 2  # smallest lots that wait at most; what is beyond goes to the book
_MOST_VISITS: Final = 60  # in a turn, and of each participant:
_MOST_OF_ONE: Final = 3
_LAST_DAYS: Final = 4  # before its last day a buyer comes every day, until it has what it needs
_FLOOR_T: Final = 2_500  # when more was traded than anybody wished the market is quiet, not dead
_BLOCK_NOISE: Final = 0.09  # standard deviation of a large lot's price around the month's, a share of it
_HURRY_NOISE: Final = 0.015  # what is asked of somebody in a hurry, above the value
_BLOCK_MODES: Final = ("negotiated", "block")
# How often a participant comes: an investor; a buyer early and late, and a seller, by what it has to do.
_INVESTOR, _EARLY, _LATE, _SPARE = 6.0, 0.03, 4.0, 0.6


class Crowd:
    """Participants of one product. All chance comes from the seed and the day."""

    def __init__(
        self, participants: Sequence[Participant], mood: Mapping[date, DayMood], product: str, seed: str
    ) -> None:
        self.participants = list(participants)
        self._by_account = {one.account: one for one in participants}
        self.product = product
        self._mood = mood
        self._seed = seed
        self._wish_t = 0  # what wants to be traded in the book today
        self._blocks_t = 0  # what was agreed in large lots today
        self._ahead_t = 0  # traded in the book beyond all wishes so far; later days make up for it
        self._lots_t = 0  # what wants to be traded in large lots and was not yet

    def turn(self, sight: Sight, day: date, slot: int, send: Send) -> None:
        """One turn of a day: participants come until as much is traded as the day's mood says by now."""
        mood = self._mood.get(day)
        if mood is None or sight.product is None:
            return
        send = self._counting(send)
        draw = Random(f"{self._seed}/{day}/{slot}")
        here = [one for one in self.participants if one.open_on(day)]
        if slot == 0:
            self._begin(sight, mood, day, here, draw, send)
        due_t = max(self._wish_t - self._ahead_t, min(self._wish_t, _FLOOR_T)) * (slot + 1) // SLOTS
        traded_t = sight.traded_t() - self._blocks_t
        weights = [self._weight(one, day) for one in here]
        for _ in range(min(_MOST_VISITS, _MOST_OF_ONE * len(here))):
            if traded_t >= due_t:
                break
            one = draw.choices(here, weights)[0]
            view = sight.of(one.account)
            traded_t += one.act(view, mood, day, draw, send, most_t=due_t - traded_t)
        self._pressed(sight, mood, day, slot, draw, send)
        if slot == SLOTS - 1:
            self._ahead_t += sight.traded_t() - self._blocks_t - self._wish_t

    def _begin(
        self, sight: Sight, mood: DayMood, day: date, here: Sequence[Participant], draw: Random, send: Send
    ) -> None:
        """Share the day's wishes between book and large lots, and agree the lots that come together."""
        mode = next((found for name in _BLOCK_MODES if (found := sight.mode(name))), None)
        self._blocks_t, self._wish_t = 0, mood.volume_t
        if mode is None:
            return
        lots_t = int(mood.volume_t * _BLOCK_SHARE)
        self._lots_t += lots_t
        met_t = max(min(self._ahead_t, self._lots_t), 0)  # those who could not wait for a large lot
        self._lots_t, self._ahead_t = self._lots_t - met_t, self._ahead_t - met_t
        self._agree_blocks(sight, mode, mood, day, here, draw, send)
        beyond_t = max(self._lots_t - _MOST_WAITING * mode.least_t, 0)
        self._lots_t -= beyond_t
        self._wish_t += beyond_t - lots_t

    def _counting(self, send: Send) -> Send:
        """Tell both sides of every trade, the one whose listing was picked too."""

        def counted(command: Command, person: str) -> Outcome:
            outcome = send(command, person)
            for event in outcome.events:
                if isinstance(event, TradeSettled):
                    for account in (event.buyer, event.seller):
                        if account in self._by_account:
                            self._by_account[account].traded(event.quantity_t)
            return outcome

        return counted

    def _weight(self, one: Participant, day: date) -> float:
        """How likely a participant is to come: investors often, firms with what they have to do."""
        if not one.is_firm:
            return _INVESTOR
        need: float = (one.left_t / 1_000) ** 0.5
        return need * (_EARLY + _LATE * one.urgency(day)) if one.style == "buyer" else _SPARE * need

    # Large lots are agreed between two.

    def _agree_blocks(
        self,
        sight: Sight,
        mode: ModeDay,
        mood: DayMood,
        day: date,
        here: Sequence[Participant],
        draw: Random,
        send: Send,
    ) -> None:
        """Agree lots as long as enough wants to be traded that way; what is left waits for another day."""
        while self._lots_t >= mode.least_t:
            buyers = [
                one
                for one in here
                if one.style == "buyer"
                and one.left_t >= mode.least_t
                and draw.random() < _EARLY + one.urgency(day)
            ]
            able = buyers or [one for one in here if one.style == "investor"]
            if not able:
                return
            buyer = draw.choice(able)
            most_t = min(self._lots_t, 2 * mode.least_t)
            want_t = draw.randrange(mode.least_t, most_t + 1, max(mode.least_t // 100, 1))
            want_t = min(want_t, buyer.left_t) if buyer.is_firm else want_t
            if not self._agree(sight, mode, mood, buyer, want_t, here, draw, send):
                return
            self._blocks_t += want_t
            self._lots_t -= want_t

    def _agree(
        self,
        sight: Sight,
        mode: ModeDay,
        mood: DayMood,
        buyer: Participant,
        want_t: int,
        here: Sequence[Participant],
        draw: Random,
        send: Send,
    ) -> bool:
        """Ask round who would sell the lot; the buyer offers it to one of them, who confirms."""
        price = round(mood.block_fen_per_t * (1 + draw.gauss(0, _BLOCK_NOISE)))
        if mode.upper_fen_per_t:
            price = max(mode.lower_fen_per_t, min(mode.upper_fen_per_t, price))
        cost_fen = want_t * price
        if sight.of(buyer.account).cash_fen() < cost_fen + fee_fen(cost_fen, mode.buyer_fee_ppm):
            return False
        answers = [
            (one, one.sellable_t(sight.of(one.account)))
            for one in here
            if one.style in ("seller", "investor") and one.account != buyer.account
        ]
        sellers = [(one, spare_t) for one, spare_t in answers if spare_t >= want_t]
        if not sellers:
            return False
        seller = draw.choices([one for one, _ in sellers], [spare_t for _, spare_t in sellers])[0]
        kind = "block" if mode.mode == "block" else "negotiated"
        offer = ProposeDeal(buyer.account, seller.account, self.product, "buy", price, want_t, kind)  # type: ignore[arg-type]
        made = send(offer, buyer.person)
        proposed = next((event for event in made.events if isinstance(event, DealProposed)), None)
        if proposed is None:
            return False
        return send(ConfirmDeal(seller.account, proposed.deal_id), seller.person).ok

    # Whoever must have allowances by tomorrow takes what there is.

    def _pressed(self, sight: Sight, mood: DayMood, day: date, slot: int, draw: Random, send: Send) -> None:
        """Buyers near their last day go for every offer inside the band; others offer against them."""
        mode = sight.book_mode()
        if slot % 3 != 2 or mode is None:  # noqa: PLR2004 - at the end of every quarter of the day
            return
        pressed = [
            one
            for one in self.participants
            if one.style == "buyer" and one.open_on(day) and (one.until - day).days <= _LAST_DAYS
        ]
        for one in pressed:
            view = sight.of(one.account)
            for _ in range(_MOST_VISITS):
                if one.left_t <= 0:
                    break
                before_t = one.left_t
                limit = mode.upper_fen_per_t or mood.value_fen_per_t * 2
                if sight.first("sell") is None:
                    self._offer(sight, mode, mood, one.left_t, draw, send)
                one.buy(view, limit, one.left_t, send)
                if one.left_t == before_t:
                    break

    def _offer(
        self, sight: Sight, mode: ModeDay, mood: DayMood, wanted_t: int, draw: Random, send: Send
    ) -> None:
        """Somebody who can spare allowances makes an offer to those in a hurry, within the band."""
        able = [
            (one, view, spare_t)
            for one in self.participants
            if one.style != "buyer" and (spare_t := one.sellable_t(view := sight.of(one.account))) > 0
        ]
        if not able:
            return
        seller, view, spare_t = draw.choices(able, [spare_t for _, _, spare_t in able])[0]
        ask = round(mood.value_fen_per_t * (1 + abs(draw.gauss(0, _HURRY_NOISE))))
        ask = min(ask, mode.upper_fen_per_t or ask)
        seller.sell(view, ask, min(wanted_t, spare_t), send)
