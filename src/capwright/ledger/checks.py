"""The numbered checks on a movement of units, driven by the transaction-type table of the scheme in force.

Numbers follow the UK registry where it has the same check (1xxx giving account, 2xxx receiving account, 3xxx
units and transactions). Each function refuses or returns; none changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from capwright.ledger.accounts import Account, Series
    from capwright.ledger.book import Book
    from capwright.ledger.rulebook import Rules
    from capwright.scheme.registry_rules import TransactionType

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "check_different",
    "check_free",
    "check_giver",
    "check_kind",
    "check_quantity",
    "check_receiver",
    "check_series",
    "check_vintage",
    "transaction_type",
]

_UK = "UK registry business checks"

GIVER_UNKNOWN = define(
    "CW-1003",
    en="The giving account {account} does not exist.",
    zh="转出账户{account}不存在。",
    mend_en="Check the account number.",
    mend_zh="请核对账户号码。",
    rule=_UK,
)
GIVER_CLOSED = define(
    "CW-1004", en="The giving account {account} is closed.", zh="转出账户{account}已注销。", rule=_UK
)
GIVER_SUSPENDED = define(
    "CW-1005",
    en="The giving account {account} is suspended.",
    zh="转出账户{account}已暂停使用。",
    mend_en="The registry operator can restore it.",
    mend_zh="可由注册登记机构恢复。",
    rule=_UK,
)
GIVER_RESTRICTED = define(
    "CW-1006",
    en="The account {account} may only surrender at present.",
    zh="账户{account}目前仅可用于清缴。",
    mend_en="The registry operator can lift the restriction.",
    mend_zh="可由注册登记机构解除限制。",
    rule=_UK,
)
GIVER_TYPE = define(
    "CW-1008",
    en="An account of type {account_type} may not give in a transaction of type {type}.",
    zh="{account_type}类账户不得作为“{type}”的转出方。",
    mend_en="The scheme's transaction-type table lists who may.",
    mend_zh="可用账户类型见方案的交易类型表。",
    rule=_UK,
)
RECEIVER_UNKNOWN = define(
    "CW-2001",
    en="The receiving account {account} does not exist.",
    zh="转入账户{account}不存在。",
    mend_en="Check the account number.",
    mend_zh="请核对账户号码。",
    rule=_UK,
)
RECEIVER_CLOSED = define(
    "CW-2002", en="The receiving account {account} is closed.", zh="转入账户{account}已注销。", rule=_UK
)
RECEIVER_SUSPENDED = define(
    "CW-2003",
    en="The receiving account {account} is suspended.",
    zh="转入账户{account}已暂停使用。",
    rule=_UK,
)
RECEIVER_TYPE = define(
    "CW-2004",
    en="An account of type {account_type} may not receive in a transaction of type {type}.",
    zh="{account_type}类账户不得作为“{type}”的转入方。",
    mend_en="The scheme's transaction-type table lists who may.",
    mend_zh="可用账户类型见方案的交易类型表。",
    rule=_UK,
)
RECEIVER_KIND = define(
    "CW-2005",
    en="An account of type {account_type} may not hold units of kind {kind}.",
    zh="{account_type}类账户不得持有{kind}。",
    rule=_UK,
)
SAME_ACCOUNT = define(
    "CW-2008",
    en="The giving and the receiving account are both {account}.",
    zh="转出账户与转入账户同为{account}。",
    rule=_UK,
)
TYPE_UNKNOWN = define(
    "CW-3001",
    en="The scheme {scheme} knows no transaction type {type}.",
    zh="方案{scheme}没有交易类型“{type}”。",
    rule=_UK,
)
SERIES_UNKNOWN = define(
    "CW-3002",
    en="No units of series {series} were ever issued.",
    zh="从未签发过{series}系列的配额或减排量。",
    rule=_UK,
)
NOT_ENOUGH = define(
    "CW-3003",
    en="{place} holds {available_t} t of {series} at its disposal, {quantity_t} t are asked for.",
    zh="{place}可用的{series}为{available_t}吨，不足所需的{quantity_t}吨。",
    mend_en="Units held for other promises do not count.",
    mend_zh="已为其他事项冻结的数量不可重复使用。",
    rule=_UK,
)
KIND_BARRED = define(
    "CW-3004",
    en="Units of kind {kind} may not move in a transaction of type {type}.",
    zh="{kind}不得用于“{type}”类交易。",
    rule=_UK,
)
QUANTITY = define(
    "CW-3005",
    en="{quantity_t} is not a quantity from 1 to 1,000,000,000,000 t.",
    zh="{quantity_t}不是1至1,000,000,000,000吨之间的数量。",
    rule=_UK,
)
VINTAGE = define(
    "CW-3010",
    en="{vintage} is no vintage: a year from {first} to {last} is expected.",
    zh="{vintage}不是有效年度，应为{first}至{last}之间的年份。",
    rule="design: bound everything",
)

# Years that a vintage may have: the Kyoto Protocol counted from 1990, and no scheme plans two centuries.
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2200


def transaction_type(rules: Rules, name: str) -> TransactionType:
    """Return the row of the transaction-type table."""
    found = rules.transaction_types.get(name)
    if found is None:
        refuse(TYPE_UNKNOWN, scheme=rules.scheme.name, type=name)
    return found


def check_giver(book: Book, number: str, row: TransactionType) -> Account:
    """Check the giving side against the type and return the account."""
    account = book.state.accounts.get(number)
    if account is None:
        refuse(GIVER_UNKNOWN, account=number)
    if account.status != "open":
        if account.status == "closed":
            refuse(GIVER_CLOSED, account=number)
        if account.status == "suspended":
            refuse(GIVER_SUSPENDED, account=number)
        if row.name != "surrender":
            refuse(GIVER_RESTRICTED, account=number)
    if account.type not in row.from_types:
        refuse(GIVER_TYPE, account_type=account.type, type=row.name)
    return account


def check_receiver(book: Book, number: str, row: TransactionType) -> Account:
    """Check the receiving side against the type and return the account."""
    account = book.state.accounts.get(number)
    if account is None:
        refuse(RECEIVER_UNKNOWN, account=number)
    if account.status == "closed":
        refuse(RECEIVER_CLOSED, account=number)
    if account.status == "suspended":
        refuse(RECEIVER_SUSPENDED, account=number)
    if account.type not in row.to_types:
        refuse(RECEIVER_TYPE, account_type=account.type, type=row.name)
    return account


def check_different(source: str, target: str) -> None:
    """Check that the two sides are two accounts."""
    if source == target:
        refuse(SAME_ACCOUNT, account=source)


def check_kind(rules: Rules, kind: str, row: TransactionType, receiver: Account) -> None:
    """Check that units of a kind may move in this type and lie in the receiving account."""
    if row.unit_kinds and kind not in row.unit_kinds:
        refuse(KIND_BARRED, kind=kind, type=row.name)
    account_type = rules.account_types.get(receiver.type)
    if account_type is not None and account_type.unit_kinds and kind not in account_type.unit_kinds:
        refuse(RECEIVER_KIND, account_type=receiver.type, kind=kind)


def check_series(book: Book, rules: Rules, series_id: str, row: TransactionType, receiver: Account) -> Series:
    """Check that units of the series may move in this type and lie in the receiving account."""
    series = book.state.series.get(series_id)
    if series is None:
        refuse(SERIES_UNKNOWN, series=series_id)
    check_kind(rules, series.kind, row, receiver)
    return series


def check_quantity(quantity_t: int) -> None:
    """Check that a quantity is positive and not absurd."""
    if not 0 < quantity_t <= MAX_T:
        refuse(QUANTITY, quantity_t=quantity_t)


def check_vintage(year: int) -> None:
    """Check that a year can be a vintage."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        refuse(VINTAGE, vintage=year, first=FIRST_YEAR, last=LAST_YEAR)


def check_free(book: Book, where: str, series: str, quantity_t: int) -> None:
    """Check that a place holds enough units of a series."""
    available_t = book.balance_t(where, series)
    if available_t < quantity_t:
        refuse(NOT_ENOUGH, place=where, series=series, available_t=available_t, quantity_t=quantity_t)
