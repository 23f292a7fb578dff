"""What method pages, templates and PDF reports call things, in English and Chinese."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from capwright.filing.formulas import chemical, unit_shown
from capwright.mrv.method import Component, Indicator, Method, Symbol
from capwright.mrv.working import shown
from capwright.report.voice import Voice
from capwright.scheme.section import Citation

__all__ = [
    "CONFIDENCE", "EVIDENCE", "OBTAINED", "ROLES", "SCOPES", "default_words", "gwp_words", "indicator_words",
    "items_of", "range_words", "result_symbol", "told", "units_of",
]  # fmt: skip

Words = tuple[str, str]  # English, Chinese

SCOPES: Final[dict[str, Words]] = {
    "combustion": ("combustion", "燃料燃烧"),
    "process": ("process", "工业过程"),
    "waste": ("waste", "废弃物处理"),
    "electricity": ("electricity", "净购入电力"),
    "heat": ("heat", "净购入热力"),
    "deduction": ("deduction", "扣减"),
    "memo": ("memo, not counted", "备查，不计入"),
}
ROLES: Final[dict[str, Words]] = {
    "activity": ("activity", "活动水平"),
    "property": ("property", "特性参数"),
    "factor": ("factor", "排放因子"),
}
OBTAINED: Final[dict[str, Words]] = {
    "measured": ("measured", "实测"),
    "calculated": ("calculated", "计算"),
    "default": ("default", "缺省值"),
    "estimated": ("estimated", "估算"),
}
CONFIDENCE: Final[dict[str, Words]] = {
    "official": ("official", "官方"),
    "secondary": ("secondary", "二手来源"),
    "derived": ("derived", "推算"),
    "memory": ("from memory", "凭记忆"),
    "default": ("default choice", "默认取值"),
}
EVIDENCE: Final[dict[str, Words]] = {
    "invoice": ("invoice", "发票"),
    "meter": ("meter record", "计量记录"),
    "lab": ("laboratory report", "检测报告"),
    "stock": ("stock record", "库存记录"),
    "ledger": ("ledger", "台账"),
    "other": ("other", "其他"),
}


def items_of(method: Method, component: Component) -> tuple[tuple[str, str, str, str], ...]:
    """Code, English and Chinese name and unit of counting of the items that streams may have."""
    if not component.table:
        return ()
    items = method.tables[component.table].body.items
    return tuple(
        (item.code, item.en, item.zh, item.per)
        for item in items
        if not component.items or item.code in component.items
    )


def units_of(method: Method, component: Component, symbol: Symbol) -> tuple[str, ...]:
    """The units that a symbol has for the different items of its component."""
    kinds = [(per, code) for code, _, _, per in items_of(method, component)] or [("t", "")]
    found = (
        symbol.unit.replace("{per}", per).replace("{gas}", gas if component.gas == "@item" else component.gas)
        for per, gas in kinds
    )
    return tuple(dict.fromkeys(found))


def range_words(symbol: Symbol) -> str:
    """What is possible: `0.5 – 1`, or by unit of counting."""

    def span(least: Decimal | None, most: Decimal | None) -> str:
        low = "0" if least is None else shown(least)
        return f"{low} – {shown(most)}" if most is not None else f"≥ {low}"

    pers = dict.fromkeys([*symbol.least_per, *symbol.most_per])
    if not pers:
        return span(symbol.least, symbol.most)
    return "; ".join(
        f"{unit_shown(per)}: "
        + span(symbol.least_per.get(per, symbol.least), symbol.most_per.get(per, symbol.most))
        for per in pers
    )


def default_words(method: Method, component: Component, symbol: Symbol) -> tuple[str, str, Citation | None]:
    """What a symbol takes where it is not reported, in English and Chinese, and its citation."""
    if symbol.value is not None:
        path = f"components.{component.code}.symbols.{symbol.code}.value"
        text = shown(symbol.value)
        return text, text, method.citations.get(path)
    if not symbol.default:
        return "", "", None
    name, _, place = method.default_of(symbol).partition(":")
    row, _, column = place.rpartition(".")
    table = method.tables.get(name)
    if table is None:
        return symbol.default, symbol.default, None
    item = next((item for item in table.body.items if item.code == row), None)
    if item is not None and column in item.values:
        factor = table.factor(row, column)
        said = f"{shown(factor.value)} ({table.id})"
        return said, said, factor.citation
    by = {"@area": ("by area", "按地区")}.get(row, ("by item", "按品种"))
    if item is not None:
        by = item.en, item.zh
    head = next((one for one in table.body.columns if one.code == column), None)
    year = ("and year", "、年份") if column == "@year" else ("", "")
    what = (f", {head.en}", f"“{head.zh}”") if head else ("", "")
    en = f"{by[0]} {year[0]}".strip() + f": {table.id}{what[0]}"
    return en, f"{by[1]}{year[1]}：{table.id}{what[1]}", None


def gwp_words(method: Method) -> str:
    """The set of warming potentials that the method belongs to."""
    found = method.tables.get("gwp")
    return f"{method.body.gwp.upper()} ({found.id})" if found else method.body.gwp.upper()


def _named(method: Method, code: str, voice: Voice) -> str:
    found = method.component(code)
    return code if found is None else chemical(voice.say(found.en, found.zh))


def told(method: Method, component: Component, voice: Voice) -> list[tuple[str, bool]]:
    """What must be known of a component, in a few words each, and whether it deserves a warning colour."""
    gas = voice.say("the item's gas", "所选气体") if component.gas == "@item" else chemical(component.gas)
    said = [(voice.say(*SCOPES[component.scope]), component.scope == "memo"), (gas, False)]
    monthly = component.per == "month"
    said.append((voice.say("by month", "逐月计算") if monthly else voice.say("by year", "按年计算"), False))
    if component.required:
        said.append((voice.say("required", "必填"), False))
    if component.sign < 0:
        said.append((voice.say("taken off", "予以扣除"), False))
    if component.within:
        name = _named(method, component.within, voice)
        said.append((voice.say(f"not more than “{name}”", f"不超过“{name}”"), False))
    if component.beside:
        name = _named(method, component.beside, voice)
        said.append((voice.say(f"follows from “{name}”", f"由“{name}”推得"), False))
    if component.cross_check:
        said.append((voice.say("cross-check, not counted", "核对用，不计入"), True))
    if component.switch:
        text = voice.say(
            f"only where the scheme allows {component.switch}", f"仅在方案开放{component.switch}时"
        )
        said.append((text, True))
    return said


def result_symbol(component: Component) -> str:
    """What a form gives: E for carbon dioxide, else the mass m of the gas."""
    if component.gas in {"CO2", "CO2e"}:
        return f"E_{component.code}"
    return "m" if component.gas == "@item" else f"m_{component.gas}"


def indicator_words(one: Indicator, voice: Voice) -> str:
    """Unit, bounds, coefficients and reach of a ratio."""
    said = [unit_shown(one.unit)] if one.unit != "1" else []
    if one.least is not None or one.most is not None:
        low = shown(one.least) if one.least is not None else ""
        said.append(f"{low} – {shown(one.most)}" if one.most is not None else f"≥ {low}")
    said += [f"{part.code} = {shown(part.value)} {unit_shown(part.unit)}" for part in one.coefficients]
    if one.per_facility:
        said.append(voice.say("by facility only", "仅按设施计算"))
    return voice.say("; ", "；").join(said)
