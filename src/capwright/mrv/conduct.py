"""What verifiers are worth: yearly ratings, yellow and red cards (黄牌、红牌)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.kernel.unit import EXACT, total
from capwright.ledger.room import Request
from capwright.mrv.desk import Desk
from capwright.mrv.oversight_messages import (
    CardColour,
    CardGiven,
    GiveCard,
    Grade,
    Points,
    RateVerifier,
    VerifierRated,
)
from capwright.mrv.state import Card, Rating, Verifier
from capwright.mrv.verifiers import years_later
from capwright.scheme.mrv_rules import RatingRules

__all__ = ["Conduct", "grade_of", "score_of"]

BAD_POINTS = define(
    "CW-5465",
    en="{value} are no points for {what}: 0 to 100 with at most four decimals are.",
    zh="{what}得分{value}无效，应为0至100，至多四位小数。",
    rule="scheme: mrv.rating",
)
RATED = define(
    "CW-5466",
    en="{verifier} is rated for {year} already.",
    zh="{verifier}的{year}年度评级已经作出。",
    rule="scheme: mrv.rating",
)
NO_RATING = define(
    "CW-5467",
    en="The scheme of {year} has no rating of verifiers.",
    zh="{year}年度方案没有核查机构评级规则。",
    mend_en="Add [mrv.rating] to the scheme.",
    mend_zh="请在方案中补充 [mrv.rating]。",
    rule="scheme: mrv.rating",
)

_MOST_POINTS: Final = 100
_FINEST: Final = -4


def score_of(rules: RatingRules, points: Points) -> Decimal:
    """The weighted mean of the points, exact."""
    return total(
        EXACT.multiply(share, value)
        for share, value in (
            (rules.report_quality_share, points.report_quality),
            (rules.conformity_share, points.conformity),
            (rules.timeliness_share, points.timeliness),
            (rules.conduct_share, points.conduct),
        )
    )


def grade_of(rules: RatingRules, score: Decimal) -> Grade:
    """The class of a score."""
    if score >= rules.excellent_from:
        return "excellent"
    if score >= rules.good_from:
        return "good"
    return "pass" if score >= rules.pass_from else "fail"


class Conduct:
    """Handlers and appliers of ratings and cards."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def rate(self, request: Request, command: RateVerifier) -> list[Event]:
        """Rate a verifier for a year; a failure brings the card that the scheme has for it."""
        desk = self._desk
        rules = desk.rules(command.year).rating
        verifier = desk.verifier(command.verifier)
        if rules is None:
            refuse(NO_RATING, year=command.year)
        if command.year in verifier.ratings:
            refuse(RATED, verifier=command.verifier, year=command.year)
        for name in Points.__struct_fields__:
            _check_points(name, getattr(command.points, name))
        score = score_of(rules, command.points)
        grade = grade_of(rules, score)
        events: list[Event] = [
            VerifierRated(
                verifier=command.verifier,
                year=command.year,
                points=command.points,
                score=score,
                grade=grade,
                text=command.text,
            )
        ]
        if grade == "fail":
            fails = 1 + sum(one.grade == "fail" for one in verifier.ratings.values())
            red = rules.fails_for_red is not None and fails >= rules.fails_for_red
            colour = "red" if red else rules.fail_card
            reason = f"rated fail for {command.year} 评级不合格"
            events += self.cards(verifier, colour, reason, desk.day(request.at_ms))
        return events

    def give(self, request: Request, command: GiveCard) -> list[Event]:
        """Give a card."""
        check_text("reason", command.reason, MAX_REASON)
        verifier = self._desk.verifier(command.verifier)
        return self.cards(verifier, command.colour, command.reason, self._desk.day(request.at_ms))

    def cards(self, verifier: Verifier, colour: str, reason: str, on: date) -> list[Event]:
        """The card, and the red one that a full count of yellow ones makes."""
        if colour == "none":
            return []
        rules = self._desk.rules_now().verifiers
        until = None if rules.red_card_years is None else years_later(on, rules.red_card_years)
        name = verifier.record.id

        def card(colour: CardColour, reason: str) -> CardGiven:
            last = until if colour == "red" else None
            return CardGiven(verifier=name, colour=colour, reason=reason, on=on, until=last)

        if colour == "red":
            return [card("red", reason)]
        events: list[Event] = [card("yellow", reason)]
        most = rules.yellow_cards_for_red
        if most is not None and verifier.yellow_left + 1 >= most:
            events.append(card("red", f"{most} yellow cards 累计{most}张黄牌"))
        return events

    # Appliers.

    def rated(self, event: VerifierRated, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.state.verifiers[event.verifier].ratings[event.year] = Rating(event.score, event.grade)

    def given(self, event: CardGiven, _at_ms: int) -> None:
        """Fold the event."""
        verifier = self._desk.state.verifiers[event.verifier]
        verifier.cards.append(Card(event.colour, event.on, event.until))
        verifier.yellow_left = 0 if event.colour == "red" else verifier.yellow_left + 1


def _check_points(what: str, value: Decimal) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _FINEST or not 0 <= value <= _MOST_POINTS:
        refuse(BAD_POINTS, what=what, value=str(value)[:40])
