"""What no trading day can be made from: hours, dates, names and bands of the exchange section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Final

from capwright.scheme.exchange_rules import ExchangeRules, ModeRule
from capwright.scheme.schema import SchemeBody

__all__ = ["exchange_faults"]

# Path, value, what is expected.
Fault = tuple[str, str, str]

_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN: Final = re.compile(f"{_CLOCK}-{_CLOCK}")
_TIME: Final = re.compile(_CLOCK)
_BOOKS: Final = ("click", "continuous", "call")
_MOST_PERMILLE: Final = 500
_MOST_DAYS: Final = 30


def exchange_faults(body: SchemeBody) -> Iterator[Fault]:
    """Every fault of the section; every value is within its own bounds already."""
    rules = body.exchange
    if rules is None:
        return
    yield from _hours(rules)
    yield from _dates(rules)
    yield from _names(rules)
    yield from _account_types(rules, body)
    yield from _figures(rules)
    yield from _rates(rules)
    yield from _books(rules)


def _hours(rules: ExchangeRules) -> Iterator[Fault]:
    listed = [(f"exchange.sessions.{s.code}.hours", s.hours) for s in rules.sessions]
    listed += [(f"exchange.outages.{o.code}.hours", o.hours) for o in rules.outages]
    listed += [(f"exchange.modes.{m.code}.hours", m.hours) for m in rules.modes]
    for path, hours in listed:
        spans = [text.split("-") for text in hours if _SPAN.fullmatch(text)]
        sound = len(spans) == len(hours) and all(begin < end for begin, end in spans)
        if not sound or any(before[1] > after[0] for before, after in pairwise(spans)):
            yield path, ", ".join(hours)[:60], "HH:MM-HH:MM, one after the other"
    for closing in rules.closings:
        begin, end = closing.skip_from, closing.skip_until
        if (begin or end) and not (_TIME.fullmatch(begin) and _TIME.fullmatch(end) and begin < end):
            yield f"exchange.closings.{closing.code}.skip_until", f"{begin}-{end}"[:60], "HH:MM < HH:MM"
    for name in ("cash_in_from", "cash_in_until", "cash_out_from", "cash_out_until", "clear_from"):
        text = getattr(rules.settlement, name)
        if text and not _TIME.fullmatch(text):
            yield f"exchange.settlement.{name}", text[:60], "HH:MM"


def _dates(rules: ExchangeRules) -> Iterator[Fault]:
    for name in ("sessions", "modes", "closings", "fees", "members"):
        for rule in getattr(rules, name):
            if rule.until is not None and rule.until < rule.since:
                yield f"exchange.{name}.{rule.code}.until", str(rule.until), f"≥ {rule.since}"
    for product in rules.products:
        if product.delisted_on is not None and product.delisted_on <= product.listed_on:
            yield f"exchange.products.{product.code}.delisted_on", str(product.delisted_on), "> listed_on"


def _names(rules: ExchangeRules) -> Iterator[Fault]:
    """Names that lead nowhere."""
    products = {product.code for product in rules.products}
    known = ", ".join(sorted(products))
    for product in rules.products:
        if product.first_opening_of and product.first_opening_of not in products:
            yield f"exchange.products.{product.code}.first_opening_of", product.first_opening_of[:60], known
        if not product.unit_kinds:
            yield f"exchange.products.{product.code}.unit_kinds", "[]", "≥ 1"
    named = [(f"exchange.modes.{m.code}.products", m.products) for m in rules.modes]
    named += [(f"exchange.fees.{f.code}.products", f.products) for f in rules.fees]
    named += [(f"exchange.members.{m.code}.buys", m.buys) for m in rules.members]
    named += [(f"exchange.members.{m.code}.sells", m.sells) for m in rules.members]
    for path, codes in named:
        for code in codes:
            if code not in products:
                yield path, code[:60], known


def _account_types(rules: ExchangeRules, body: SchemeBody) -> Iterator[Fault]:
    """Account types that the registry does not have, and fees without an account to go to."""
    if body.registry is None:
        return
    types = {account.code for account in body.registry.account_types}
    known = ", ".join(sorted(types))
    for member in rules.members:
        for code in member.account_types:
            if code not in types:
                yield f"exchange.members.{member.code}.account_types", code[:60], known
    if rules.settlement.fee_account_type not in {"", *types}:
        yield "exchange.settlement.fee_account_type", rules.settlement.fee_account_type[:60], known
    charged = any(fee.buyer_permille or fee.seller_permille for fee in rules.fees)
    if charged and not rules.settlement.fee_account_type:
        yield "exchange.settlement.fee_account_type", '""', known


def _figures(rules: ExchangeRules) -> Iterator[Fault]:
    for mode in rules.modes:
        if mode.band is not None and not 0 < mode.band < 1:
            yield f"exchange.modes.{mode.code}.band", str(mode.band), "0 < x < 1"
        if mode.least_t < 1 or (mode.most_t is not None and mode.most_t < mode.least_t):
            yield f"exchange.modes.{mode.code}.most_t", str(mode.most_t), "≥ least_t ≥ 1"
    for product in rules.products:
        band, first = product.first_day_band, product.first_opening_fen_per_t
        if band is not None and not 0 < band < 1:
            yield f"exchange.products.{product.code}.first_day_band", str(band), "0 < x < 1"
        if first is not None and (first <= 0 or first % product.tick_fen):
            yield f"exchange.products.{product.code}.first_opening_fen_per_t", str(first), "n × tick_fen"


def _rates(rules: ExchangeRules) -> Iterator[Fault]:
    for fee in rules.fees:
        for name in ("buyer_permille", "seller_permille"):
            rate = getattr(fee, name)
            if not 0 <= rate <= _MOST_PERMILLE or (rate * 1000) % 1:
                yield f"exchange.fees.{fee.code}.{name}", str(rate), f"0 … {_MOST_PERMILLE}, three decimals"
    for closing in rules.closings:
        if closing.method == "last_trades" and not closing.count:
            yield f"exchange.closings.{closing.code}.count", str(closing.count), "≥ 1"
    if not 0 <= rules.settlement.resale_days <= _MOST_DAYS:
        yield "exchange.settlement.resale_days", str(rules.settlement.resale_days), f"0 … {_MOST_DAYS}"


def _books(rules: ExchangeRules) -> Iterator[Fault]:
    """A product has one book at a time: two modes with a book may not hold for it on the same day."""
    for one, other in combinations([mode for mode in rules.modes if mode.matching in _BOOKS], 2):
        if one.mode != other.mode and _together(one, other):
            yield f"exchange.modes.{other.code}.since", str(other.since), f"no other book beside {one.code}"


def _together(one: ModeRule, other: ModeRule) -> bool:
    apart = one.products and other.products and not set(one.products) & set(other.products)
    last, other_last = one.until or date.max, other.until or date.max
    return not apart and one.since <= other_last and other.since <= last
