"""A method as one self-contained page: formulas in MathML, symbols, defaults, checks, tables, sources.

No script and no network: the browser sets the formulas itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Final

from capwright.filing.formulas import (
    chemical,
    mathml,
    mathml_equation,
    mathml_symbol,
    symbol_parts,
    unit_shown,
)  # fmt: skip
from capwright.filing.text import method_text
from capwright.filing.wording import (
    CONFIDENCE,
    ROLES,
    default_words,
    gwp_words,
    indicator_words,
    items_of,
    range_words,
    result_symbol,
    told,
    units_of,
)  # fmt: skip
from capwright.mrv.factors import FactorTable
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.working import shown
from capwright.report.markup import Column, details, esc, note, table, tag
from capwright.report.voice import NONE, Voice
from capwright.scheme.section import Citation

__all__ = ["method_page", "method_text"]

_UNITS_SHOWN: Final = 3


def method_page(method: Method, lang: str = "zh") -> str:
    """The page in `zh` or `en`; the same method gives the same bytes."""
    voice = Voice(lang)
    body = method.body
    title = voice.say(body.en, body.zh)
    style = _css("capwright.report", "report.css") + _css("capwright.filing", "method.css")
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f'<title>{esc(title)} · Capwright</title><link rel="icon" href="data:,"><style>{style}</style>'
    )
    sections = [
        *(
            (f"c-{one.code}", voice.say(one.en, one.zh), _component(method, one, voice))
            for one in body.components
        ),
        ("outputs", voice.say("Activity levels", "产出与活动水平"), _outputs(method, voice)),
        ("indicators", voice.say("Ratios", "强度与比率指标"), _indicators(method, voice)),
        ("tables", voice.say("Factor tables", "因子表"), _tables(method, voice)),
        ("sources", voice.say("Sources", "来源"), _sources(method, voice)),
    ]
    made = [one for one in sections if one[2]]
    links = "".join(f'<a href="#{key}">{esc(chemical(name))}</a>' for key, name, _ in made)
    contents = tag("nav", links, class_="contents", aria_label=voice.say("Sections", "目录"))
    inner = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h">'
        f'<h2 id="{key}-h">{esc(chemical(name))}</h2>{html}</section>'
        for key, name, html in made
    )
    language = "zh-CN" if voice.zh else "en"
    return (
        f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body><div class="body">'
        f"{_header(method, voice)}<main>{contents}{inner}</main>{_footer(method, voice)}"
        "</div></body></html>\n"
    )


def _css(package: str, name: str) -> str:
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8").strip()
    assert "</style" not in text.lower()
    return text + "\n"


def _header(method: Method, voice: Voice) -> str:
    body = method.body
    brand = tag("p", f"Capwright · {esc(voice.say('Accounting method', '核算方法'))}", class_="brand")
    facts = [
        (voice.say("Method", "方法"), method.id),
        (voice.say("Standard", "依据标准"), voice.say(body.standard_en, body.standard_zh)),
        (voice.say("Warming potentials", "全球增温潜势"), gwp_words(method)),
    ]
    listed = "".join(f"<div><dt>{esc(key)}</dt><dd>{esc(value)}</dd></div>" for key, value in facts)
    boundary = voice.say(body.boundary_en, body.boundary_zh)
    said = ""
    if boundary:
        head = tag("strong", esc(voice.say("Boundary", "核算边界")))
        said = f'<p class="nature">{head} {esc(chemical(boundary))}</p>'
    title = tag("h1", esc(chemical(voice.say(body.en, body.zh))))
    return f'<header><div class="top">{brand}</div>{title}<dl class="facts">{listed}</dl>{said}</header>'


# A component.


def _component(method: Method, component: Component, voice: Voice) -> str:
    remark = voice.say(component.note_en, component.note_zh)
    parts = [_tags(method, component, voice), note(chemical(remark), "lead") if remark else ""]
    parts += [_forms(component, voice), _symbols(method, component, voice)]
    parts += [_derived(component, voice), _tiers(component, voice), _checks(component, voice)]
    items = items_of(method, component)
    if items:
        rows = [(voice.say(en, zh), code, unit_shown(per)) for code, en, zh, per in items]
        columns = [
            Column(voice.say("Item", "品种")),
            Column(voice.say("Code", "代码")),
            Column(voice.say("Counted in", "计量单位")),
        ]
        title = voice.say(f"Items to choose from ({len(rows)})", f"可选品种（{len(rows)}）")
        parts.append(details(title, table(title, columns, rows, quiet=True)))
    return "".join(parts)


def _tags(method: Method, component: Component, voice: Voice) -> str:
    inner = "".join(
        tag("li", esc(text), class_="off") if off else tag("li", esc(text))
        for text, off in told(method, component, voice)
    )
    return f'<ul class="tags">{inner}<li><code>{esc(component.code)}</code></li></ul>'


def _forms(component: Component, voice: Voice) -> str:
    left = result_symbol(component)
    plain_gas = left.startswith("E_")
    inner = "".join(
        f"<li><p>{esc(chemical(voice.say(form.en, form.zh)))} <code>{esc(form.code)}</code></p>"
        f"{mathml_equation(left, form.formula, sign=component.sign if plain_gas else 1)}</li>"
        for form in component.forms
    )
    said = ""
    if len(component.forms) > 1:
        text = voice.say(
            "In order of precedence: the first whose symbols are all known is used.",
            "按优先次序排列：采用第一个参数齐备的算法。",
        )
        said = note(text)
    made = f'{said}<ol class="forms">{inner}</ol>'
    if plain_gas:
        return made
    minus = "<mo>−</mo>" if component.sign < 0 else ""
    warming = f"<mi>GWP</mi><mo>(</mo><mtext>{esc(_gas(component, voice))}</mtext><mo>)</mo>"
    return made + (
        f'<p class="plainly">{esc(voice.say("In tonnes of CO₂ equivalent:", "折算为二氧化碳当量："))} '
        f"<math>{mathml_symbol(f'E_{component.code}')}<mo>=</mo>{minus}"
        f"{mathml_symbol(left)}<mo>×</mo>{warming}</math></p>"
    )


def _gas(component: Component, voice: Voice) -> str:
    return voice.say("gas", "气体") if component.gas == "@item" else chemical(component.gas)


def _symbols(method: Method, component: Component, voice: Voice) -> str:
    heads = [
        voice.say("Symbol", "符号"),
        voice.say("Meaning", "含义"),
        voice.say("Unit", "单位"),
        voice.say("Kind", "类别"),
        voice.say("If not reported", "未填报时"),
        voice.say("Possible", "可能范围"),
    ]
    rows = [_symbol(method, component, symbol, voice) for symbol in component.symbols]
    return _grid(voice.say("Symbols", "符号"), heads, rows)


def _symbol(method: Method, component: Component, symbol: Symbol, voice: Voice) -> list[str]:
    units = [unit_shown(one) for one in units_of(method, component, symbol)]
    text = voice.say("; ", "；").join(units[:_UNITS_SHOWN]) + (" …" if len(units) > _UNITS_SHOWN else "")
    key = (
        f' <code class="key">{esc(symbol.code)}</code>'
        if symbol_parts(symbol.code) != (symbol.code, "")
        else ""
    )
    return [
        f'<th scope="row" class="symbol"><math>{mathml_symbol(symbol.code)}</math></th>',
        f"<td>{esc(chemical(voice.say(symbol.en, symbol.zh)))}{key}</td>",
        f'<td class="unit">{esc(text)}</td>',
        f"<td>{esc(_role(symbol, voice))}</td>",
        f"<td>{_default(method, component, symbol, voice)}</td>",
        f'<td class="range">{esc(range_words(symbol))}</td>',
    ]


def _role(symbol: Symbol, voice: Voice) -> str:
    weight = symbol.weight and voice.say(f", weighted with {symbol.weight}", f"，以{symbol.weight}加权")
    return voice.say(*ROLES[symbol.role]) + weight


def _default(method: Method, component: Component, symbol: Symbol, voice: Voice) -> str:
    en, zh, citation = default_words(method, component, symbol)
    said = esc(voice.say(en, zh))
    if citation is not None:
        said += f" {_mark(citation, voice)}"
    if symbol.fixed:
        said = f"{esc(voice.say('prescribed:', '方法规定：'))} {said}"
    if symbol.formulas:
        worked = esc(voice.say("worked out, see below", "按下列公式推算"))
        said = f"{worked}{esc(voice.say('; else ', '；否则'))}{said}" if said else worked
    return said or NONE


def _mark(citation: Citation, voice: Voice) -> str:
    text = voice.say(*CONFIDENCE[citation.confidence])
    title = citation.source + (f"; {citation.note}" if citation.note else "")
    kind = "doubt" if citation.confidence.provisional else "key"
    return f'<span class="{kind}" title="{esc(title)}">[{esc(text)}]</span>'


def _derived(component: Component, voice: Voice) -> str:
    rows = [(symbol, text) for symbol in component.symbols for text in symbol.formulas]
    if not rows:
        return ""
    inner = "".join(mathml_equation(symbol.code, text) for symbol, text in rows)
    return f"<h3>{esc(voice.say('Worked out where not reported', '未填报时的推算'))}</h3>{inner}"


def _tiers(component: Component, voice: Voice) -> str:
    rows = [
        (symbol.code, tier.tier, chemical(voice.say(tier.en, tier.zh)),
         NONE if tier.uncertainty is None else f"{shown((tier.uncertainty * 100).normalize())} %")
        for symbol in component.symbols
        for tier in symbol.tiers
    ]  # fmt: skip
    if not rows:
        return ""
    title = voice.say("Tiers", "层级")
    heads = (
        ("Symbol", "符号"),
        ("Tier", "层级"),
        ("Meaning", "含义"),
        ("Uncertainty, at most", "不确定度上限"),
    )
    columns = [Column(voice.say(*head), number=n == len(heads) - 1) for n, head in enumerate(heads)]
    return f"<h3>{esc(title)}</h3>{table(title, columns, rows, quiet=True)}"


def _checks(component: Component, voice: Voice) -> str:
    if not component.checks:
        return ""
    inner = "".join(
        f"<li>{esc(chemical(voice.say(one.en, one.zh)))}: "
        f"<math>{mathml(one.low)}<mo>≤</mo>{mathml(one.high)}</math></li>"
        for one in component.checks
    )
    return f"<h3>{esc(voice.say('Must hold', '须满足'))}</h3><ul>{inner}</ul>"


def _grid(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML, `th` and `td` included."""
    head = "".join(f'<th scope="col">{esc(text)}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    said = f'role="region" tabindex="0" aria-label="{esc(caption)}"'
    inner = (
        f'<caption class="quiet">{esc(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
    )
    return f'<div class="scroll" {said}><table>{inner}</table></div>'


# The method as a whole.


def _outputs(method: Method, voice: Voice) -> str:
    rows = [
        (voice.say(one.en, one.zh), one.code, unit_shown(one.unit), one.process or NONE,
         voice.yes(one.required))
        for one in method.body.outputs
    ]  # fmt: skip
    if not rows:
        return ""
    heads = (("Output", "产出"), ("Code", "代码"), ("Unit", "单位"), ("Allocation process", "配额分配工序"))
    columns = [Column(voice.say(*head)) for head in (*heads, ("Required", "必填"))]
    return table(voice.say("Activity levels", "产出与活动水平"), columns, rows, quiet=True)


def _indicators(method: Method, voice: Voice) -> str:
    inner = "".join(
        f"<li><p>{esc(chemical(voice.say(one.en, one.zh)))} <code>{esc(one.code)}</code> "
        f"{esc(indicator_words(one, voice))}</p>{mathml_equation(one.code, one.formula)}</li>"
        for one in method.body.indicators
    )
    if not inner:
        return ""
    said = voice.say(
        "E is the total, E with a component's code that component's emissions, both in tCO₂e.",
        "E 为排放总量，E 带类别代码为该类别排放量，单位均为 tCO₂e。",
    )
    return f'{note(said)}<ul class="forms">{inner}</ul>'


def _tables(method: Method, voice: Voice) -> str:
    return "".join(
        details(
            f"{voice.say(found.body.en, found.body.zh)} · {found.id}",
            factor_table(found, voice, only=method.body.gwp if name == "gwp" else ""),
        )
        for name, found in sorted(method.tables.items())
    )


def factor_table(found: FactorTable, voice: Voice, *, only: str = "") -> str:
    """All values of a table; `only` leaves the other columns out."""
    heads = [one for one in found.body.columns if only in {"", one.code}]
    columns = [Column(voice.say("Item", "品种")), Column(voice.say("Counted in", "计量单位"))]
    columns += [Column(_head(voice.say(one.en, one.zh), one.unit, voice), number=True) for one in heads]
    columns += [Column(voice.say("Confidence", "可信度")), Column(voice.say("Source", "来源"))]
    rows = []
    for item in found.body.items:
        cites = [
            found.citations[f"items.{item.code}.values.{one.code}"]
            for one in heads
            if one.code in item.values
        ]
        row = [voice.say(item.en, item.zh), unit_shown(item.per)]
        row += [shown(item.values[one.code]) if one.code in item.values else NONE for one in heads]
        sure = dict.fromkeys(voice.say(*CONFIDENCE[one.confidence]) for one in cites)
        notes = dict.fromkeys(one.source + (f" ({one.note})" if one.note else "") for one in cites)
        rows.append([*row, voice.say(", ", "、").join(sure), "; ".join(notes)])
    return table(found.id, columns, rows, quiet=True)


def _head(name: str, unit_text: str, voice: Voice) -> str:
    if unit_text == "1":
        return name
    text = unit_text.replace("{per}", voice.say("unit", "计量单位"))
    return voice.say(f"{name}, {unit_shown(text)}", f"{name}（{unit_shown(text)}）")


def _sources(method: Method, voice: Voice) -> str:
    found: dict[tuple[str, str], int] = {}
    for one in (
        *method.citations.values(),
        *(c for t in method.tables.values() for c in t.citations.values()),
    ):
        key = one.source, one.confidence.value
        found[key] = found.get(key, 0) + 1
    rows = [
        (source, voice.say(*CONFIDENCE[sure]), voice.whole(count))
        for (source, sure), count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    columns = [
        Column(voice.say("Source", "来源")),
        Column(voice.say("Confidence", "可信度")),
        Column(voice.say("Values", "数值个数"), number=True),
    ]
    said = voice.say(
        "Values from memory or chosen by default are named in every report that relies on them.",
        "凭记忆或默认取值的数据，在所有引用它的报告中均会列明。",
    )
    return note(said) + table(voice.say("Sources", "来源"), columns, rows, quiet=True)


def _footer(method: Method, voice: Voice) -> str:
    text = voice.say(
        "Digest of the method and all its numbers; a report that keeps it pins them:",
        "方法及其全部数值的摘要值，报告凭此锁定版本：",
    )
    return f'<footer><p>{esc(text)} <code class="hash">{esc(method.digest)}</code></p></footer>'
