"""What the auditor can find wrong: the codes CW-89xx, and one finding with the place where it was found."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import Refusal, RefusalCode, define

__all__ = ["Finding", "Findings"]

_RULE: Final = "design: the journal is the only truth; an auditor must arrive at the same holdings"


def _code(number: int, en: str, zh: str) -> RefusalCode:
    return define(f"CW-{number}", en=en, zh=zh, rule=_RULE)


GAP = _code(
    8901,
    "The journal is not gapless: row {expected} was expected, row {found} follows.",
    "日志不连续：应为第{expected}行，实为第{found}行。",
)
HASH_BROKEN = _code(
    8902,
    "The hash of the row does not fit its content and the row before: the row says {found}, {expected} was "
    "computed. A column was altered, or a row was removed, inserted or moved here.",
    "本行散列值与内容及上一行不符：记载为{found}，计算为{expected}。有字段被篡改，或有行被删除、插入或移动。",
)
TIME_BACK = _code(
    8903,
    "Time goes back: {found} ms after {before} ms in the row before.",
    "时间倒退：上一行为{before}毫秒，本行为{found}毫秒。",
)
COMMAND_TWICE = _code(
    8904,
    "The command id {command_id} occurs in an earlier row too.",
    "指令编号{command_id}在更早的行中已出现。",
)
NOT_JSON = _code(
    8905,
    "The column '{column}' is not readable JSON: {fault}.",
    "“{column}”字段不是可读取的JSON：{fault}。",
)
MALFORMED = _code(
    8906,
    "The event does not have the shape of the journal's format: {fault}.",
    "事件不符合日志格式：{fault}。",
)
HEAD_DIFFERS = _code(
    8907,
    "The journal ends at {found}, but {expected} was expected: rows are missing at the end, were added, or "
    "all were rewritten.",
    "日志末行散列值为{found}，应为{expected}：末尾缺行、多行，或日志被整体改写。",
)
BAD_COLUMN = _code(
    8908,
    "The column '{column}' does not hold {expected}.",
    "“{column}”字段不是{expected_zh}。",
)
ISSUE_GAP = _code(
    8911,
    "Units {first}-{last} of {series} are issued, but the next unit to issue is {expected}.",
    "签发{series}第{first}-{last}号，但下一个应签发的编号为{expected}。",
)
NOT_AT_SOURCE = _code(
    8912,
    "Units {first}-{last} of {series} are taken from {source}, "
    "but {found_first}-{found_last} lie at {found}.",
    "从{source}划出{series}第{first}-{last}号，但第{found_first}-{found_last}号位于{found}。",
)
NEVER_ISSUED = _code(
    8913,
    "Units {first}-{last} of {series} are taken from {source}, "
    "but {found_first}-{found_last} were never issued.",
    "从{source}划出{series}第{first}-{last}号，但第{found_first}-{found_last}号从未签发。",
)
UNKNOWN_SERIES = _code(
    8914,
    "A posting names the series {series}, which was never opened.",
    "记账涉及从未设立的系列{series}。",
)
SERIES_TWICE = _code(8915, "The series {series} is opened a second time.", "系列{series}被重复设立。")
EMPTY_RANGE = _code(
    8916,
    "The range {first}-{last} of {series} ends before it begins.",
    "{series}的编号区间{first}-{last}首尾颠倒。",
)
OVERDRAWN = _code(
    8921,
    "{amount_fen} fen leave {source}, which then holds {left_fen} fen.",
    "从{source}划出{amount_fen}分，余额为{left_fen}分。",
)
CASH_SUM = _code(
    8922,
    "Cash with the outside sums to {total_fen} fen instead of zero.",
    "含外部在内的资金合计为{total_fen}分，应为零。",
)
UNKNOWN_ACCOUNT = _code(
    8931,
    "A posting names {place}, but the account {account} is not open at this point.",
    "记账涉及{place}，但账户{account}此时尚未开立。",
)
CLOSED_ACCOUNT = _code(
    8932,
    "A posting names {place}, but the account {account} is closed.",
    "记账涉及{place}，但账户{account}已销户。",
)
CLOSED_WITH_HOLDINGS = _code(
    8933,
    "The account {account} is closed although {place} still holds {units_t} t and {cash_fen} fen.",
    "账户{account}被销户，但{place}仍有{units_t}吨和{cash_fen}分。",
)
ACCOUNT_TWICE = _code(8934, "The account {account} is opened a second time.", "账户{account}被重复开立。")
CLOSED_UNKNOWN = _code(
    8935,
    "The account {account} is closed, but it is not open.",
    "账户{account}被销户，但该账户并未处于开立状态。",
)
UNITS_OUTSIDE = _code(
    8936,
    "Units of {series} are posted to the outside; only cash can come from there or go there.",
    "{series}被记入外部；只有资金可以进出外部。",
)
REFUSED_POSTS = _code(
    8941,
    "The command was refused, yet its row carries other events or postings.",
    "指令已被拒绝，但该行仍含其他事件或记账。",
)
TRANSACTION_TWICE = _code(
    8942,
    "The transaction {transaction_id} was completed before.",
    "交易{transaction_id}此前已完成。",
)
QUANTITY_DIFFERS = _code(
    8943,
    "The transaction {transaction_id} states {stated_t} t, but its postings move {moved_t} t "
    "from {source} to {target}.",
    "交易{transaction_id}载明{stated_t}吨，但其记账从{source}向{target}划转{moved_t}吨。",
)
REVERSES_UNKNOWN = _code(
    8944,
    "The transaction {transaction_id} reverses {reverses}, which was never completed.",
    "交易{transaction_id}撤销的交易{reverses}从未完成。",
)
REVERSED_TWICE = _code(
    8945,
    "The transaction {transaction_id} reverses {reverses}, which was reversed before.",
    "交易{transaction_id}撤销的交易{reverses}此前已被撤销。",
)
LIE_NOWHERE = _code(
    8951,
    "Units {first}-{last} of {series} lie nowhere: the blocks do not tile the series.",
    "{series}第{first}-{last}号不在任何位置：区块未铺满该系列。",
)
COUNTS_DIFFER = _code(
    8952,
    "{place} holds {tiled_t} t by serial numbers but {counted_t} t by adding up its postings.",
    "{place}按编号计为{tiled_t}吨，按记账累计为{counted_t}吨。",
)
MARKET_UNITS = _code(
    8961,
    "{place}, series {series}: units {first}-{last} are {market} for the market "
    "and {auditor} for the auditor.",
    "{place}，系列{series}：第{first}-{last}号在市场账上{market_zh}，在审计账上{auditor_zh}。",
)
MARKET_CASH = _code(
    8962,
    "{place}: the market counts {market_fen} fen, the auditor {auditor_fen} fen.",
    "{place}：市场账为{market_fen}分，审计账为{auditor_fen}分。",
)


class Finding(Struct, frozen=True):
    """One fault: its code, where it is, and the details that fill its sentence.

    `seq` is the journal row (0: the journal as a whole), `event` counts from 1 within the row (0: the row).
    `posting` counts from 1 within the event's issues, units or cash, named by `list` (empty: the event
    itself).
    """

    code: str
    seq: int
    event: int
    details: dict[str, str | int]
    list: str = ""
    posting: int = 0

    def message(self, lang: str = "en") -> str:
        """Return the sentence in `lang` (`en` or `zh`), without the place."""
        return Refusal(self.code, self.details).message(lang)

    def where(self, lang: str = "en") -> str:
        """Return the place in words: row, event and posting."""
        zh = lang == "zh"
        if not self.seq:
            return "整个日志" if zh else "journal"
        parts = [f"第{self.seq}行" if zh else f"row {self.seq}"]
        if self.event:
            parts.append(f"第{self.event}个事件" if zh else f"event {self.event}")
        if self.posting:
            parts.append(f"{self.list}第{self.posting}项" if zh else f"{self.list} {self.posting}")
        return ("" if zh else ", ").join(parts)

    def text(self, lang: str = "en") -> str:
        """Return one line: code, place and sentence."""
        return f"{self.code} {self.where(lang)}: {self.message(lang)}"


class Findings:
    """Collects findings up to a limit and counts them all.

    The first ones matter most: later ones often follow from them.
    """

    def __init__(self, limit: int) -> None:
        self.kept: list[Finding] = []
        self.total = 0
        self.limit = limit
        self.seq = 0
        self.event = 0
        self.list = ""
        self.posting = 0

    def add(self, code: RefusalCode, **details: str | int) -> None:
        """Note a fault at the current row, event and posting."""
        self.total += 1
        if len(self.kept) < self.limit:
            self.kept.append(Finding(code.code, self.seq, self.event, details, self.list, self.posting))
