"""What concerns a report as a whole: its method, its streams together, its activity levels."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct, field

from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.kernel.unit import EXACT
from capwright.ledger.checks import check_vintage
from capwright.mrv.method import Method
from capwright.mrv.reading import MONTHS_MISSING, TWICE, check_known, read_datum
from capwright.mrv.records import EmissionReport
from capwright.mrv.working import Node

__all__ = ["Outputs", "check_report"]

OTHER_METHOD = define(
    "CW-5240",
    en="The report is made for {given}; this is {method}.",
    zh="报告采用的方法为{given}，而不是{method}。",
    mend_en="Work it out with the method it names: old reports never change.",
    mend_zh="请使用报告所注明的方法版本：以往报告不随方法更新而改变。",
    rule="design: a report pins its method",
)
REQUIRED = define(
    "CW-5249",
    en="{where}: '{name}' is required and is missing.",
    zh="{where}：缺少必填项“{name}”。",
    mend_en="Report it, with 0 where there was none.",
    mend_zh="请填报，没有的填0。",
    rule="the method's boundary",
)
SWITCHED_OFF = define(
    "CW-5253",
    en="{where}: '{name}' may not be used: the scheme does not allow it ({switch}).",
    zh="{where}：方案未开放“{name}”（{switch}），不得使用。",
    mend_en="Leave it out.",
    mend_zh="请删去该项。",
    rule="POLICY-2023 explores it only; scheme: mrv.switches",
)
TOO_MANY = define(
    "CW-5256",
    en="{enterprise}: {count} source streams are more than the {most} that a report may have.",
    zh="{enterprise}：报告有{count}个排放源，超过上限{most}个。",
    mend_en="Put streams of the same component, item and facility together.",
    mend_zh="请合并同一设施、同一品种的排放源。",
    rule="design: bound everything",
)
NO_STREAMS = define(
    "CW-5257",
    en="{enterprise}: the report has no source stream.",
    zh="{enterprise}：报告没有排放源。",
    mend_en="A firm that emitted nothing reports its streams with 0.",
    mend_zh="未产生排放的，请列出排放源并填0。",
    rule="DECREE art. 7: who must report, reports what it emits",
)
BAD_PLAN = define(
    "CW-5285",
    en="{plan} is no version of a monitoring plan.",
    zh="{plan}不是有效的监测计划版本号。",
    mend_en="Write 0 for none, or up to {most}.",
    mend_zh="没有的填0，否则不超过{most}。",
    rule="design: bound everything",
)

_MOST_STREAMS: Final = 2000
_MOST_PLAN: Final = 9999
ZERO: Final = Decimal(0)


class Outputs(Struct):
    """Activity levels by output code and by `code@facility`, their sums by process, and their working."""

    values: dict[str, Decimal] = field(default_factory=dict)
    processes: dict[str, Decimal] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)


def check_report(method: Method, report: EmissionReport, switches: frozenset[str]) -> Outputs:
    """What concerns the report as a whole; returns its activity levels."""
    if report.method != method.id:
        refuse(OTHER_METHOD, given=report.method[:60], method=method.id)
    if report.digest not in {"", method.digest}:
        here = f"{method.id} ({method.digest[:12]}…)"
        refuse(OTHER_METHOD, given=f"{method.id} ({report.digest[:12]}…)", method=here)
    check_vintage(report.year)
    if not 0 <= report.plan <= _MOST_PLAN:
        refuse(BAD_PLAN, plan=str(report.plan)[:20], most=_MOST_PLAN)
    check_text("enterprise", report.enterprise, MAX_ID)
    check_text("note", report.note, MAX_REASON, least=0)
    codes: set[str] = set()
    components = {component.code: component for component in method.body.components}
    if not report.streams:
        refuse(NO_STREAMS, enterprise=report.enterprise)
    if len(report.streams) > _MOST_STREAMS:
        refuse(TOO_MANY, enterprise=report.enterprise, count=len(report.streams), most=_MOST_STREAMS)
    for stream in report.streams:
        check_text("stream", stream.code, MAX_ID)
        check_text("facility", stream.facility, MAX_ID, least=0)
        if stream.code in codes:
            refuse(TWICE, where=report.enterprise, name=stream.code)
        codes.add(stream.code)
        check_known("component", stream.code, stream.component, components)
        switch = components[stream.component].switch
        if switch and switch not in switches:
            refuse(SWITCHED_OFF, where=stream.code, name=stream.component, switch=switch)
    reported = {stream.component for stream in report.streams}
    for component in components.values():
        if component.required and component.code not in reported:
            refuse(REQUIRED, where=report.enterprise, name=component.code)
    return _outputs(method, report)


def _outputs(method: Method, report: EmissionReport) -> Outputs:
    found = Outputs()
    known = {output.code: output for output in method.body.outputs}
    names: set[str] = set()
    for datum in report.outputs:
        if datum.symbol in names:
            refuse(TWICE, where="outputs", name=datum.symbol)
        names.add(datum.symbol)
        code = datum.symbol.partition("@")[0]
        check_known("output", "outputs", code, known)
        output = known[code]
        series = read_datum(datum, output.unit, None, "outputs")
        if None in series.months:
            missing = ", ".join(str(n + 1) for n, v in enumerate(series.months) if v is None)
            refuse(MONTHS_MISSING, where="outputs", symbol=datum.symbol, months=missing)
        value = series.summed()
        found.values[code] = EXACT.add(found.values.get(code, ZERO), value)
        if datum.symbol != code:
            found.values[datum.symbol] = value
        if output.process:
            process = output.process
            found.processes[process] = EXACT.add(found.processes.get(process, ZERO), value)
        found.nodes.append(
            Node(
                en=output.en, zh=output.zh, value=value, unit=output.unit, symbol=datum.symbol,
                obtained=datum.obtained, evidence=datum.evidence,
            )
        )  # fmt: skip
    for output in method.body.outputs:
        if output.required and output.code not in found.values:
            refuse(REQUIRED, where="outputs", name=output.code)
    return found
