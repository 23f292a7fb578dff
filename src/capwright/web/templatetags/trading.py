"""Words of the exchange in templates: `{{ mode|mode_words:lang }}`, `{{ ms|clock }}`, `{{ fen|signed }}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import template

from capwright.kernel.quantity import format_money
from capwright.web.clock import local

if TYPE_CHECKING:
    from collections.abc import Sequence

register = template.Library()

Words = dict[str, tuple[str, str]]
MODES: Final[Words] = {
    "listed_click": ("Listed-click", "挂牌点选"),
    "listed_bidding": ("Listed bidding", "挂牌竞价"),
    "continuous": ("Continuous matching", "连续竞价"),
    "negotiated": ("Negotiated transfer", "协议转让"),
    "block": ("Block trade", "大宗协议"),
    "one_way_auction": ("One-way auction", "单向竞价"),
    "entrusted_auction": ("Entrusted auction", "竞价转让"),
}
PHASES: Final[Words] = {
    "shut": ("Closed", "已收市"),
    "before": ("Before the session", "开市前"),
    "session": ("In session", "交易中"),
    "break": ("Break", "午间休市"),
    "after": ("After the session", "收市后"),
}
SIDES: Final[Words] = {"buy": ("Buy", "买入"), "sell": ("Sell", "卖出"), "": ("–", "–")}
VALIDITIES: Final[Words] = {
    "day": ("Today", "当日有效"),
    "gtd": ("Until a day", "指定日前有效"),
    "ioc": ("At once, rest cancelled", "立即成交剩余撤销"),
    "fok": ("All at once or nothing", "全部成交否则撤销"),
}
PICKS: Final[Words] = {
    "best": ("only the best listing, by price, then time", "仅可点选最优挂牌（价格优先、时间优先）"),
    "best_five": ("listings at the best five prices", "可点选最优五档价格的挂牌"),
    "any": ("any listing", "可点选任一挂牌"),
}
TRIGGERS: Final[Words] = {
    "abnormal_price": ("Abnormal price", "价格异常"),
    "abnormal_trading": ("Abnormal trading", "交易异常"),
    "abnormal_funds": ("Abnormal funds", "资金异常"),
    "suspected_breach": ("Suspected breach", "涉嫌违规"),
    "complaint": ("Complaint", "投诉举报"),
    "judicial_case": ("Judicial case", "司法案件"),
    "other": ("Other", "其他"),
}
MEASURES: Final[Words] = {
    "publish": ("Publish the case", "公开谴责"),
    "suspend": ("Suspend trading", "暂停交易"),
    "end_membership": ("End the membership", "终止会员资格"),
}
STEPS: Final[Words] = {
    "opened": ("Opened", "立案"),
    "summons": ("Summoned to an interview", "约谈通知"),
    "interview": ("Interview", "约谈记录"),
    "report required": ("Report required", "要求书面报告"),
    "report": ("Report", "书面报告"),
    "warning": ("Risk warning", "风险提示"),
    "regulator": ("Reported to the regulator", "报告主管部门"),
    "measure lifted": ("Measure set aside", "撤销措施"),
    "closed": ("Closed", "结案"),
    **MEASURES,
}
STATUSES: Final[Words] = {
    "open": ("open", "正常"),
    "suspended": ("suspended", "暂停使用"),
    "restricted": ("restricted", "受限"),
    "blocked": ("blocked", "冻结"),
    "closed": ("closed", "已销户"),
}
RIGHTS: Final[Words] = {
    "proprietary": ("own trading", "自营"),
    "brokerage": ("brokerage", "经纪"),
    "custody": ("custody", "托管"),
    "public_benefit": ("public benefit", "公益"),
}
AUCTIONS: Final[Words] = {
    "entrusted": ("Entrusted", "已委托"),
    "announced": ("Announced", "已公告"),
    "bidding": ("Bidding", "申报中"),
    "closed": ("To be cleared", "待出清"),
    "cleared": ("Cleared", "已出清"),
    "cancelled": ("Cancelled", "已取消"),
}
_ALL: Final = {
    "mode": MODES,
    "phase": PHASES,
    "side": SIDES,
    "validity": VALIDITIES,
    "pick": PICKS,
    "trigger": TRIGGERS,
    "measure": MEASURES,
    "auction": AUCTIONS,
    "step": STEPS,
    "status": STATUSES,
    "right": RIGHTS,
}


def word(kind: str, value: str, lang: str) -> str:
    """What a value of a kind is called in a language; the value itself where it has no name."""
    found = _ALL[kind].get(value)
    return value if found is None else found[1 if lang == "zh" else 0]


def words(kind: str, lang: str) -> dict[str, str]:
    """All names of a kind, for scripts."""
    return {value: word(kind, value, lang) for value in _ALL[kind]}


@register.filter
def mode_words(value: str, lang: str) -> str:
    """A mode of trading."""
    return word("mode", value, lang)


@register.filter
def phase_words(value: str, lang: str) -> str:
    """A part of the trading day."""
    return word("phase", value, lang)


@register.filter
def validity_words(value: str, lang: str) -> str:
    """How long an order stands."""
    return word("validity", value, lang)


@register.filter
def pick_words(value: str, lang: str) -> str:
    """Which listings may be picked."""
    return word("pick", value, lang)


@register.filter
def trigger_words(value: str, lang: str) -> str:
    """Why a case is opened."""
    return word("trigger", value, lang)


@register.filter
def measure_words(value: str, lang: str) -> str:
    """A measure of the exchange."""
    return word("measure", value, lang)


@register.filter
def step_words(value: str, lang: str) -> str:
    """A step of a case."""
    return word("step", value, lang)


@register.filter
def status_words(value: str, lang: str) -> str:
    """The status of an account."""
    return word("status", value, lang)


@register.filter
def right_words(value: str, lang: str) -> str:
    """What a member is admitted for."""
    return word("right", value, lang)


@register.filter
def auction_words(value: str, lang: str) -> str:
    """How far an auction is."""
    return word("auction", value, lang)


@register.filter
def clock(at_ms: int | None) -> str:
    """Hours and minutes by the market's clock."""
    return "–" if not at_ms else local(at_ms).strftime("%H:%M")


@register.filter
def hours(windows_ms: Sequence[tuple[int, int]]) -> str:
    """Sessions as hours of the day."""
    return " · ".join(f"{local(begin):%H:%M}–{local(end):%H:%M}" for begin, end in windows_ms) or "–"


@register.filter
def price(fen: int | None) -> str:
    """A price; a dash where there is none."""
    return format_money(fen) if fen else "–"


@register.filter
def change_share(product: Any) -> str:
    """How far a product is from its opening price, as the script writes it, so that nothing moves then."""
    if not product.opening_fen_per_t:
        return ""
    share = 100 * (product.last_fen_per_t - product.opening_fen_per_t) / product.opening_fen_per_t
    return f"  {share:+.2f}%" if share else "  0.00%"


@register.filter
def signed(fen: int) -> str:
    """A change of price with its sign."""
    return f"+{format_money(fen)}" if fen > 0 else format_money(fen)


@register.filter
def permille(ppm: int) -> str:
    """A fee in per mille of the value."""
    return f"{ppm / 1000:g}‰"


@register.filter
def trend(fen: int) -> str:
    """The class of a change: prices that rise are red, as in Chinese markets."""
    return "up" if fen > 0 else "down" if fen < 0 else ""


@register.filter
def share(value: float | None) -> str:
    """A share of 1 in per cent with two decimals."""
    return "–" if value is None else f"{float(value):.2%}"


@register.filter
def item(found: dict[str, object], key: str) -> object:
    """The value of a key."""
    return found.get(key, "")
