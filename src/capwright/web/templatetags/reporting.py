"""Words of monitoring, reporting and verification in templates: `{{ opinion|mrv:lang }}`, and figures."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import template

from capwright.filing.wording import OBTAINED, ROLES, SCOPES
from capwright.kernel.refusal import Refused
from capwright.mrv.working import shown
from capwright.projection.reporting import method_of
from capwright.report.groups import status_words
from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from capwright.mrv.method import Component

__all__ = ["MRV"]

register = template.Library()

MRV: Final[dict[str, tuple[str, str]]] = {
    **SCOPES,
    **OBTAINED,
    **ROLES,
    # Where a year stands.
    "missing": ("no report yet", "尚未报告"),
    "unassigned": ("needs a verifier", "待指派核查机构"),
    "verification": ("being verified", "核查中"),
    "review": ("waits for the review", "待评议"),
    "recheck": ("re-check by another verifier", "需由其他机构复查"),
    "contested": ("contested", "有异议，待重新核查"),
    "approve": ("waits for approval", "待核定"),
    "approved": ("approved", "已核定"),
    # Plans.
    "filed": ("waits for approval", "待批准"),
    "returned": ("sent back", "已退回"),
    "replaced": ("replaced before a decision", "未批先换"),
    "superseded": ("superseded", "已被新版取代"),
    # Opinions.
    "unqualified": ("unqualified", "无保留意见"),
    "qualified": ("qualified", "保留意见"),
    "adverse": ("adverse", "否定意见"),
    "disclaimer": ("disclaimer", "无法表示意见"),
    # How a plan finds its figures, and how often.
    "mass_balance": ("mass balance", "物料衡算"),
    "factor": ("factor", "排放因子"),
    "direct": ("direct measurement", "直接测量"),
    "continuous": ("continuously", "连续"),
    "shift": ("every shift", "每班"),
    "daily": ("daily", "每日"),
    "weekly": ("weekly", "每周"),
    "monthly": ("monthly", "每月"),
    "batch": ("every batch", "每批"),
    "quarterly": ("quarterly", "每季"),
    "yearly": ("yearly", "每年"),
    # Findings of verifiers.
    "misstatement": ("misstatement", "错报"),
    "nonconformity": ("nonconformity", "不符合项"),
    "recommendation": ("recommendation", "改进建议"),
    "open": ("open", "待答复"),
    "answered": ("answered", "已答复"),
    "corrected": ("corrected", "已更正"),
    "explained": ("explained", "已说明"),
    # Purposes, outcomes, bases.
    "reverification": ("verification after a contest", "异议后重新核查"),
    "accepted": ("accepted", "通过"),
    "verified": ("verified", "核查值"),
    "restated": ("restated", "已更正"),
    "clean": ("clean", "未发现问题"),
    "faults": ("faults found", "发现问题"),
    # Data quality.
    "fail": ("contradiction", "不通过"),
    "warn": ("explain", "预警"),
    # Verifiers.
    "excellent": ("excellent", "优秀"),
    "good": ("good", "良好"),
    "pass": ("pass", "合格"),
    "yellow": ("yellow card", "黄牌"),
    "red": ("red card", "红牌"),
}
_WORKING: Final = {
    re.compile(r"month (\d+)"): "{}月",
    re.compile(r"reported in (\S+)"): "上报单位：{}",
    re.compile(r"tier (\S+)"): "层级{}",
}
_SEVERITY: Final = {
    "fail": ("contradiction", "不通过"),
    "warn": ("explain", "预警"),
    "review": ("look at", "复核"),
}
_GRADE_FAIL: Final = ("fail", "不合格")


@register.filter
def mrv(value: str, lang: str = "zh") -> str:
    """A word of the reporting system."""
    return MRV.get(value, (value, value))[lang == "zh"]


@register.filter
def method_name(id_: str, lang: str = "zh") -> str:
    """What a method of calculation is called; its id where the market knows no such method."""
    with suppress(Refused), host().look() as market:
        return named(method_of(market, id_).body, lang)
    return id_


@register.filter
def severity(value: str, lang: str = "zh") -> str:
    """How grave a data-quality finding is."""
    return _SEVERITY.get(value, (value, value))[lang == "zh"]


@register.filter
def grade(value: str, lang: str = "zh") -> str:
    """A verifier's grade."""
    return (_GRADE_FAIL if value == "fail" else MRV.get(value, (value, value)))[lang == "zh"]


@register.filter
def plan_state(value: str, lang: str = "zh") -> str:
    """Where a monitoring plan stands."""
    return ("approved", "已批准")[lang == "zh"] if value == "approved" else mrv(value, lang)


@register.filter
def grouped(value: Decimal | float | None, places: int = 0) -> str:
    """A number with separators and so many decimals."""
    return "–" if value is None else f"{value:,.{places}f}"


@register.filter
def figure(value: Decimal | float | None) -> str:
    """A number as exact as the eye wants it: ten digits, no trailing zeros."""
    return "–" if value is None else shown(value if isinstance(value, Decimal) else Decimal(str(value)))


@register.filter
def named(value: Any, lang: str = "zh") -> str:
    """The English or Chinese name of what has both."""
    return value if isinstance(value, str) else str(value.zh if lang == "zh" else value.en)


@register.filter(name="from")
def looked_up(code: str, table: Mapping[str, Any] | None) -> Any:
    """What a code stands for in a table; the code itself where there is nothing."""
    return (table or {}).get(code, code)


@register.filter
def symbol(code: str, stream: Any) -> tuple[str, str]:
    """A symbol of a stream, for `in` to look up."""
    return stream.component, code


@register.filter(name="in")
def symbol_in(place: tuple[str, str], components: Mapping[str, Component] | None) -> Any:
    """The symbol of a component."""
    component = (components or {}).get(place[0])
    return (component.symbol(place[1]) if component is not None else None) or place[1]


@register.filter
def output(code: str) -> str:
    """The output's code of a datum that may name a facility."""
    return code.partition("@")[0]


_DUTIES: Final = {
    "owing": ("still owing", "未清缴"),
    "done": ("done", "已履约"),
    "short": ("short at the deadline", "到期未足额"),
    "sanctioned": ("sanctioned", "已处罚"),
    "excluded": ("no duty", "不履约"),
}


@register.filter
def duty(value: str, lang: str = "zh") -> str:
    """Where a duty stands."""
    return _DUTIES.get(value, (value, value))[lang == "zh"]


@register.filter
def sector(code: str, names: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """The names of a sector, for `spoken`."""
    return names.get(code, (code or "–", code or "–"))


@register.filter
def spoken(words: tuple[str, str], lang: str = "zh") -> str:
    """The English or the Chinese of two words."""
    return words[lang == "zh"]


_ACCOUNTS: Final = {
    "open": ("open", "正常"),
    "restricted": ("restricted", "受限"),
    "suspended": ("suspended", "暂停"),
    "closed": ("closed", "已注销"),
}


@register.filter
def account_state(value: str, lang: str = "zh") -> str:
    """The status of an account."""
    return _ACCOUNTS.get(value, (value, value))[lang == "zh"]


@register.filter
def datum_note(note: str, lang: str = "zh") -> str:
    """What the working says of a datum before the note of whoever reported it: its month, unit and tier."""
    if lang != "zh":
        return note
    parts = note.split("; ")
    for n, part in enumerate(parts):
        for said, zh in _WORKING.items():
            if found := said.fullmatch(part):
                parts[n] = zh.format(found[1])
                break
        else:
            break  # what follows is somebody's own text
    return "；".join(parts)


@register.filter
def sure(confidence: str, lang: str = "zh") -> str:
    """How sure a value of the rules is, as the report says it."""
    return status_words(confidence).said(lang)


@register.filter
def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@register.filter
def minus(value: int, other: int) -> int:
    """The difference."""
    return value - other


@register.filter
def unlocal(value: Decimal | float) -> str:
    """A number as attributes want it."""
    return f"{float(value):.3f}"


@register.filter
def days_left(until: date | None, today: date) -> int | None:
    """Days from today to a day; negative when it is past."""
    return None if until is None else (until - today).days
