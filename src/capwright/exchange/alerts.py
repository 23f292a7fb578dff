"""Alerts of the exchange's surveillance: what they say, and a notice drawn from them.

An alert says that figures crossed a threshold. It accuses nobody and changes nothing; whether it becomes a
case is for people to decide. Its sentences name no account, so that they can be quoted in public; accounts,
orders and trades stand beside them. Shares are exact, and shown rounded to a tenth of a per cent, half up;
prices are in the scheme's currency per tonne.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from capwright.exchange.case_messages import Trigger
from capwright.kernel.text import MAX_ID, MAX_REASON

__all__ = ["KINDS", "Alert", "AlertCode", "Draft", "Kind", "draft_announcement"]

AlertCode = Literal[
    "large_move",
    "concentration",
    "self_trade",
    "wash_pair",
    "spoof_like_cancel",
    "cancel_ratio",
    "marking_close",
    "limit_run",
    "large_order",
    "abnormal_funds",
]
_MOST_TEXT: Final = 2 * MAX_REASON


class Kind(NamedTuple):
    """A kind of alert: its names, the rule with its threshold, the trigger of the risk rule it belongs to.

    The sentences have the alert's figures filled in; `{threshold}` is the rule's value. No `field`: any.
    """

    en: str
    zh: str
    field: str
    trigger: Trigger
    says_en: str
    says_zh: str


KINDS: Final[dict[AlertCode, Kind]] = {
    "large_move": Kind(
        "Large move",
        "价格大幅波动",
        "move_share",
        "abnormal_price",
        "The price of {product} went from {from_fen_per_t} to {to_fen_per_t}, {share} of the opening price "
        "{opening_fen_per_t} (threshold {threshold}).",
        "{product}价格由{from_fen_per_t}变为{to_fen_per_t}，变动为开盘价{opening_fen_per_t}的{share}"
        "（阈值{threshold}）。",
    ),
    "concentration": Kind(
        "Concentrated trading",
        "交易集中",
        "concentration_share",
        "abnormal_trading",
        "One account took part in {account_t} t of the {volume_t} t of {product} traded on the day, {share} "
        "(threshold {threshold}).",
        "{product}当日成交{volume_t}吨，其中一个账户参与{account_t}吨，占{share}（阈值{threshold}）。",
    ),
    "self_trade": Kind(
        "Self-trade",
        "自成交",
        "",
        "abnormal_trading",
        "{quantity_t} t of {product} were traded at {price_fen_per_t} between accounts of one holder.",
        "同一持有人的账户之间以{price_fen_per_t}成交{quantity_t}吨{product}。",
    ),
    "wash_pair": Kind(
        "Trades to and fro",
        "往返交易",
        "wash_minutes",
        "abnormal_trading",
        "Two holders traded {product} to and fro within {threshold} minutes at like prices: {there_t} t "
        "there, {back_t} t back at {price_fen_per_t}.",
        "两个持有人在{threshold}分钟内以相近价格往返交易{product}：去程{there_t}吨，回程{back_t}吨，"
        "回程价格{price_fen_per_t}。",
    ),
    "spoof_like_cancel": Kind(
        "Large order cancelled after a trade on the other side",
        "反向成交后撤销大额申报",
        "spoof_share",
        "abnormal_trading",
        "An order for {open_t} t of {product}, {share} of its side's depth (threshold {threshold}), left the "
        "front of the book soon after its holder had traded {traded_t} t on the other side.",
        "{product}的一笔{open_t}吨申报（占同侧深度{share}，阈值{threshold}）在其持有人反向成交{traded_t}吨后"
        "不久撤离盘口。",
    ),
    "cancel_ratio": Kind(
        "Many cancelled orders",
        "撤单比例过高",
        "cancel_share",
        "abnormal_trading",
        "One account cancelled {cancelled} of its {orders} orders of the day, {share} (threshold "
        "{threshold}).",
        "一个账户当日申报{orders}笔、撤销{cancelled}笔，占{share}（阈值{threshold}）。",
    ),
    "marking_close": Kind(
        "Price moved at the close",
        "尾盘异动",
        "closing_move_share",
        "abnormal_price",
        "In the last minutes of the day {volume_t} t of {product} took its price from {from_fen_per_t} to "
        "{to_fen_per_t}, by {share} (threshold {threshold}).",
        "{product}在收市前数分钟成交{volume_t}吨，价格由{from_fen_per_t}变为{to_fen_per_t}，"
        "变动{share}（阈值{threshold}）。",
    ),
    "limit_run": Kind(
        "Closes at the limit",
        "连续触及涨跌停",
        "limit_days",
        "abnormal_price",
        "{product} closed at its {limit_en} limit on {days} trading days in a row, last at "
        "{closing_fen_per_t} (threshold {threshold} days).",
        "{product}连续{days}个交易日收于{limit_zh}价，最近收盘价{closing_fen_per_t}（阈值{threshold}日）。",
    ),
    "large_order": Kind(
        "Large order",
        "大额申报",
        "large_order_t",
        "abnormal_trading",
        "An order to {side_en} {quantity_t} t of {product} at {price_fen_per_t} was entered (threshold "
        "{threshold} t).",
        "有一笔以{price_fen_per_t}{side_zh}{quantity_t}吨{product}的申报（阈值{threshold}吨）。",
    ),
    "abnormal_funds": Kind(
        "Cash in and out",
        "资金大额进出",
        "funds_fen",
        "abnormal_funds",
        "One account's cash came in, {in_fen}, and went out, {out_fen}, on one day (threshold {threshold} "
        "each way).",
        "一个账户当日资金转入{in_fen}、转出{out_fen}（双向阈值均为{threshold}）。",
    ),
}
_WORDS: Final = {
    "up": {"limit_en": "upper", "limit_zh": "涨停"},
    "down": {"limit_en": "lower", "limit_zh": "跌停"},
    "buy": {"side_en": "buy", "side_zh": "买入"},
    "sell": {"side_en": "sell", "side_zh": "卖出"},
    "": {},
}


class Alert(Struct, frozen=True, kw_only=True):
    """Something worth a look. `day` is the local day; `figures` carry their units in their names.

    `direction`: up or down, buy or sell, where there is one. `threshold` is the rule's value as text, empty
    where any occurrence counts; `provisional`: whether that value is a default and no official figure.
    """

    code: AlertCode
    day: date
    at_ms: int
    product: str = ""
    accounts: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    direction: str = ""
    figures: dict[str, int] = {}
    share: Fraction | None = None
    threshold: str = ""
    provisional: bool = True

    @property
    def trigger(self) -> Trigger:
        """The trigger for which a case would be opened."""
        return KINDS[self.code].trigger

    def said(self, lang: str) -> str:
        """The sentence in `lang` (`en` or `zh`), without accounts."""
        kind = KINDS[self.code]
        figures = {name: _shown(name, value) for name, value in self.figures.items()}
        share = "" if self.share is None else _percent(self.share)
        text = kind.says_zh if lang == "zh" else kind.says_en
        threshold = _threshold(kind.field, self.threshold)
        return text.format(
            product=self.product, share=share, threshold=threshold, **figures, **_WORDS[self.direction]
        )

    @property
    def en(self) -> str:
        """The English sentence."""
        return self.said("en")

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return self.said("zh")


def _percent(share: Fraction) -> str:
    """A share in per cent, rounded half up to a tenth."""
    tenths = (2000 * share.numerator + share.denominator) // (2 * share.denominator)
    return f"{tenths // 10}.{tenths % 10}%"


def _shown(name: str, value: int) -> str:
    if name.endswith(("_fen_per_t", "_fen")):
        return f"{value // 100:,}.{value % 100:02}"
    return f"{value:,}"


def _threshold(field: str, value: str) -> str:
    if field.endswith("_share"):
        per_cent = (Decimal(value) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"{per_cent}%"
    return _shown(field, int(value)) if value else ""


# A notice drawn from alerts.


class Draft(NamedTuple):
    """Words for `PublishAnnouncement`, for a person to read and change before anything is published."""

    title: str
    text: str
    product: str
    left_out: int  # alerts for which there was no room


_TITLE: Final = {"en": "Risk warning of {day}", "zh": "风险提示（{day}）"}
_HEAD: Final = {
    "en": "The exchange's surveillance noted the following. It says nothing about anybody's conduct. ",
    "zh": "本所在交易监控中注意到以下情况，不涉及对任何主体行为的认定。",
}
_TAIL: Final = {
    "en": "Please mind the risk and trade with care.",
    "zh": "请各交易参与人注意风险，审慎交易。",
}
_MORE: Final = {"en": "There were {n} more of these. ", "zh": "另有{n}项同类情况。"}


def draft_announcement(
    alerts: Iterable[Alert], kinds: Iterable[AlertCode], lang: Literal["en", "zh"] = "zh", product: str = ""
) -> Draft | None:
    """Draft a notice from the alerts of some kinds, and of one product where it is given.

    At most 1,000 characters, as announcements are; what has no room is counted. None when there is no alert.
    No account is named. The same sentence stands once.
    """
    chosen = set(kinds)
    found = [a for a in alerts if a.code in chosen and product in ("", a.product)]
    if not found:
        return None
    space = " " if lang == "en" else ""
    sentences = list(dict.fromkeys(f"{alert.day}{_COLON[lang]}{alert.said(lang)}{space}" for alert in found))
    room = _MOST_TEXT - len(_HEAD[lang]) - len(_TAIL[lang]) - len(_MORE[lang].format(n=len(sentences)))
    taken: list[str] = []
    for sentence in sentences:
        if len(sentence) > room:
            break
        taken.append(sentence)
        room -= len(sentence)
    left = len(sentences) - len(taken)
    more = _MORE[lang].format(n=left) if left else ""
    text = _HEAD[lang] + "".join(taken) + more + _TAIL[lang]
    products = {alert.product for alert in found}
    title = _TITLE[lang].format(day=max(alert.day for alert in found))
    return Draft(title[:MAX_ID], text, products.pop() if len(products) == 1 else "", left)


_COLON: Final = {"en": ": ", "zh": "："}
