"""What `capwright mrv` prints: methods, results, the tree of an explanation, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capwright.cli.frame import emit_json, out, say, settings, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from rich.tree import Tree

    from capwright.mrv.calculation import Result, StreamResult
    from capwright.mrv.factors import Factor
    from capwright.mrv.method import Method
    from capwright.mrv.quality.finding import Finding
    from capwright.mrv.quality.ranking import Ranked
    from capwright.mrv.working import Node

__all__ = ["print_findings", "print_methods", "print_ranking", "print_result", "result_json"]

SCOPES = {
    "combustion": ("combustion", "燃料燃烧"),
    "process": ("process", "工业过程"),
    "waste": ("waste", "废弃物"),
    "electricity": ("electricity", "净购入电力"),
    "heat": ("heat", "净购入热力"),
    "deduction": ("deduction", "扣减"),
    "memo": ("memo, not counted", "备查，不计入"),
}


def print_methods(found: Iterable[Method]) -> None:
    """One line a method."""
    rows = list(found)
    if settings.json:
        emit_json(
            [
                {
                    "id": each.id,
                    "en": each.body.en,
                    "zh": each.body.zh,
                    "standard_en": each.body.standard_en,
                    "standard_zh": each.body.standard_zh,
                    "sectors": each.body.sectors,
                    "gwp": each.body.gwp,
                    "tables": each.body.tables,
                    "digest": each.digest,
                }
                for each in rows
            ]
        )
        return
    made = table(
        "",
        say("Method", "方法"),
        say("Name", "名称"),
        say("Standard", "依据"),
        say("GWP", "GWP"),
    )
    made.columns[0].no_wrap = True
    for each in rows:
        body = each.body
        made.add_row(
            each.id, say(body.en, body.zh), say(body.standard_en, body.standard_zh), body.gwp.upper()
        )
    out().print(made)


def amount(value: Decimal, places: int = 2) -> str:
    """A figure for the eye, rounded half up as the whole tonnes are."""
    from decimal import ROUND_HALF_UP, Decimal

    from capwright.kernel.unit import EXACT

    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, context=EXACT)
    return f"{rounded:,.{places}f}"


def print_result(result: Result, method: Method, *, explain: bool) -> None:
    """The result as tables; with `explain` the whole tree down to the readings."""
    console = out()
    body = method.body
    console.print(f"{result.enterprise} · {result.year} · {say(body.en, body.zh)} ({method.id})")
    made = table(
        "",
        say("Stream", "排放源"),
        say("Component", "类别"),
        say("Facility", "设施"),
        say("Way", "算法"),
        say("tCO2e", "排放量（tCO2e）"),
        right=(4,),
    )
    for found in result.streams:
        component = method.component(found.component)
        name = say(component.en, component.zh) if component else found.component
        made.add_row(found.stream, name, found.facility or "–", found.form, _counted(found))
    made.add_section()
    made.add_row(say("total", "合计"), "", "", "", amount(result.emissions), style="bold")
    console.print(made)
    _print_sums(result, method)
    console.print(
        say(
            f"Whole tonnes, rounded half up: {result.emissions_t:,} t",
            f"取整（四舍五入）：{result.emissions_t:,}吨",
        )
    )
    if explain:
        console.print(_tree(result.node))
    if result.provisional:
        console.print(
            say(
                f"Numbers from memory or by default that were relied on, {len(result.provisional)}:",
                f"依据了{len(result.provisional)}项凭记忆或默认的数值：",
            )
        )
        for factor in result.provisional:
            console.print(f"  {_told(factor)}")


def _counted(found: StreamResult) -> str:
    text = amount(found.emissions)
    return text if found.counted else f"({text})"


def _print_sums(result: Result, method: Method) -> None:
    console = out()
    mark, colon = say("; ", "；"), say(": ", "：")
    scopes = mark.join(f"{say(*SCOPES[name])} {amount(value)}" for name, value in result.scopes.items())
    if scopes:
        console.print(say(f"By kind: {scopes}", f"按类别：{scopes}"))
    if len(result.facilities) > 1:
        parts = mark.join(f"{name or '–'} {amount(value)}" for name, value in result.facilities.items())
        console.print(say(f"By facility: {parts}", f"按设施：{parts}"))
    outputs = {output.code: output for output in method.body.outputs}
    for name, value in result.outputs.items():
        output = outputs.get(name)
        if output is not None:
            console.print(
                f"{say(output.en, output.zh)}{colon}{amount(value, 3).rstrip('0').rstrip('.')} {output.unit}"
            )
    for indicator in method.body.indicators:
        if indicator.code in result.indicators:
            value = result.indicators[indicator.code]
            console.print(f"{say(indicator.en, indicator.zh)}{colon}{value:.4f} {indicator.unit}")


def _told(factor: Factor) -> str:
    said = f"{factor.name} [{factor.citation.confidence}] {factor.citation.source}"
    return f"{said}; {factor.citation.note}" if factor.citation.note else said


def _tree(node: Node) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    made = Tree(Text(_line(node)), guide_style="dim")
    if _is_series(node):
        made.add(Text(_series(node)))
        return made
    for child in node.children:
        made.children.append(_tree(child))
    return made


def _is_series(node: Node) -> bool:
    """Whether the node is made of its own months: they fit on a line."""
    below = node.children
    return len(below) > 1 and all(c.symbol == node.symbol and not c.children for c in below)


def _series(node: Node) -> str:
    from capwright.mrv.working import shown

    said = []
    for child in node.children:
        mark = "" if child.obtained == node.obtained else f" ({_word(child.obtained)})"
        said.append(shown(child.value) + mark)
    return f"{say('by month', '逐月')}: {' · '.join(said)}"


def quantity(value: Decimal, unit: str) -> str:
    """A number with its unit: `2 × 10^4 Nm3`, and a bare number where the unit is 1."""
    from capwright.mrv.working import shown

    if unit == "1":
        return shown(value)
    return f"{shown(value)} {'× ' if unit[0].isdigit() else ''}{unit}"


def _word(obtained: str) -> str:
    return say(obtained, _OBTAINED.get(obtained, obtained))


def _line(node: Node) -> str:
    name = say(node.en, node.zh)
    head = node.symbol if node.symbol and not node.symbol.startswith("E_") and node.symbol != name else ""
    said = f"{head}  {name}".strip() + f" = {quantity(node.value, node.unit)}"
    notes = [node.note] if node.note else []
    if node.factor is not None:
        notes.append(_told(node.factor))
    elif node.obtained:
        notes.append(_word(node.obtained))
    notes += [f"sha256 {each.sha256[:12]}…" for each in node.evidence]
    if notes:
        said += f"  [{'; '.join(notes)}]"
    if node.formula and node.formula != node.symbol and not (node.symbol == "" and node.children == ()):
        said += f"\n{_formula(node.formula)}"
        if node.numbers and node.numbers != node.formula:
            said += f"\n= {node.numbers}"
    return said


def _formula(text: str) -> str:
    import re

    from capwright.mrv.formula import CONSTANTS

    def ratio(match: re.Match[str]) -> str:
        above, below, _ = CONSTANTS[match[0]]
        return f"{above}/{below}" if below != 1 else str(above)

    return re.sub(rf"\b({'|'.join(CONSTANTS)})\b", ratio, text.replace("*", "×"))


_OBTAINED = {"measured": "实测", "calculated": "计算", "default": "缺省", "estimated": "估算"}


def result_json(result: Result, *, explain: bool) -> dict[str, Any]:
    """The result as JSON; the tree only where it was asked for."""
    from decimal import Decimal

    import msgspec

    made: dict[str, Any] = msgspec.to_builtins(result, builtin_types=(Decimal,))
    if not explain:
        made.pop("node")
        for stream in made["streams"]:
            stream.pop("node")
    trimmed: dict[str, Any] = _trimmed(made)
    return trimmed


def _trimmed(value: Any) -> Any:
    """Decimals without the zeros behind their last digit, in everything below."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        text = f"{value:f}"
        return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
    if isinstance(value, dict):
        return {name: _trimmed(below) for name, below in value.items()}
    return [_trimmed(below) for below in value] if isinstance(value, list | tuple) else value


SEVERITIES = {"fail": ("fail", "不通过"), "warn": ("warn", "预警"), "review": ("review", "复核")}


def print_findings(found: Sequence[Finding]) -> None:
    """What is odd in a report, the gravest first."""
    if settings.json:
        emit_json(found)
        return
    console = out()
    if not found:
        console.print(say("Nothing odd was found.", "未发现异常。"))
        return
    made = table(
        say("Findings", "数据质量发现"),
        say("Rule", "规则"),
        say("Grade", "等级"),
        say("Where", "位置"),
        say("What", "说明"),
    )
    for column in made.columns[:2]:
        column.no_wrap = True
    for one in found:
        where = "/".join(part for part in (one.facility, one.stream) if part)
        where += say(f" month {one.month}", f" {one.month}月") if one.month else ""
        made.add_row(one.rule, say(*SEVERITIES[one.severity]), where or "–", say(one.en, one.zh))
    console.print(made)
    console.print(say("A finding never changes a figure.", "数据质量发现不改变任何数据。"))


def print_ranking(found: Sequence[Ranked]) -> None:
    """Reports in the order in which they want a visit."""
    if settings.json:
        emit_json(found)
        return
    made = table(
        say("Inspection ranking", "检查排序"),
        say("No.", "序号"),
        say("Enterprise", "企业"),
        say("Year", "年度"),
        say("Points", "分值"),
        say("tCO2e", "排放量（吨）"),
        say("Why", "理由"),
        right=(0, 3, 4),
    )
    for one in found:
        reasons = say("; ".join(one.reasons_en), "；".join(one.reasons_zh))
        emissions = f"{one.emissions_t:,}" if one.emissions_t is not None else "–"
        made.add_row(
            str(one.place), one.enterprise, str(one.year), f"{one.score:f}", emissions, reasons or "–"
        )
    out().print(made)
