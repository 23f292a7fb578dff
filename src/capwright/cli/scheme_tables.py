"""What `capwright scheme show` and `diff` print: rules by section, their sources, changes; and their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capwright.cli.frame import say, settings, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from capwright.scheme.diff import Change
    from capwright.scheme.reliance import Reliance
    from capwright.scheme.schema import Scheme
    from capwright.scheme.section import Citation
    from capwright.scheme.show import Row
    from capwright.scheme.words import Text

__all__ = ["change_json", "print_changes", "print_section", "print_sources", "relied_words", "shown_json"]

# How sure a value is, in the order of sureness.
_COLOUR_OF: Final = {
    "official": "green",
    "secondary": "cyan",
    "derived": "blue",
    "memory": "yellow",
    "default": "yellow",
}


def print_section(console: Console, rows: Sequence[Row]) -> None:
    from rich.padding import Padding
    from rich.text import Text as Styled

    made = table(
        _said(rows[0].section_label),
        say("Rule", "规则"),
        say("Value", "取值"),
        say("Sure", "可信度"),
        say("Source", "来源"),
    )
    for column, ratio in zip(made.columns, (5, 3, None, 3), strict=True):
        column.ratio = ratio
    made.columns[2].no_wrap = True
    made.expand = True
    console.print()
    item = ""
    for row in rows:
        above, _, label = _said(row.label).rpartition(" › ")
        if above != item:
            item = above
            made.add_row(Styled(above, style="bold"), "", "", "")
        value = f"{_said(row.value)} {_said(row.unit)}".rstrip()
        rule = Padding(label, (0, 0, 0, 2)) if above else label
        made.add_row(rule, value, _mark(row.confidence), _source(row.citation))
    console.print(made)


def print_sources(console: Console, rows: Sequence[Row]) -> None:
    """What the short names of the sources above stand for."""
    from rich.table import Table

    from capwright.scheme.sources import legend

    found = legend(row.citation.source for row in rows if row.citation)
    if not found:
        return
    console.print()
    console.print(say("Sources", "来源"), style="bold")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for short, en, zh in found:
        grid.add_row(short, say(en, zh))
    console.print(grid)


def _said(text: Text) -> str:
    return text.said(settings.lang)


def _mark(confidence: str) -> Any:
    from rich.text import Text as Styled

    return Styled(_sure(confidence), style=_COLOUR_OF.get(confidence, ""))


def _sure(confidence: str) -> str:
    from capwright.scheme.source_words import word_in_chinese

    return say(confidence, word_in_chinese(confidence))


def relied_words(one: Reliance) -> str:
    """A value that a result relied on: `allocation.rounding = floor_enterprise [default] not found`."""
    from capwright.scheme.source_words import source_in

    return f"{one.path} = {one.value} [{_sure(one.confidence)}] {source_in(settings.lang, one.source)}"


def _source(citation: Citation | None) -> str:
    from capwright.scheme.source_words import note_in, source_in

    if citation is None:
        return ""
    source, note = source_in(settings.lang, citation.source), note_in(settings.lang, citation)
    return source + say(f" ({note})", f"：{note}") if note else source


def shown_json(loaded: Scheme, rows: Sequence[Row]) -> dict[str, Any]:
    from capwright.scheme.check import walk

    raw = dict(walk(loaded.body))
    body = loaded.body
    return {
        "name": body.name,
        "en": body.en,
        "zh": body.zh,
        "jurisdiction": body.jurisdiction,
        "currency": body.currency,
        "vintage": body.vintage,
        "extends": body.extends,
        "digest": loaded.digest,
        "values": [
            {
                "section": row.section,
                "path": row.path,
                "label": _said(row.label),
                "value": raw.get(row.path),
                "shown": _said(row.value),
                "unit": _said(row.unit),
                "source": row.source,
                "confidence": row.confidence,
                "note": row.note.en,
            }
            for row in rows
        ],
    }


_KINDS: Final = {"changed": "~", "added": "+", "removed": "-", "resourced": "§"}


_COLOURS: Final = {"changed": "", "added": "green", "removed": "red", "resourced": "dim"}


def print_changes(console: Console, changes: Sequence[Change]) -> None:
    from rich.padding import Padding
    from rich.table import Table

    indent = (0, 0, 0, 4)
    console.print()
    console.print(f"{_said(changes[0].section_label)} ({len(changes)})", style="bold underline")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for change in changes:
        grid.add_row(_KINDS[change.kind], _said(change.label), style=_COLOURS[change.kind])
        grid.add_row("", Padding(_change_text(change), indent), style="bold")
        grid.add_row("", Padding(_sources_text(change), indent), style="dim")
    console.print(grid)


def _change_text(change: Change) -> str:
    percent = f" ({change.percent})" if change.percent else ""
    if change.kind == "resourced":
        return f"= {_said(change.new)} {_said(change.unit)}".rstrip()
    return f"{_said(change.old)} → {_said(change.new)} {_said(change.unit)}".rstrip() + percent


def _sources_text(change: Change) -> str:
    old, new = _cited(change.old_citation), _cited(change.new_citation)
    if not old or not new or old == new:
        return new or old
    return f"{old} → {new}"


def _cited(citation: Citation | None) -> str:
    if citation is None:
        return ""
    from capwright.scheme.source_words import note_in, source_in

    note = note_in(settings.lang, citation)
    noted = say(f": {note}", f"：{note}") if note else ""
    return f"{source_in(settings.lang, citation.source)} [{_sure(citation.confidence.value)}]{noted}"


def change_json(change: Change) -> dict[str, Any]:
    return {
        "section": change.section,
        "path": change.path,
        "label": _said(change.label),
        "kind": change.kind,
        "old": _said(change.old),
        "new": _said(change.new),
        "unit": _said(change.unit),
        "percent": change.percent,
        "old_source": _citation_json(change.old_citation),
        "new_source": _citation_json(change.new_citation),
    }


def _citation_json(citation: Citation | None) -> dict[str, str] | None:
    if citation is None:
        return None
    return {"source": citation.source, "confidence": citation.confidence.value, "note": citation.note}
