"""A journal as a Beancount file: anybody can check the books with a tool that Capwright did not write.

One commodity per series, one Beancount account per account and kind of bucket, one transaction per event that
posts, balance assertions at the end. Units are issued from `Equity:World`; cash comes from and goes to
`Equity:Bank`. Serial ranges, the row, the command and its time stand in the metadata. Buckets of one kind
(`held:T-1`, `held:T-2`) share a Beancount account; the full place is in the posting's metadata.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from capwright.audit.chain import text_of
from capwright.audit.shapes import decode_events
from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from capwright.audit.chain import Row
    from capwright.audit.shapes import AuditEvent

__all__ = ["account_component", "beancount_lines", "commodity_name"]

UNREADABLE = define(
    "CW-8991",
    en="Row {seq} of the journal cannot be read: {fault}.",
    zh="日志第{seq}行无法读取：{fault}。",
    mend_en="Let `capwright verify` say what is wrong with the journal; only a sound one can be exported.",
    mend_zh="请用 capwright verify 查明日志的问题；只有完好的日志才能导出。",
    rule="design: exports follow the journal",
)

BANK: Final = "Equity:Bank"
WORLD: Final = "Equity:World"
_OUTSIDE: Final = "bank"
# The lexer's own words, and 24 characters, the limit of Beancount 2, so that older tools read the file too.
_COMMODITY: Final = re.compile(r"(?!(TRUE|FALSE|NULL)$)[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")
_MARK: Final = 8


def _mark(text: str) -> str:
    """Eight characters that tell apart names which look alike after cleaning."""
    return sha256(text.encode()).hexdigest()[:_MARK].upper()


def commodity_name(series: str, currency: str = "CNY") -> str:
    """Return a legal Beancount commodity for a series: the series itself where that is one.

    Else what is left of it in capitals and a mark; the series then stands in the commodity's metadata.
    """
    if _COMMODITY.fullmatch(series) and series != currency:
        return series
    bare = re.sub(r"[^A-Z0-9]+", "-", series.upper()).strip("-")[: 23 - _MARK - 2].strip("-")
    return f"U-{bare}-{_mark(series)}" if bare else f"U-{_mark(series)}"


def account_component(text: str) -> str:
    """Return a legal component of a Beancount account name: letters, digits, hyphens, a capital first.

    A component that differs from `text` gets a mark, so that no two texts share one.
    """
    bare = _capital(re.sub(r"[^A-Za-z0-9-]+", "-", text).lstrip("-"))
    if bare == text:
        return bare
    return f"{bare}-{_mark(text)}" if bare else f"X-{_mark(text)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _word(text: str) -> str:
    """A component for one of the market's own words, which differ by more than a capital letter."""
    capital = _capital(text)
    return capital if account_component(capital) == capital else account_component(text)


def _shared(where: str) -> str:
    """The place without what follows the colon in its bucket: the places that share a Beancount account."""
    number, mark, bucket = where.partition("#")
    return number + mark + bucket.partition(":")[0]


def _quoted(text: str) -> str:
    """A Beancount string."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Opened(Struct):
    """What an account was opened with; empty for one that the journal never opened."""

    fields: dict[str, str]
    accounts: dict[str, None]


class _Book:
    """What must be kept while the journal streams by: names given, and sums by account and commodity."""

    def __init__(self, currency: str, zone: tzinfo) -> None:
        self.currency = currency
        self.zone = zone
        self.today = datetime.fromtimestamp(0, tz=zone).date()
        self.day = ""
        self.commodities: dict[str, str] = {}
        self.accounts: dict[str, _Opened] = {}
        self.names: dict[
            str, str
        ] = {}  # place without the part of the bucket after the colon → Beancount account
        self.sums: dict[tuple[str, str], int] = {}

    def turn_to(self, at_ms: int) -> None:
        """Date what follows by a time in ms UTC since 1970."""
        self.today = datetime.fromtimestamp(at_ms // 1000, tz=self.zone).date()
        self.day = self.today.isoformat()

    def tomorrow(self) -> str:
        """The date on which what was posted until now can be asserted: balances count from the morning."""
        return (self.today + timedelta(days=1)).isoformat()

    def amount(self, quantity: int, commodity: str) -> str:
        """A quantity with its commodity; money is kept in fen and written with two decimals."""
        if commodity != self.currency:
            return f"{quantity} {commodity}"
        whole, fen = divmod(abs(quantity), 100)
        return f"{'-' if quantity < 0 else ''}{whole}.{fen:02d} {commodity}"

    def commodity(self, series: str, fields: dict[str, object]) -> Iterator[str]:
        """Declare the commodity of a series once."""
        if series in self.commodities:
            return
        name = self.commodities[series] = commodity_name(series, self.currency)
        yield f"{self.day} commodity {name}"
        yield f"  series: {_quoted(series)}"
        for key in ("kind", "vintage", "project"):
            if fields.get(key):
                yield f"  {key}: {_quoted(str(fields[key]))}"

    def account(self, where: str) -> Iterator[str]:
        """Open the Beancount account of a place once."""
        shared = _shared(where)
        if where == _OUTSIDE or shared in self.names:
            return
        number, _, bucket = shared.partition("#")
        record = self.accounts.setdefault(number, _Opened({}, {}))
        purpose = record.fields.get("purpose", "") or "unknown"
        name = f"Assets:{_word(purpose)}:{account_component(number)}:{_word(bucket or 'free')}"
        if name in record.accounts:  # a bucket that is called like another one, but for a capital letter
            name += f"-{_mark(shared)}"
        self.names[shared] = name
        record.accounts[name] = None
        yield f"{self.day} open {name}"
        yield f"  account: {_quoted(number)}"
        if bucket:
            yield f"  bucket: {_quoted(bucket)}"
        for key, value in record.fields.items():
            yield f"  {key}: {_quoted(value)}"

    def name(self, where: str) -> str:
        """The Beancount account of a place that `account` has opened."""
        if where == _OUTSIDE:
            return BANK
        return self.names[_shared(where)]

    def post(self, account: str, quantity: int, commodity: str) -> str:
        """One posting line; adds to the sum."""
        key = account, commodity
        self.sums[key] = self.sums.get(key, 0) + quantity
        return f"  {account}  {self.amount(quantity, commodity)}"


def beancount_lines(rows: Iterable[Row], *, currency: str = "CNY", zone: tzinfo = UTC) -> Iterator[str]:
    """Yield the lines of a Beancount file, without line ends, as the rows come.

    `currency` names the journal's money (amounts are its hundredths); `zone` decides on which date a moment
    falls.
    Refuses a row that cannot be read. Balances are asserted on the day after the last row.
    """
    book = _Book(currency, zone)
    yield 'option "title" "Capwright journal"'
    yield f'option "operating_currency" "{currency}"'
    yield 'option "tolerance_multiplier" "0"'
    begun = False
    for row in rows:
        try:
            events = decode_events(row[5])
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            refuse(UNREADABLE, seq=row[0], fault=str(fault))
        book.turn_to(row[1])
        if not begun:
            begun = True
            yield f"{book.day} commodity {currency}"
            yield f"{book.day} open {BANK}"
            yield f"{book.day} open {WORLD}"
        for number, event in enumerate(events, 1):
            yield from _event(book, row, number, event)
    if begun:
        yield ""
        for account, commodity in sorted(book.sums):
            yield _balance(book, account, commodity)


def _balance(book: _Book, account: str, commodity: str) -> str:
    return f"{book.tomorrow()} balance {account}  {book.amount(book.sums[account, commodity], commodity)}"


def _event(book: _Book, row: Row, number: int, event: AuditEvent) -> Iterator[str]:
    if event.event == "AccountOpened" and isinstance(event.account, dict):
        named = ("type", "purpose", "holder", "name")
        fields = {key: str(event.account[key]) for key in named if event.account.get(key)}
        book.accounts.setdefault(str(event.account.get("number")), _Opened({}, {})).fields = fields
    elif event.event == "SeriesOpened" and isinstance(event.series, dict):
        yield from book.commodity(str(event.series.get("id")), event.series)
    if event.issues or event.units or event.cash:
        yield from _transaction(book, row, number, event)
    if event.event == "AccountClosed":
        yield from _close(book, str(event.number))


def _transaction(book: _Book, row: Row, number: int, event: AuditEvent) -> Iterator[str]:
    """One event's postings: what they need opened, then a transaction with a pair per places and series."""
    units: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for issue in event.issues:
        units.setdefault(("", issue.target, issue.series), []).append((issue.first, issue.last))
    for move in event.units:
        units.setdefault((move.source, move.target, move.series), []).append((move.first, move.last))
    for source, target, series in units:
        yield from book.commodity(series, {})
        for where in (source, target):
            if where:
                yield from book.account(where)
    for payment in event.cash:
        yield from book.account(payment.source)
        yield from book.account(payment.target)
    yield ""
    yield f"{book.day} * {_quoted(text_of(row[3]))} {_quoted(_title(event))}"
    yield f"  row: {row[0]}"
    yield f"  event: {number}"
    yield f"  command: {_quoted(text_of(row[2]))}"
    yield f"  at: {_quoted(_moment(row[1]))}"
    for key in ("transaction_id", "reverses"):
        value = getattr(event, key)
        if event.event == "TransactionCompleted" and value:
            yield f"  {key}: {_quoted(str(value))}"
    for (source, target, series), blocks in units.items():
        commodity = book.commodities[series]
        quantity_t = sum(last - first + 1 for first, last in blocks)
        serials = _quoted(", ".join(f"{first}-{last}" for first, last in blocks))
        giver = book.name(source) if source else WORLD
        yield from _pair(book, (giver, source), (book.name(target), target), quantity_t, commodity, serials)
    for payment in event.cash:
        giving, taking = (
            (book.name(payment.source), payment.source),
            (book.name(payment.target), payment.target),
        )
        yield from _pair(book, giving, taking, payment.amount_fen, book.currency, "")


def _pair(
    book: _Book, giver: tuple[str, str], taker: tuple[str, str], quantity: int, commodity: str, serials: str
) -> Iterator[str]:
    """Two postings that cancel out, with the full place where the account name does not tell it."""
    for (account, where), signed in ((giver, -quantity), (taker, quantity)):
        yield book.post(account, signed, commodity)
        if serials:
            yield f"    serials: {serials}"
        if ":" in where:
            yield f"    place: {_quoted(where)}"


def _close(book: _Book, number: str) -> Iterator[str]:
    """Assert what is left in a closed account and close it on the next day."""
    record = book.accounts.get(number)
    if record is None:
        return
    for account, commodity in sorted(key for key in book.sums if key[0] in record.accounts):
        yield _balance(book, account, commodity)
        del book.sums[account, commodity]
    for account in record.accounts:
        yield f"{book.tomorrow()} close {account}"


def _title(event: AuditEvent) -> str:
    if event.event == "TransactionCompleted" and event.type:
        return f"{event.event} {event.type}"
    return event.event


def _moment(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"
