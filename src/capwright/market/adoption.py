"""Whether a market that has accounts and units may go on under another scheme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from capwright.kernel.refusal import define, refuse
from capwright.ledger.book import Book
from capwright.ledger.rulebook import Rulebook, Rules

__all__ = ["check_adoption"]

OTHER_MARKET = define(
    "CW-8215",
    en="The scheme {scheme} cannot go on with this market: {what} is {now} here and {then} there.",
    zh="方案{scheme}不能用于本市场的延续：{what}在本市场为{now}，在该方案中为{then}。",
    mend_en="Adopt one of the same jurisdiction that keeps what is in use; open another market for others.",
    mend_zh="请采用同一辖区且保留在用类型的方案；其他辖区请另开市场。",
    rule="design: no silent mixing of rules",
)


def check_adoption(rulebook: Rulebook, book: Book, body: dict[str, Any]) -> None:
    """Refuse a scheme that is broken, is of another market, or takes away what accounts and units rest on."""
    then = Rulebook.checked(body)
    for what, has, gets in _differences(rulebook.now(), then, book):
        if has != gets:
            refuse(OTHER_MARKET, scheme=then.scheme.name[:100], what=what, now=has, then=gets)


def _differences(now: Rules, then: Rules, book: Book) -> Iterator[tuple[str, str, str]]:
    """What must not change, as name, present value and the new scheme's."""
    yield "registry.country", now.registry.country, then.registry.country
    yield "currency", now.body.currency, then.body.currency
    for code in dict.fromkeys(account.type for account in book.state.accounts.values()):
        yield f"registry.account_types.{code}", _account_type(now, code), _account_type(then, code)
    for code in dict.fromkeys(series.kind for series in book.state.series.values()):
        yield f"registry.unit_kinds.{code}", _family(now, code), _family(then, code)


def _account_type(rules: Rules, code: str) -> str:
    found = rules.account_types.get(code)
    if found is None:
        return "-"
    return f"{found.number}/{found.purpose}" + ("/government" if found.government else "")


def _family(rules: Rules, code: str) -> str:
    found = rules.unit_kinds.get(code)
    return found.family if found is not None else "-"
