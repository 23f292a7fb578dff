"""`capwright run` and `capwright scenario …`: a market's story played into a new journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capwright.cli.frame import (
    JOURNALS,
    command,
    emit_json,
    make_group,
    out,
    room,
    say,
    settings,
    table,
)
from capwright.cli.given import new_file
from capwright.cli.progress import progress_bar

if TYPE_CHECKING:
    from capwright.scenario.files import Step
    from capwright.scenario.load import Scenario
    from capwright.scenario.run import RunResult

__all__ = ["declare", "scenario"]

scenario = make_group("scenario", "Scenarios: list, show, check. 情景。")

NameArgument = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="Name of a built-in scenario, or a folder with a scenario.toml."),
]
REFUSALS_SHOWN = 5


def declare(app: typer.Typer) -> None:
    """Add the command `run` to the root."""
    command(
        app,
        "run",
        panel=JOURNALS,
        examples=[
            "capwright run guangdong-2023 --db demo.sqlite --report report.html",
            "capwright run my-market/ --db postgresql://localhost/market --lang zh",
        ],
    )(run_command)


def run_command(
    name: NameArgument,
    db: Annotated[
        str, typer.Option("--db", metavar="FILE|URL", help="New journal: a file, or postgresql://HOST/NAME.")
    ],
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Also write a report as one HTML file.")
    ] = None,
) -> None:
    """Play a scenario into a new journal, then say how the year went.

    A journal is never overwritten: name a file that is not there yet, or remove the old one yourself.

    运行情景，写入新日志，并给出年度结果。
    """
    from capwright.scenario.run import run_scenario

    if report is not None:
        new_file(report)
    with progress_bar(say("Playing", "运行中")) as progress:
        result = run_scenario(name, db, progress=progress)
    if report is not None:
        _report(result, report)
    if settings.json:
        emit_json(_result_json(result, report))
    else:
        _print_result(result, report)


def _report(result: RunResult, path: Path) -> None:
    room("capwright.report").write_report(result, path)


def _result_json(result: RunResult, report: Path | None) -> dict[str, Any]:
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
    }


def _print_result(result: RunResult, report: Path | None) -> None:
    console = out()
    about = result.scenario.file
    console.print(f"{say(about.en, about.zh)} [{_nature(about.nature)}]", style="bold")
    console.print(
        say(
            f"{result.commands:,} commands in {result.seconds:.1f} s, {len(result.refused):,} refused.",
            f"共{result.commands:,}条指令，用时{result.seconds:.1f}秒，其中{len(result.refused):,}条被拒绝。",
        )
    )
    for each in result.refused[:REFUSALS_SHOWN]:
        console.print(
            f"  {each.actor} {each.command}: {each.refusal.code} {each.refusal.message(settings.lang)}"
        )
    if len(result.refused) > REFUSALS_SHOWN:
        console.print(f"  … capwright journal show {result.db} --type CommandRefused", soft_wrap=True)
    console.print(f"{say('head hash', '末行散列值')} {result.head}", soft_wrap=True)
    if report is not None:
        console.print(f"{say('report', '报告')} {report}", soft_wrap=True)


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
