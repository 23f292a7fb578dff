"""The rules of one trading day, worked out from the dated rules of the scheme."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta

from capwright.exchange.messages import ModeDay, ProductDay
from capwright.exchange.prices import band_limits, permille_ppm
from capwright.scheme.calendar import exchange_calendar
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ExchangeRules, FeeRule, MemberRule, ModeRule, Product
from capwright.scheme.schema import CalendarRules

__all__ = [
    "is_clearing_day",
    "is_trading_day",
    "member_rule",
    "next_trading_day",
    "product_days",
    "windows",
]

Clock = Callable[[date, time], int]
_BOOKS = ("click", "continuous", "call")


def is_trading_day(rules: ExchangeRules, calendar: CalendarRules, on: date) -> bool:
    """Whether the exchange opens: a day of its calendar with sessions, and not one of outage."""
    return exchange_calendar(calendar).is_working_day(on) and bool(_hours(rules, on))


def is_clearing_day(rules: ExchangeRules, calendar: CalendarRules, on: date) -> bool:
    """Whether trades are cleared: a trading day, but no extra weekend session where those are deferred."""
    deferred = rules.settlement.defer_weekends and on in calendar.extra_sessions
    return exchange_calendar(calendar).is_working_day(on) and not deferred


def next_trading_day(rules: ExchangeRules, calendar: CalendarRules, after: date) -> date:
    """The first trading day after a day; sought for a year."""
    for n in range(1, 367):
        day = after + timedelta(days=n)
        if is_trading_day(rules, calendar, day):
            return day
    raise AssertionError(f"no trading day within a year of {after}")


def windows(rules: ExchangeRules, on: date, ms: Clock) -> tuple[tuple[int, int], ...]:
    """The sessions of a day as times."""
    return _windows(_hours(rules, on), on, ms)


def _hours(rules: ExchangeRules, on: date) -> tuple[str, ...]:
    for outage in rules.outages:
        if outage.on == on:
            return outage.hours
    return next((session.hours for session in valid_on(rules.sessions, on)), ())


def _windows(hours: Iterable[str], on: date, ms: Clock) -> tuple[tuple[int, int], ...]:
    pairs = (text.split("-") for text in hours)
    return tuple((ms(on, time.fromisoformat(a)), ms(on, time.fromisoformat(b))) for a, b in pairs)


def product_days(
    rules: ExchangeRules,
    registry_kinds: frozenset[str],
    on: date,
    references: Mapping[str, int],
    first_days: Mapping[str, date],
    ms: Clock,
) -> tuple[ProductDay, ...]:
    """The products traded on a day, with opening prices, limits, sizes, hours and fees worked out.

    A product without any reference price opens at 0 and has no band until a closing price, or a re-set, gives
    it one (default: the rules do not speak of it).
    """
    listed = [
        product
        for product in rules.products
        if product.listed_on <= on
        and (product.delisted_on is None or on < product.delisted_on)
        and registry_kinds.issuperset(product.unit_kinds)
    ]
    openings = {product.code: _own_opening(product, references) for product in listed}
    # Only now: the other product may come later in the scheme, and be new as well.
    other = {product.code: openings.get(product.first_opening_of, 0) for product in listed}
    openings = {code: opening or other[code] for code, opening in openings.items()}
    return tuple(
        _product_day(rules, product, on, openings[product.code], first_days.get(product.code, on), ms)
        for product in listed
    )


def _own_opening(product: Product, references: Mapping[str, int]) -> int:
    return references.get(product.code) or product.first_opening_fen_per_t or 0


def _product_day(
    rules: ExchangeRules, product: Product, on: date, opening: int, first_day: date, ms: Clock
) -> ProductDay:
    modes: dict[str, ModeDay] = {}
    book = ""
    for rule in valid_on(rules.modes, on):
        if rule.mode in modes or (rule.products and product.code not in rule.products):
            continue
        if rule.matching in _BOOKS:
            if book:
                continue
            book = rule.mode
        modes[rule.mode] = _mode_day(rules, product, rule, on, opening, first_day, ms)
    return ProductDay(
        code=product.code,
        unit_kinds=product.unit_kinds,
        lot_t=product.lot_t,
        tick_fen=product.tick_fen,
        opening_fen_per_t=opening,
        book=book,
        modes=modes,
    )


def _mode_day(
    rules: ExchangeRules, product: Product, rule: ModeRule, on: date, opening: int, first_day: date, ms: Clock
) -> ModeDay:
    first_band = product.first_day_band if on == first_day else None
    lower, upper = band_limits(opening, first_band if first_band is not None else rule.band, product.tick_fen)
    fee = _fee(rules, product.code, rule.mode, on, first_transfer=False)
    own = _fee(rules, product.code, rule.mode, on, first_transfer=True)
    day = _windows(_hours(rules, on), on, ms)
    return ModeDay(
        mode=rule.mode,
        matching=rule.matching,
        pick=rule.pick,
        crossing=rule.crossing,
        lower_fen_per_t=lower,
        upper_fen_per_t=upper,
        least_t=rule.least_t,
        most_t=rule.most_t,
        windows_ms=_overlap(_windows(rule.hours, on, ms), day) if rule.hours else day,
        buyer_fee_ppm=permille_ppm(fee.buyer_permille) if fee else 0,
        seller_fee_ppm=permille_ppm(fee.seller_permille) if fee else 0,
        first_transfer_seller_fee_ppm=permille_ppm(own.seller_permille) if own else None,
    )


def _overlap(
    mode: tuple[tuple[int, int], ...], day: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """A mode's hours inside the day's: an outage takes from both."""
    found = ((max(a, c), min(b, d)) for a, b in mode for c, d in day)
    return tuple((begin, end) for begin, end in found if begin < end)


def _fee(rules: ExchangeRules, product: str, mode: str, on: date, *, first_transfer: bool) -> FeeRule | None:
    for rule in valid_on(rules.fees, on):
        fits = (not rule.products or product in rule.products) and (not rule.modes or mode in rule.modes)
        if fits and rule.first_transfer is first_transfer:
            return rule
    return None


def member_rule(rules: ExchangeRules, on: date, account_type: str, admitted_kind: str) -> MemberRule | None:
    """What an account may do: as the kind it was admitted for, else as its type's automatic kind."""
    for rule in valid_on(rules.members, on):
        if account_type in rule.account_types and (
            rule.kind == admitted_kind if admitted_kind else not rule.by_admission
        ):
            return rule
    return None
