"""What a form can offer instead of asking for ids: the values of a command's fields that the market knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capwright.auction.room import AuctionRoom
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.market.composition import room_of
from capwright.mrv.room import MrvRoom
from capwright.projection.account_words import account_name
from capwright.projection.trader import open_orders
from capwright.web.command_form import leaves
from capwright.web.known_method import offer_method
from capwright.web.templatetags.forms import choice_words
from capwright.web.templatetags.words import act_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from capwright.kernel.message import Command
    from capwright.ledger.rulebook import Rules
    from capwright.market import Market
    from capwright.projection.viewer import Viewer
    from capwright.web.command_form import Field

__all__ = ["offer"]

_MOST: Final = 1000  # more options than that help nobody; the field stays open to any text
_ACCOUNTS: Final = ("account", "source", "buyer", "seller", "counterparty", "trusted", "subject")
_TO_ACCOUNTS: Final = ("IssueUnits", "PayCash", "ProposeTransaction")  # elsewhere a target may be a product
_FEW: Final = 60  # of a closed set: shown as a list to choose from
Known = list[tuple[str, str]]


def offer(market: Market, who: Viewer, command: type[Command], fields: list[Field], lang: str) -> None:
    """Put beside each text or year what is known for it; a set with nothing else in it becomes a list."""
    rules = market.rulebook.now()
    closed = _closed(rules, command.__name__, lang)
    open_sets = _open(market, who, command.__name__, lang)
    for field in leaves(fields):
        if field.kind in {"choice", "check", "document"}:
            continue
        if command.permit.account_field == field.name and not command.permit.roles:
            mine = [(number, _name(market, number, lang)) for number in who.accounts]
            field.known, field.closed = tuple(mine), True
            field.value = field.value or (mine[0][0] if len(mine) == 1 else "")
        elif field.own in closed and 0 < len(closed[field.own]) <= _FEW:
            field.known, field.closed = tuple(closed[field.own]), True
        elif field.own in open_sets:
            field.known = tuple(open_sets[field.own]()[:_MOST])
        if field.value and field.value not in {value for value, _ in field.known}:
            field.closed = False  # what somebody typed or a link says is not lost
    offer_method(market, fields, lang)


def _name(market: Market, number: str, lang: str) -> str:
    account = market.book.state.accounts.get(number)
    return account_name(market, account, lang) if account is not None else ""


def _words(rows: Iterable[Any], lang: str, key: str) -> Known:
    return [(getattr(one, key), one.zh if lang == "zh" else one.en) for one in rows]


def _closed(rules: Rules, command: str, lang: str) -> dict[str, Known]:
    """Sets that the scheme closes: nothing else would be accepted."""

    def words(rows: Iterable[Any], key: str = "code") -> Known:
        return _words(rows, lang, key)

    body = rules.body
    kinds = words(rules.registry.unit_kinds)
    found: dict[str, Known] = {"kind": kinds}
    if body.exchange is not None:
        members = {one.kind: one for one in body.exchange.members}
        if command == "AdmitMember":
            found["kind"] = words(members.values(), "kind")
        found["product"] = words({one.code: one for one in body.exchange.products}.values())
    if body.allocation is not None:
        found["process"] = words(body.allocation.processes)
    if body.coverage is not None and command != "OpenAccount":
        found["sector"] = words(body.coverage.sectors)
    if body.mrv is not None:
        found["violation"] = words(body.mrv.violations)
    if command == "OpenAccount":
        found["type"] = words(one for one in rules.registry.account_types if not one.government)
    elif command == "ProposeTransaction":
        found["type"] = words(rules.registry.transaction_types, "name")
    return found


def _open(market: Market, who: Viewer, command: str, lang: str) -> dict[str, Callable[[], Known]]:
    """Sets that grow: what is there now is offered, anything may be typed."""
    book, mrv = market.book.state, room_of(market.rooms, MrvRoom).state
    auctions = room_of(market.rooms, AuctionRoom).state

    def accounts() -> Known:
        return [(one.number, account_name(market, one, lang)) for one in book.accounts.values()]

    def series() -> Known:
        held = {name for number in who.accounts for name in market.book.at(number)}
        return [(name, "") for name in (held if who.accounts else book.series)]

    def vintages() -> Known:
        years = {one.scheme.body.vintage for one in market.rulebook.by_name.values()}
        return [(str(year), "") for year in sorted(filter(None, years), reverse=True)]

    found: dict[str, Callable[[], Known]] = {
        "series": series,
        "vintage": vintages,
        "year": vintages,
        "verifier": lambda: [(id_, one.record.name) for id_, one in mrv.verifiers.items()],
        "auction_id": lambda: [(id_, "") for id_ in (*auctions.auctions, *auctions.lots)],
        "draw_id": lambda: [(id_, "") for id_ in mrv.draws],
        "inspection_id": lambda: [(id_, one.account) for id_, one in mrv.inspections.items()],
        "project": lambda: [(code, "") for code in room_of(market.rooms, ComplianceRoom).state.projects],
    }
    if who.roles:  # whom accounts belong to is for those who run the market
        found |= dict.fromkeys(_ACCOUNTS, accounts)
        if command in _TO_ACCOUNTS:
            found["target"] = accounts
        found |= _of_officers(market, lang)
    elif who.accounts:
        found |= _of_holders(market, who, lang)
    return found


def _transaction_types(market: Market, lang: str) -> dict[str, str]:
    return dict(_words(market.rulebook.now().registry.transaction_types, lang, "name"))


def _of_officers(market: Market, lang: str) -> dict[str, Callable[[], Known]]:
    """What those who run the market decide on."""
    listed = ("、" if lang == "zh" else ", ").join
    registry, types = market.registry.state, _transaction_types(market, lang)
    cases = room_of(market.rooms, ExchangeRoom).state.cases
    return {
        "case_id": lambda: [(id_, one.account) for id_, one in cases.items()],
        "person": lambda: [
            (person, listed(choice_words(role, lang) for role in roles))
            for person, roles in registry.officers.items()
        ],
        "proposal_id": lambda: [
            (id_, act_words(str(one.command.get("command", "")), lang))
            for id_, one in market.state.proposals.items()
        ],
        "transaction_id": lambda: [
            (id_, types.get(one.type, one.type)) for id_, one in registry.pending.items()
        ],
    }


def _of_holders(market: Market, who: Viewer, lang: str) -> dict[str, Callable[[], Known]]:
    """What the accounts that somebody represents have under way."""
    mine, types = set(who.accounts), _transaction_types(market, lang)
    deals = room_of(market.rooms, ExchangeRoom).state.deals
    return {
        "source": lambda: [(number, _name(market, number, lang)) for number in who.accounts],
        "transaction_id": lambda: [
            (id_, types.get(one.type, one.type))
            for id_, one in market.registry.state.pending.items()
            if one.source in mine
        ],
        "deal_id": lambda: [
            (id_, f"{one.product} {one.quantity_t:,} t")
            for id_, one in deals.items()
            if one.account in mine or one.counterparty in mine
        ],
        "order_id": lambda: [
            (one.id, f"{one.product} {choice_words(one.side, lang)}")
            for number in who.accounts
            for one in open_orders(market, number)
        ],
    }
