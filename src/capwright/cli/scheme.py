"""`capwright scheme …`: the rules of a market, shown, checked and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from capwright.cli.frame import (
    BAD_INPUT,
    FINDINGS,
    command,
    emit_json,
    error_text,
    make_group,
    out,
    say,
    settings,
    table,
)
from capwright.cli.frame import error_object as refusal_object
from capwright.cli.problem import LACKS_SECTION, NOT_A_CHOICE, bad_argument
from capwright.kernel.refusal import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from capwright.scheme.diff import Change
    from capwright.scheme.schema import Scheme
    from capwright.scheme.section import Citation
    from capwright.scheme.show import Row
    from capwright.scheme.words import Text

__all__ = ["scheme"]

scheme = make_group("scheme", "The rules of a market: list, show, check, compare. 市场规则（方案）。")

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Name of a scheme, or path of a .toml file. 方案名称或 .toml 文件路径。"
    ),
]
SectionOption = Annotated[
    str,
    typer.Option("--section", "-s", metavar="SECTION", help="Only this section, e.g. allocation. 仅此部分。"),
]

# How sure a value is, in the order of sureness: colour and word.
MARKS: Final = {
    "official": ("green", "official", "官方"),
    "secondary": ("cyan", "secondary", "二手"),
    "derived": ("blue", "derived", "推算"),
    "memory": ("yellow", "memory", "记忆"),
    "default": ("yellow", "default", "默认"),
}


@command(
    scheme,
    "list",
    path="scheme list",
    examples=["capwright scheme list", "capwright scheme list --packs --json"],
)
def list_command(
    packs: Annotated[
        bool, typer.Option("--packs", help="Also the packs of rules that schemes share. 同时列出规则包。")
    ] = False,
) -> None:
    """List the schemes that come with Capwright.

    列出内置方案。
    """
    from capwright.scheme.loader import list_schemes

    found = list_schemes(packs=packs)
    if settings.json:
        emit_json(found)
        return
    made = table(
        "", say("Scheme", "方案"), say("Jurisdiction", "辖区"), say("Vintage", "年度"), say("Title", "名称")
    )
    made.columns[0].no_wrap = True
    for each in found:
        name = f"{each.name} {say('(pack)', '（规则包）')}" if each.abstract else each.name
        made.add_row(name, each.jurisdiction, str(each.vintage or ""), say(each.en, each.zh))
    out().print(made)


@command(
    scheme,
    "show",
    path="scheme show",
    examples=[
        "capwright scheme show guangdong-2023",
        "capwright scheme show uk-ets -s registry --lang zh",
    ],
)
def show_command(name: NameArgument, section: SectionOption = "") -> None:
    """Show every value of a scheme with its source and how sure it is.

    显示方案的全部取值、来源和可信度。
    """
    from capwright.scheme.loader import load_scheme
    from capwright.scheme.show import show_scheme

    loaded = load_scheme(name)
    rows = show_scheme(loaded, _sections(loaded, section))
    if settings.json:
        emit_json(_shown_json(loaded, rows))
        return
    console = out()
    body = loaded.body
    console.print(f"[bold]{say(body.en, body.zh)}[/bold]", markup=True)
    facts = [
        body.name,
        body.jurisdiction,
        body.currency,
        f"{say('vintage', '年度')} {body.vintage}" if body.vintage else "",
        f"{body.period_start} – {body.period_end}" if body.period_start else "",
        f"{say('digest', '摘要')} {loaded.digest[:16]}",
    ]
    console.print(" · ".join(fact for fact in facts if fact), style="dim")
    if body.extends:
        console.print(f"{say('built on', '继承自')} {', '.join(body.extends)}", style="dim")
    for title in dict.fromkeys(row.section for row in rows):
        _print_section(console, [row for row in rows if row.section == title])
    _print_sources(console, rows)


def _sections(loaded: Scheme, section: str) -> list[str] | None:
    """The sections asked for; refuse one that there is not, or that this scheme lacks."""
    from capwright.scheme.show import SECTIONS

    if not section:
        return None
    if section not in SECTIONS:
        raise bad_argument("--section", NOT_A_CHOICE, text=section[:40], choices=", ".join(SECTIONS))
    if getattr(loaded.body, section) is None:
        known = ", ".join(name for name in SECTIONS if getattr(loaded.body, name) is not None)
        raise Refused(
            Refusal(LACKS_SECTION.code, {"scheme": loaded.name, "section": section, "known": known})
        )
    return [section]


def _print_section(console: Console, rows: Sequence[Row]) -> None:
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


def _print_sources(console: Console, rows: Sequence[Row]) -> None:
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

    colour, en, zh = MARKS.get(confidence, ("", "", ""))
    return Styled(say(en, zh), style=colour)


def _source(citation: Citation | None) -> str:
    if citation is None:
        return ""
    return f"{citation.source} ({citation.note})" if citation.note else citation.source


def _shown_json(loaded: Scheme, rows: Sequence[Row]) -> dict[str, Any]:
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
                "note": row.citation.note if row.citation else "",
            }
            for row in rows
        ],
    }


@command(
    scheme,
    "check",
    path="scheme check",
    examples=["capwright scheme check my-market.toml", "capwright scheme check guangdong-2023 uk-ets"],
)
def check_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE_OR_NAME]...",
            help="Files or names; none: all built-in ones. 文件或名称；不填则为全部内置方案。",
        ),
    ] = None,
) -> int:
    """Check schemes and report everything that is wrong, with its place.

    Exit code 1 if anything is.

    检查方案，报告全部问题及其位置。
    """
    from capwright.scheme.loader import check_scheme, check_shipped, shipped_names
    from capwright.scheme.problem import UNKNOWN_SCHEME, UNREADABLE

    found = {name: check_scheme(name) for name in names} if names else {"": check_shipped()}
    problems = [problem for each in found.values() for problem in each]
    lost = any(problem.refusal.code in {UNKNOWN_SCHEME.code, UNREADABLE.code} for problem in problems)
    if settings.json:
        emit_json({"ok": not problems, "problems": [refusal_object(problem) for problem in problems]})
    else:
        console = out()
        for problem in problems:
            console.print(error_text(problem), soft_wrap=True)
        for name, each in found.items():
            if not each:
                what = name or say(
                    f"{len(shipped_names())} built-in schemes and packs",
                    f"{len(shipped_names())}个内置方案和规则包",
                )
                console.print(f"{what}: {say('sound', '无问题')}", soft_wrap=True)
    return BAD_INPUT if lost else FINDINGS if problems else 0


@command(
    scheme,
    "diff",
    path="scheme diff",
    examples=[
        "capwright scheme diff guangdong-2022 guangdong-2023",
        "capwright scheme diff guangdong-2022 guangdong-2023 -s allocation --lang zh",
    ],
)
def diff_command(
    old: Annotated[
        str, typer.Argument(metavar="A", help="The earlier scheme: name or .toml file. 前一方案。")
    ],
    new: Annotated[str, typer.Argument(metavar="B", help="The later scheme. 后一方案。")],
    section: SectionOption = "",
    sources: Annotated[
        bool,
        typer.Option("--sources", help="Also values whose source alone changed. 同时列出仅来源变化的取值。"),
    ] = False,
    each: Annotated[
        bool,
        typer.Option(
            "--each", help="Do not draw equal changes of several items into one. 不合并相同的变化。"
        ),
    ] = False,
) -> None:
    """Say what changed from one scheme to another, with the sources of both sides.

    比较两个方案：逐条列出变化及双方来源。
    """
    from capwright.scheme.diff import diff_schemes, group_changes
    from capwright.scheme.loader import load_scheme
    from capwright.scheme.show import SECTIONS

    if section and section not in SECTIONS:
        raise bad_argument("--section", NOT_A_CHOICE, text=section[:40], choices=", ".join(SECTIONS))
    sides = load_scheme(old), load_scheme(new)
    changes = [c for c in diff_schemes(*sides, sources=sources) if not section or c.section == section]
    changes = changes if each else group_changes(changes)
    if settings.json:
        emit_json({"old": sides[0].name, "new": sides[1].name, "changes": [_change_json(c) for c in changes]})
        return
    console = out()
    title = " → ".join(f"{say(side.body.en, side.body.zh)} ({side.name})" for side in sides)
    console.print(title, style="bold")
    if not changes:
        console.print(say("Nothing differs.", "没有差异。"))
    for name in dict.fromkeys(change.section for change in changes):
        _print_changes(console, [change for change in changes if change.section == name])


_KINDS: Final = {"changed": "~", "added": "+", "removed": "-", "resourced": "§"}
_COLOURS: Final = {"changed": "", "added": "green", "removed": "red", "resourced": "dim"}


def _print_changes(console: Console, changes: Sequence[Change]) -> None:
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
    _, en, zh = MARKS[citation.confidence.value]
    noted = f": {citation.note}" if citation.note else ""
    return f"{citation.source} [{say(en, zh)}]{noted}"


def _change_json(change: Change) -> dict[str, Any]:
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


@command(scheme, "schema", path="scheme schema", examples=["capwright scheme schema > scheme.schema.json"])
def schema_command() -> None:
    """Print the JSON schema of scheme files, for editors.

    输出方案文件的 JSON Schema。
    """
    from capwright.scheme.loader import scheme_json_schema

    emit_json(scheme_json_schema())
