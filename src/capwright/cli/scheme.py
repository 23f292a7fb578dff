"""`capwright scheme …`: the rules of a market, shown, checked and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
from capwright.cli.scheme_tables import change_json, print_changes, print_section, print_sources, shown_json
from capwright.kernel.refusal import Refusal, Refused

if TYPE_CHECKING:
    from capwright.scheme.schema import Scheme

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
        emit_json(shown_json(loaded, rows))
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
        print_section(console, [row for row in rows if row.section == title])
    print_sources(console, rows)


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
        emit_json({"old": sides[0].name, "new": sides[1].name, "changes": [change_json(c) for c in changes]})
        return
    console = out()
    title = " → ".join(f"{say(side.body.en, side.body.zh)} ({side.name})" for side in sides)
    console.print(title, style="bold")
    if not changes:
        console.print(say("Nothing differs.", "没有差异。"))
    for name in dict.fromkeys(change.section for change in changes):
        print_changes(console, [change for change in changes if change.section == name])


@command(scheme, "schema", path="scheme schema", examples=["capwright scheme schema > scheme.schema.json"])
def schema_command() -> None:
    """Print the JSON schema of scheme files, for editors.

    输出方案文件的 JSON Schema。
    """
    from capwright.scheme.loader import scheme_json_schema

    emit_json(scheme_json_schema())
