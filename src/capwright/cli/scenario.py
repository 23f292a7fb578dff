"""`capwright run`, `report` and `scenario …`: a market's story played into a new journal, and summed up."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from capwright.cli.frame import (
    JOURNALS,
    command,
    emit_json,
    make_group,
    out,
    say,
    settings,
    table,
)
from capwright.cli.given import moment_ms, new_file
from capwright.cli.opened import DbArgument
from capwright.cli.progress import progress_bar

if TYPE_CHECKING:
    from capwright.report.shapes import Summary
    from capwright.scenario.files import Step
    from capwright.scenario.load import Scenario
    from capwright.scenario.run import RunResult

__all__ = ["declare", "scenario"]

scenario = make_group("scenario", "Scenarios: list, show, check. 情景。")

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="Name of a built-in scenario, or a folder with a scenario.toml. 内置情景名称或情景文件夹。",
    ),
]


def declare(app: typer.Typer) -> None:
    """Add the commands `run` and `report` to the root."""
    command(
        app,
        "run",
        panel=JOURNALS,
        examples=[
            "capwright run guangdong-2023 --db demo.sqlite --report report.html",
            "capwright run my-market/ --db postgresql://localhost/market --lang zh",
        ],
    )(run_command)
    command(
        app,
        "report",
        panel=JOURNALS,
        examples=["capwright report demo.sqlite", "capwright report demo.sqlite -o report.html --lang zh"],
    )(report_command)


def run_command(
    name: NameArgument,
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="FILE|URL",
            help="New journal: a file, or postgresql://HOST/NAME. 新日志：文件或数据库。",
        ),
    ],
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help="Also write a report as one HTML file. 另写 HTML 报告。"
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Stop the story then, e.g. 2024-07-22T10:00; a date is its end. 情景演算至此时为止。",
        ),
    ] = "",
) -> None:
    """Play a scenario into a new journal, then say how the year went.

    A journal is never overwritten: name a file that is not there yet, or remove the old one yourself.

    运行情景，写入新日志，并给出年度结果。
    """
    from capwright.report.html import write_report
    from capwright.report.summary import summarise
    from capwright.report.terminal import render_summary
    from capwright.scenario.run import run_scenario

    def last(zone: tzinfo) -> int:
        return moment_ms("--until", until, zone)

    if report is not None:
        new_file(report, beside=db)
    if until:
        last(UTC)  # a moment that cannot be read is refused before the journal is made
    with progress_bar(say("Playing", "运行中")) as progress:
        result = run_scenario(name, db, progress=progress, until=last if until else None)
    summary = summarise(result)
    if report is not None:
        write_report(summary, report, first=_page_language())
    if settings.json:
        emit_json(_result_json(result, summary, report))
        return
    render_summary(summary, out(), settings.lang)
    if len(result.refused):
        show = f"capwright journal show {result.db} --type CommandRefused"
        out().print(say(f"Refused commands: {show}", f"被拒绝的指令：{show}"), soft_wrap=True)
    _say_where(report)


def _page_language() -> Literal["zh", "en"]:
    """The language a page opens in: the one asked for, else Chinese."""
    return "en" if settings.asked and settings.lang == "en" else "zh"


def _say_where(report: Path | None) -> None:
    if report is not None:
        out().print(f"{say('Report:', '报告：')} {report}", soft_wrap=True)


def _result_json(result: RunResult, summary: Summary, report: Path | None) -> dict[str, Any]:
    return {
        "scenario": result.scenario.file.name,
        "nature": result.scenario.file.nature,
        "db": result.db,
        "head": result.head,
        "commands": result.commands,
        "refused": [
            {
                "command_id": each.command_id,
                "actor": each.actor,
                "command": each.command,
                "at_ms": each.at_ms,
                "code": each.refusal.code,
                "message": each.refusal.message(settings.lang),
            }
            for each in result.refused
        ],
        "report": str(report) if report else None,
        "summary": summary,
    }


def report_command(
    db: DbArgument,
    to: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Also write the report as one HTML file. 另写 HTML 报告。"
        ),
    ] = None,
) -> None:
    """Sum up what a journal holds: units, auctions, trades, compliance, and who fell short.

    汇总日志内容：单位、有偿发放、交易、履约及欠缴企业。
    """
    from capwright.report.html import write_report
    from capwright.report.summary import summarise_db
    from capwright.report.terminal import render_summary

    if to is not None:
        new_file(to, beside=db)
    summary = summarise_db(db)
    if to is not None:
        write_report(summary, to, first=_page_language())
    if settings.json:
        emit_json(summary)
        return
    render_summary(summary, out(), settings.lang)
    _say_where(to)


def _nature(nature: str) -> str:
    words = {"real": "真实", "synthetic": "合成", "reconstructed": "重构"}
    return say(nature, words.get(nature, nature))


@command(scenario, "list", path="scenario list", examples=["capwright scenario list"])
def list_command() -> None:
    """List the built-in scenarios and whether their figures are real.

    列出内置情景及其数据性质。
    """
    from capwright.scenario.load import built_in_scenarios, load_scenario

    found = [load_scenario(name).file for name in built_in_scenarios()]
    if settings.json:
        emit_json([{"name": f.name, "en": f.en, "zh": f.zh, "nature": f.nature} for f in found])
        return
    made = table("", say("Scenario", "情景"), say("Figures", "数据"), say("Title", "名称"))
    made.columns[0].no_wrap = True
    for each in found:
        made.add_row(each.name, _nature(each.nature), say(each.en, each.zh))
    out().print(made)


@command(scenario, "show", path="scenario show", examples=["capwright scenario show guangdong-auctions"])
def show_command(name: NameArgument) -> None:
    """Say what a scenario is about, what its tables hold and what happens when.

    显示情景的说明、数据表和步骤。
    """
    from capwright.scenario.load import load_scenario

    loaded = load_scenario(name)
    file, counts = loaded.file, _counts(loaded)
    if settings.json:
        emit_json({"scenario": file, "rows": counts})
        return
    console = out()
    console.print(f"{say(file.en, file.zh)} ({file.name}) [{_nature(file.nature)}]", style="bold")
    console.print(say(file.about_en, file.about_zh))
    console.print(f"{say('schemes', '方案')}: {', '.join(file.schemes)}", style="dim")
    rows = table("", say("Table", "数据表"), say("Rows", "行数"), right=(1,))
    for title, count in counts.items():
        rows.add_row(title, f"{count:,}")
    console.print()
    console.print(rows)
    if file.steps:
        steps = table("", say("Time", "时间"), say("Step", "步骤"), say("Details", "说明"))
        for step in file.steps:
            steps.add_row(step.at.strftime("%Y-%m-%d %H:%M"), step.do, _given(step))
        console.print()
        console.print(steps)


def _given(step: Step) -> str:
    """What a step says beside its time and name."""
    import msgspec

    said = []
    for item in msgspec.structs.fields(step):
        value = getattr(step, item.name)
        if item.name in ("at", "do") or not value or value == item.default:
            continue
        if isinstance(value, dict):
            value = ", ".join(
                f"{name} {n:,}" if isinstance(n, int) else f"{name} {n}" for name, n in value.items()
            )
        elif isinstance(value, tuple):
            value = ", ".join(map(str, value))
        said.append(f"{item.name} {value}")
    return "; ".join(said)


def _counts(loaded: Scenario) -> dict[str, int]:
    """Rows by table, tables that the folder lacks left out."""
    tables = {
        name: getattr(loaded, name) for name in loaded.__struct_fields__ if name not in ("file", "folder")
    }
    return {f"{name}.csv": len(rows) for name, rows in tables.items() if len(rows)}


@command(scenario, "check", path="scenario check", examples=["capwright scenario check my-market/"])
def check_command(name: NameArgument) -> None:
    """Check a scenario folder: every table, every reference between them. Nothing is played.

    检查情景文件夹的全部数据表及其相互引用。
    """
    from capwright.scenario.load import load_scenario

    loaded = load_scenario(name)
    if settings.json:
        emit_json({"ok": True, "scenario": loaded.file.name, "rows": _counts(loaded)})
    else:
        out().print(f"{name}: {say('sound', '无问题')}", soft_wrap=True)


@command(
    scenario, "schema", path="scenario schema", examples=["capwright scenario schema > scenario.schema.json"]
)
def schema_command() -> None:
    """Print the JSON schema of scenario.toml, for editors.

    输出 scenario.toml 的 JSON Schema。
    """
    from capwright.scenario.files import scenario_json_schema

    emit_json(scenario_json_schema())
