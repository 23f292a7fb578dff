"""A day's orders as a table, read strictly, and what came of playing them."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Struct

from capwright.exchange import messages as m
from capwright.exchange.state import Day
from capwright.exchange.statistics import Bar, Trade, bars
from capwright.kernel.refusal import Refusal, define
from capwright.ledger.messages import TradeSettled
from capwright.market import Market, Officer
from capwright.scheme.schema import Scheme
from capwright.settlement.messages import Statement
from capwright.table import Money, Table, Tonnes, read_table

__all__ = ["OFFICERS", "DayRun", "HoldingRow", "OrderRow", "RefusedRow", "read_orders"]

Action = Literal[
    "order", "pick", "replace", "cancel", "deal", "confirm", "withdraw", "halt", "lift", "cross", "reset"
]
_DOCS: Final = "docs: replaying a trading day"

BAD_ACTION = define(
    "CW-9350",
    en="The action '{action}' needs {needs}.",
    zh="操作“{action}”需要填写：{needs}。",
    mend_en="See the how-to on replaying a trading day for what each action needs.",
    mend_zh="各操作所需内容见“交易日回放”说明。",
    rule=_DOCS,
)
OUT_OF_ORDER = define(
    "CW-9351",
    en="{time} comes after {before} in the file.",
    zh="文件中{time}排在{before}之后。",
    mend_en="Put the rows in the order of time, all of one day.",
    mend_zh="请按时间先后排列，且须为同一交易日。",
    rule=_DOCS,
)
NOT_A_CLOCK = define(
    "CW-9352",
    en="'{text}' is neither a time of day nor a time of {on}.",
    zh="“{text}”既不是时刻，也不是{on}的时间。",
    mend_en="Write it like 09:31:05.",
    mend_zh="请写成 09:31:05 的形式。",
    rule="ISO 8601",
)
NOT_TRADED = define(
    "CW-9353",
    en="{scheme} has no trading on {on}.",
    zh="按方案{scheme}，{on}不是交易日。",
    mend_en="Name another day with --on.",
    mend_zh="请用 --on 指定其他日期。",
    rule="scheme: exchange.sessions, calendar",
)
NO_UNITS_OF = define(
    "CW-9354",
    en="Units of {kind} cannot be given out: {why}",
    zh="{kind}无法预先发放：{why}",
    mend_en="Replay products whose units the authority issues: allowances and credits.",
    mend_zh="请回放由主管部门签发的品种：配额与减排量。",
    rule=_DOCS,
)
UNKNOWN_TYPE = define(
    "CW-9355",
    en="'{account_type}' is not a type of account that may trade under {scheme} on {on}.",
    zh="按方案{scheme}，“{account_type}”类账户在{on}不能交易。",
    mend_en="One of: {known}.",
    mend_zh="可用的类型：{known}。",
    rule="scheme: exchange.members",
)
UNKNOWN_PRODUCT = define(
    "CW-9356",
    en="'{product}' is not a product of {scheme}.",
    zh="方案{scheme}没有品种“{product}”。",
    mend_en="One of: {known}.",
    mend_zh="可用的品种：{known}。",
    rule="scheme: exchange.products",
)

TAKEN = define(
    "CW-9357",
    en="The order '{order}' stands in the file before.",
    zh="文件中已有申报“{order}”。",
    mend_en="Give every order and deal an id of its own.",
    mend_zh="每笔申报与协议须使用各自的编号。",
    rule=_DOCS,
)

_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "order": ("account", "product", "side", "price", "quantity_t"),
    "pick": ("account", "order", "quantity_t"),
    "replace": ("account", "order", "price", "quantity_t"),
    "cancel": ("account", "order"),
    "deal": ("account", "counterparty", "product", "side", "price", "quantity_t"),
    "confirm": ("account", "order"),
    "withdraw": ("account", "order"),
    "halt": (),
    "lift": (),
    "cross": ("product",),
    "reset": ("product", "price"),
}
OFFICERS: Final = (
    Officer("authority-1", ("authority",)),
    Officer("authority-2", ("authority",)),
    Officer("operator-1", ("operator",)),
    Officer("operator-2", ("operator",)),
    Officer("exchange-1", ("exchange",)),
    Officer("exchange-2", ("exchange",)),
    Officer("clock", ("clock",)),
)


class OrderRow(Struct, frozen=True):
    """A row of the day's file. `order` names an order or a deal: its own id, or the one it is about."""

    time: str
    action: Action
    account: str = ""
    product: str = ""
    side: Literal["", "buy", "sell"] = ""
    price: Annotated[int, Money()] = 0
    quantity_t: Annotated[int, Tonnes()] = 0
    order: str = ""
    counterparty: str = ""
    account_type: str = ""
    validity: Literal["day", "gtd", "ioc", "fok"] = "day"
    until: date | None = None


class HoldingRow(Struct, frozen=True):
    """A row of the holdings: units of a kind and vintage, or cash, that an account has in the morning."""

    account: str
    account_type: str = ""
    cash: Annotated[int, Money()] = 0
    kind: str = ""
    vintage: int = 0
    quantity_t: Annotated[int, Tonnes()] = 0


class RefusedRow(Struct, frozen=True):
    """A row that the market refused."""

    line: int
    at_ms: int
    row: OrderRow
    refusal: Refusal


class DayRun(Struct):
    """What came of a day."""

    scheme: Scheme
    on: date
    market: Market
    names: dict[str, str]  # account number → name in the file
    furnished: bool  # accounts got what their orders need, because no holdings were given
    references: dict[str, int]  # prices given from outside
    trades: list[tuple[int, TradeSettled]]
    refused: list[RefusedRow]
    book: dict[str, tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]]
    closes: tuple[m.ProductClose, ...] = ()
    statements: tuple[Statement, ...] = ()
    alerts: list[tuple[str, str]] = []
    day: Day | None = None

    def bars(self, minutes: int) -> list[Bar]:
        """Bars of the day's trades."""
        zone = self.market.rulebook.now().zone

        def local(at_ms: int) -> datetime:
            return datetime.fromtimestamp(at_ms // 1000, zone)

        found = [Trade(at_ms, t.product, t.mode, t.price_fen_per_t, t.quantity_t) for at_ms, t in self.trades]
        return list(bars(found, minutes, local))


def read_orders(path: Path, on: date) -> tuple[Table[OrderRow], list[time]]:
    """Read the day's file strictly; raises `BadInput` with file, line and column."""
    table = read_table(path, OrderRow)
    clocks: list[time] = []
    for line, row in table.numbered():
        lacking = [name for name in _NEEDS[row.action] if not getattr(row, name)]
        if lacking:
            table.refuse(line, "action", BAD_ACTION, action=row.action, needs=", ".join(lacking))
        try:
            clock = _clock(row.time, on)
        except ValueError:
            table.refuse(line, "time", NOT_A_CLOCK, text=row.time[:40], on=str(on))
        if clocks and clock < clocks[-1]:
            table.refuse(line, "time", OUT_OF_ORDER, time=str(clock), before=str(clocks[-1]))
        clocks.append(clock)
    seen: set[str] = set()
    for line, row in table.numbered():
        if row.action in ("order", "deal") and row.order:
            if row.order in seen:
                table.refuse(line, "order", TAKEN, order=row.order[:60])
            seen.add(row.order)
    return table, clocks


def _clock(text: str, on: date) -> time:
    """A time of day, or a time of the day; raises ValueError."""
    if "T" in text or " " in text.strip():
        when = datetime.fromisoformat(text)
        if when.date() != on or when.tzinfo is not None:
            raise ValueError(text)
        return when.time()
    clock = time.fromisoformat(text)
    if clock.tzinfo is not None:
        raise ValueError(text)
    return clock
