"""From reported data to tonnes: exact, and every number explains itself.

Decimals of 60 digits while working, 50 stated; nothing is rounded on the way. The total of the enterprise is
rounded once, half up, to whole tonnes (EU 2018/2066 art. 72 asks for whole tonnes; where a standard is silent
this is the documented default). What is shown of the parts is rounded for the eye only.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.unit import EXACT, convert, stated, total, unit
from capwright.mrv import formula
from capwright.mrv.deductions import limited
from capwright.mrv.factors import Factor
from capwright.mrv.method import Component, Form, Method, Scope
from capwright.mrv.ratios import ratios
from capwright.mrv.records import MONTHS, EmissionReport, Stream
from capwright.mrv.report_check import check_report
from capwright.mrv.source_stream import Given, Scoped, open_stream
from capwright.mrv.twins import twins
from capwright.mrv.working import Node, factor_node, filled

__all__ = ["Result", "StreamResult", "choose", "compute", "round_t", "work_out"]

NOTHING_FITS = define(
    "CW-5250",
    en="{stream}: no way to work out '{component}' from what is given. The first way lacks {missing}.",
    zh="{stream}：所给数据无法计算“{component}”，首选算法缺少{missing}。",
    mend_en="Ways in order of precedence: {forms}.",
    mend_zh="按优先次序可用的算法：{forms}。",
    rule="the method's forms",
)
FORM_UNKNOWN = define(
    "CW-5251",
    en="{stream}: '{form}' is no form of '{component}'.",
    zh="{stream}：“{component}”没有算法“{form}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="the method's forms",
)
TOTAL_NEGATIVE = define(
    "CW-5252",
    en="The report comes to {total} t: less than nothing.",
    zh="报告合计为{total}吨，小于零。",
    mend_en="A deduction is larger than what it is taken from. Look at: {streams}.",
    mend_zh="扣减量超过被扣减的排放量，请核对：{streams}。",
    rule="design: an impossible value is an error, never a number",
)
ZERO: Final = Decimal(0)
_MOST_T: Final = Decimal("1e30")


class StreamResult(Struct, frozen=True):
    """What one stream comes to, in tCO2e, sign included; `counted` is false for memos and cross-checks."""

    stream: str
    component: str
    facility: str
    scope: Scope
    counted: bool
    gas: str
    gas_t: Decimal
    emissions: Decimal
    form: str
    node: Node
    months: tuple[Decimal, ...] = ()


class Result(Struct, frozen=True):
    """An enterprise's year. `emissions` is exact tCO2e; `emissions_t` the whole tonnes that count.

    `outputs` are activity levels in the method's units, `processes` the sums that allocation takes, by
    process code. `provisional` are the numbers that were used and are from memory or defaults.
    """

    enterprise: str
    year: int
    method: str
    digest: str
    emissions: Decimal
    emissions_t: int
    streams: tuple[StreamResult, ...]
    scopes: dict[str, Decimal]
    facilities: dict[str, Decimal]
    outputs: dict[str, Decimal]
    processes: dict[str, Decimal]
    indicators: dict[str, Decimal]
    node: Node
    provisional: tuple[Factor, ...] = ()


# Far above what fifty stated digits of thousands of parts can be off by, far below what any figure says.
_SETTLED: Final = Decimal("1e-25")


def round_t(value: Decimal) -> int:
    """Whole tonnes, half up.

    The last stated digits do not decide: three times a sixth of a tonne (44/12 has no end) is half a tonne.
    """
    settled = value.quantize(_SETTLED, context=EXACT) if abs(value) < _MOST_T else value
    return int(settled.to_integral_value(ROUND_HALF_UP))


def compute(method: Method, report: EmissionReport, *, switches: frozenset[str] = frozenset()) -> Result:
    """Work a report out; refuses what is not sound, naming the stream and the symbol.

    `switches` are the rules of the scheme that allow certain deductions (`green_power`).
    """
    outputs = check_report(method, report, switches)
    streams = work_out(method, report)
    counted = [found for found in streams if found.counted]
    emissions = total(found.emissions for found in counted)
    if emissions < 0:
        lowest = ", ".join(s.stream for s in counted if s.emissions < 0)
        refuse(TOTAL_NEGATIVE, total=str(round(emissions, 2)), streams=lowest)
    scopes: dict[str, Decimal] = {}
    facilities: dict[str, Decimal] = {}
    for found in counted:
        scopes[found.scope] = EXACT.add(scopes.get(found.scope, ZERO), found.emissions)
        facilities[found.facility] = EXACT.add(facilities.get(found.facility, ZERO), found.emissions)
    indicators, ratio_nodes = ratios(method, counted, outputs.values)
    node = Node(
        en=f"{report.enterprise}, {report.year}",
        zh=f"{report.enterprise}，{report.year}年",
        value=emissions,
        unit="tCO2e",
        formula=" + ".join(f.stream if f.emissions >= 0 else f"({f.stream})" for f in counted)[:200],
        note=f"{round_t(emissions)} t",
        children=(*(found.node for found in streams), *outputs.nodes, *ratio_nodes),
    )
    return Result(
        enterprise=report.enterprise,
        year=report.year,
        method=method.id,
        digest=method.digest,
        emissions=emissions,
        emissions_t=round_t(emissions),
        streams=tuple(streams),
        scopes=scopes,
        facilities=facilities,
        outputs=outputs.values,
        processes=outputs.processes,
        indicators=indicators,
        node=node,
        provisional=_provisional(node),
    )


def work_out(method: Method, report: EmissionReport) -> list[StreamResult]:
    """What the streams come to and what follows from them, whether or not the report is complete."""
    streams = [_stream(method, report, stream) for stream in report.streams]
    return limited(method, streams) + _beside(method, report)


def _stream(method: Method, report: EmissionReport, stream: Stream) -> StreamResult:
    scoped = open_stream(method, report, stream)
    component = scoped.component
    monthly = component.per == "month" and scoped.monthly
    gas = scoped.gas
    if monthly:
        parts = [_worked(scoped, scoped.of_month(month), month) for month in range(MONTHS)]
        form = "+".join(dict.fromkeys(code for code, _, _ in parts))
        gas_t = total(value for _, value, _ in parts)
        children = tuple(node for _, _, node in parts)
        text = "Σ"
    else:
        form, gas_t, only = _worked(scoped, scoped.of_year())
        parts, children, text = [], only.children, only.formula
    factor, gwp_node = _gwp(method, gas)
    scale = EXACT.multiply(Decimal(component.sign), factor)
    emissions = stated(EXACT.multiply(gas_t, scale))
    node = Node(
        en=f"{stream.code}: {component.en}",
        zh=f"{stream.code}：{component.zh}",
        symbol=f"E_{component.code}",
        value=emissions,
        unit="tCO2e",
        formula=text + ("" if gas == "CO2" else f" × GWP({gas})"),
        numbers="" if monthly else only.numbers,
        note=_note(component, form, scoped),
        children=(*children, *gwp_node),
    )
    return StreamResult(
        stream=stream.code,
        component=component.code,
        facility=stream.facility,
        scope=component.scope,
        counted=component.scope != "memo" and not component.cross_check,
        gas=gas,
        gas_t=gas_t,
        emissions=emissions,
        form=form,
        node=node,
        months=tuple(stated(EXACT.multiply(value, scale)) for _, value, _ in parts),
    )


def _beside(method: Method, report: EmissionReport) -> list[StreamResult]:
    """What follows from the reported streams; a cross-check or memo that does not fit one is left out."""
    made = []
    for twin, component in twins(method, report):
        try:
            made.append(_stream(method, report, twin))
        except Refused:
            if component.scope != "memo" and not component.cross_check:
                raise
    return made


def _note(component: Component, form: str, scoped: Scoped) -> str:
    said = [form]
    if scoped.item is not None:
        said.append(scoped.item.code)
    if component.scope == "memo":
        said.append("memo, not counted")
    if component.cross_check:
        said.append("cross-check, not counted")
    return "; ".join(said)


def _worked(scoped: Scoped, given: dict[str, Given], month: int | None = None) -> tuple[str, Decimal, Node]:
    """The form used, the tonnes of gas, and how they came about."""
    idle = _idle(scoped, given) if month is not None else None
    if idle is not None:
        return "none", ZERO, idle
    scoped.check(given)
    form, known = choose(scoped, given)
    scoped.check(known)
    values = {code: one.value for code, one in known.items()}
    raw = formula.evaluate(form.formula, values)
    found = formula.unit_of(form.formula, {code: unit(one.unit) for code, one in known.items()})
    gas_t = stated(convert(raw, found, unit(f"t{scoped.gas}")))
    names = formula.symbols(form.formula)
    node = Node(
        en=f"month {month + 1}" if month is not None else form.en,
        zh=f"{month + 1}月" if month is not None else form.zh,
        value=gas_t,
        unit=f"t{scoped.gas}",
        formula=form.formula,
        numbers=filled(form.formula, values),
        note=form.code,
        children=tuple(known[name].node for name in names),
    )
    return form.code, gas_t, node


def _idle(scoped: Scoped, given: dict[str, Given]) -> Node | None:
    """A month in which nothing was used needs no properties."""
    used = [given[s.code] for s in scoped.component.symbols if s.role == "activity" and s.code in given]
    if not used or any(one.value for one in used):
        return None
    return Node(
        en="nothing used",
        zh="未使用",
        value=ZERO,
        unit=f"t{scoped.gas}",
        children=tuple(u.node for u in used),
    )


def choose(scoped: Scoped, given: dict[str, Given]) -> tuple[Form, dict[str, Given]]:
    """The first form whose symbols are all known, with them."""
    component, wanted = scoped.component, scoped.stream.form
    forms = [form for form in component.forms if wanted in {"", form.code}]
    if not forms:
        known = ", ".join(form.code for form in component.forms)
        refuse(FORM_UNKNOWN, stream=scoped.stream.code, form=wanted, component=component.code, known=known)
    chosen = next((found for form in forms if (found := _complete(scoped, form, given))), None)
    if chosen is None:
        names = formula.symbols(forms[0].formula)
        refuse(
            NOTHING_FITS,
            stream=scoped.stream.code,
            component=component.code,
            missing=next(name for name in names if scoped.resolve(name, given) is None),
            forms="; ".join(f"{form.code}: {form.formula}" for form in forms),
        )
    return chosen


def _complete(scoped: Scoped, form: Form, given: dict[str, Given]) -> tuple[Form, dict[str, Given]] | None:
    """The form with all its symbols, or None."""
    known: dict[str, Given] = {}
    for name in formula.symbols(form.formula):
        one = scoped.resolve(name, given)
        if one is None:
            return None
        known[name] = one
    return form, known


def _gwp(method: Method, gas: str) -> tuple[Decimal, tuple[Node, ...]]:
    if gas in {"CO2", "CO2e"}:
        return Decimal(1), ()
    factor = method.tables["gwp"].factor(gas, method.body.gwp)
    return factor.value, (factor_node(factor, f"GWP({gas})"),)


def _provisional(node: Node) -> tuple[Factor, ...]:
    found: dict[str, Factor] = {}

    def walk(node: Node) -> None:
        if node.factor is not None and node.factor.citation.confidence.provisional:
            found[node.factor.name] = node.factor
        for child in node.children:
            walk(child)

    walk(node)
    return tuple(found.values())
