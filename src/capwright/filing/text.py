"""A method as plain text for a terminal, formulas in Unicode."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from capwright.filing.formulas import chemical, plain, plain_symbol, unit_shown
from capwright.filing.wording import (
    CONFIDENCE,
    ROLES,
    default_words,
    gwp_words,
    indicator_words,
    range_words,
    result_symbol,
    told,
    units_of,
)  # fmt: skip
from capwright.mrv.method import Component, Method, Symbol
from capwright.report.voice import Voice

__all__ = ["method_text"]


def method_text(method: Method, lang: str = "zh") -> str:
    """The method in `zh` or `en`, line by line."""
    voice = Voice(lang)
    lines = [*_head(method, voice)]
    for component in method.body.components:
        lines += ["", *_component(method, component, voice)]
    lines += _rest(method, voice)
    return "\n".join(lines) + "\n"


def _head(method: Method, voice: Voice) -> Iterator[str]:
    body = method.body
    yield chemical(voice.say(body.en, body.zh))
    yield f"{method.id} · {voice.say(body.standard_en, body.standard_zh)}"
    yield f"{voice.say('Warming potentials', '全球增温潜势')}: {gwp_words(method)}"
    boundary = voice.say(body.boundary_en, body.boundary_zh)
    if boundary:
        yield f"{voice.say('Boundary', '核算边界')}: {chemical(boundary)}"
    yield f"{voice.say('Digest', '摘要值')}: {method.digest}"


def _component(method: Method, component: Component, voice: Voice) -> Iterator[str]:
    said = " · ".join(text for text, _ in told(method, component, voice))
    yield f"■ {chemical(voice.say(component.en, component.zh))} [{component.code}]"
    yield f"  {said}"
    remark = voice.say(component.note_en, component.note_zh)
    if remark:
        yield f"  {chemical(remark)}"
    left = result_symbol(component)
    for count, form in enumerate(component.forms, start=1):
        minus = "−" if component.sign < 0 and left.startswith("E_") else ""
        right = plain(form.formula)
        right = f"−({right})" if minus and (" + " in right or " − " in right) else minus + right
        name = chemical(voice.say(form.en, form.zh))
        number = f"{count}. " if len(component.forms) > 1 else ""
        yield f"  {number}{plain_symbol(left)} = {right}    {name} [{form.code}]"
    if not left.startswith("E_"):
        minus = "−" if component.sign < 0 else ""
        gas = voice.say("gas", "气体") if component.gas == "@item" else chemical(component.gas)
        yield f"  {plain_symbol(f'E_{component.code}')} = {minus}{plain_symbol(left)} × GWP({gas})"
    rows = [_symbol(method, component, symbol, voice) for symbol in component.symbols]
    yield from _columns(rows)
    for symbol in component.symbols:
        for text in symbol.formulas:
            yield f"    {plain_symbol(symbol.code)} = {plain(text)}"
    for check in component.checks:
        yield f"  {plain(check.low)} ≤ {plain(check.high)}    {chemical(voice.say(check.en, check.zh))}"


def _symbol(method: Method, component: Component, symbol: Symbol, voice: Voice) -> tuple[str, ...]:
    units = "; ".join(unit_shown(one) for one in units_of(method, component, symbol))
    en, zh, citation = default_words(method, component, symbol)
    said = voice.say(en, zh)
    if citation is not None:
        said += f" [{voice.say(*CONFIDENCE[citation.confidence])}]"
    if symbol.fixed:
        said = voice.say("prescribed: ", "方法规定：") + said
    elif said:
        said = voice.say("else ", "缺省：") + said
    name = chemical(voice.say(symbol.en, symbol.zh))
    kind = voice.say(*ROLES[symbol.role])
    return plain_symbol(symbol.code), name, f"[{units}]", kind, range_words(symbol), said


def _rest(method: Method, voice: Voice) -> Iterator[str]:
    body = method.body
    if body.outputs:
        yield ""
        yield f"■ {voice.say('Activity levels', '产出与活动水平')}"
        yield from _columns(
            [
                (
                    one.code,
                    voice.say(one.en, one.zh),
                    f"[{unit_shown(one.unit)}]",
                    one.process and f"→ {one.process}",
                )
                for one in body.outputs
            ]
        )
    if body.indicators:
        yield ""
        yield f"■ {voice.say('Ratios', '强度与比率指标')}"
        for one in body.indicators:
            words = indicator_words(one, voice)
            name = chemical(voice.say(one.en, one.zh))
            yield f"  {one.code} = {plain(one.formula)}    {name}{f' [{words}]' if words else ''}"
    yield ""
    yield f"■ {voice.say('Factor tables', '因子表')}"
    rows = sorted(method.tables.items())
    yield from _columns([(name, found.id, voice.say(found.body.en, found.body.zh)) for name, found in rows])


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows with aligned columns; Chinese characters take two places."""
    if not rows:
        return
    widths = [max(_width(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield ("    " + "  ".join(cells)).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
