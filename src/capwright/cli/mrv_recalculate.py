"""`capwright mrv recalculate`: millions of activity rows under a method, or under two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capwright.cli.frame import command, emit_json, note, out, say, settings, table
from capwright.cli.given import input_path
from capwright.cli.problem import bad_argument
from capwright.kernel.refusal import define

if TYPE_CHECKING:
    from capwright.filing.bulk import BulkResult

__all__ = ["declare"]

NOT_A_CHOICE = define(
    "CW-9583",
    en="'{text}' is not NAME=TABLE.",
    zh="“{text}”不是“名称=因子表”的形式。",
    mend_en="Write it like fuel=fuels-ndrc-24@1; `capwright mrv show` names the tables of a method.",
    mend_zh="请写成 fuel=fuels-ndrc-24@1 的形式；capwright mrv show 会列出方法的因子表。",
    rule="command line",
)
_LISTED = 40


def declare(group: typer.Typer) -> None:
    """Add the command to the group."""
    command(
        group,
        "recalculate",
        path="mrv recalculate",
        examples=[
            "capwright mrv recalculate rows.parquet --method cement@2015.1",
            "capwright mrv recalculate rows.csv --method paper@2015.1 --gwp ar5",
        ],
    )(recalculate_command)


def recalculate_command(
    rows: Annotated[
        Path,
        typer.Argument(
            metavar="rows", readable=False, help="Activity rows as .parquet, .csv or .csv.gz. 活动数据文件。"
        ),
    ],
    method: Annotated[str, typer.Option("--method", metavar="METHOD", help="Method. 核算方法。")],
    against: Annotated[
        str, typer.Option("--against", metavar="METHOD", help="Compare with this method. 对比方法。")
    ] = "",
    gwp: Annotated[
        str,
        typer.Option("--gwp", metavar="SET", help="Compare with this GWP set: sar … ar6. 对比 GWP 口径。"),
    ] = "",
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME=TABLE", help="Compare with this factor table. 对比因子表。"),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", help="Threads. 线程数。")] = 2,
) -> None:
    """Work out millions of activity rows exactly, by enterprise and year; compare with other factors.

    精确重算大批活动数据，按企业和年度汇总；可与其他方法、因子表或 GWP 口径对比。
    """
    from capwright.cli.mrv import method_named
    from capwright.filing.bulk import compare, recalculate, varied

    used = method_named(method)
    other = method_named(against) if against else used
    if gwp or tables:
        other = varied(other, tables=_tables(tables or []), gwp=gwp)
    path = input_path(rows)
    if other is used:
        result = recalculate(path, used, threads=threads)
        emit_json(result) if settings.json else _print(result, None)
        return
    found = compare(path, used, other, threads=threads)
    emit_json(found) if settings.json else _print(found.before, found.after)


def _tables(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, mark, full = text.partition("=")
        if not mark:
            raise bad_argument("--table", NOT_A_CHOICE, text=text[:60])
        found[name] = full
    return found


def _print(result: BulkResult, changed: BulkResult | None) -> None:
    columns = [say("Enterprise", "企业"), say("Year", "年度"), say("Emissions, t", "排放量（吨）")]
    if changed is not None:
        columns += [say("Then, t", "对比（吨）"), say("Change, t", "变化（吨）")]
    shown = table("", *columns, right=range(1, len(columns)))
    for n, one in enumerate(result.totals[:_LISTED]):
        cells = [one.enterprise, str(one.year), f"{one.emissions_t:,}"]
        if changed is not None:
            then_t = changed.totals[n].emissions_t
            cells += [f"{then_t:,}", f"{then_t - one.emissions_t:+,}"]
        shown.add_row(*cells)
    out().print(shown)
    if len(result.totals) > _LISTED:
        left = len(result.totals) - _LISTED
        out().print(say(f"and {left:,} more; --json shows all", f"另有{left:,}项，--json 可列出全部"))
    out().print(say(f"In all {result.emissions_t:,} t", f"合计{result.emissions_t:,}吨"))
    if changed is not None:
        difference_t = changed.emissions_t - result.emissions_t
        out().print(say(f"Change {difference_t:+,} t", f"变化{difference_t:+,}吨"))
    note(
        say(
            f"{result.rows:,} rows, {result.exact_rows:,} of them one by one",
            f"共{result.rows:,}行，其中{result.exact_rows:,}行逐行计算",
        )
    )
