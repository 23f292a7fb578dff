"""`capwright allocate` and `capwright compliance status`: reports from plain tables."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from capwright.cli.frame import FILES, command, emit_json, make_group, note, say, settings, write
from capwright.cli.given import day, input_path, scheme_with
from capwright.cli.scheme_tables import relied_words

__all__ = ["compliance", "declare"]

compliance = make_group("compliance", "Compliance from plain tables. 履约。")

SchemeOption = Annotated[
    str, typer.Option("--scheme", metavar="NAME", help="Scheme, e.g. guangdong-2023 or uk-ets. 方案。")
]


def declare(app: typer.Typer) -> None:
    """Add the command `allocate` to the root."""
    command(
        app,
        "allocate",
        panel=FILES,
        examples=[
            "capwright allocate --scheme guangdong-2023 activity.csv",
            "capwright allocate --scheme guangdong-2023 activity.csv --json",
        ],
    )(allocate_command)


def allocate_command(
    activity: Annotated[
        Path,
        typer.Argument(
            metavar="activity.csv",
            readable=False,  # an unreadable file is refused with its own code when it is opened
            help="Columns enterprise,process,year,activity, …; - is stdin. 活动数据表；- 为标准输入。",
        ),
    ],
    scheme: SchemeOption,
) -> None:
    """Work out each enterprise's allocation step by step, with every formula spelled out.

    Columns: enterprise, process; as needed year, activity, emissions_t, licensed_capacity, heat_gj, normal,
    kind, energy_tce, energy_factor, extra_t, abnormal_months, stopped_months, closed, pre_issued_t,
    last_approved_t (see the reference). Lists the values from memory or by default that it relied on.

    逐企业、逐步骤计算配额，列出公式和所依赖的记忆值或默认值。
    """
    from capwright.allocation.activity import ActivityRow, RowPlaces
    from capwright.allocation.report import allocate_table, render
    from capwright.table import read_table

    loaded, _ = scheme_with(scheme, "allocation")
    rows = read_table(input_path(activity), ActivityRow)
    places = RowPlaces(file=rows.file, lines=tuple(rows.lines), columns=rows.columns)
    report = allocate_table(loaded, rows, places=places)
    if settings.json:
        emit_json(report)
    else:
        write(render(report, settings.lang))


@command(
    compliance,
    "status",
    path="compliance status",
    examples=[
        (
            "capwright compliance status --scheme uk-ets --as-of 2024-05-01"
            " --accounts a.csv --emissions e.csv --surrenders s.csv"
        ),
    ],
)
def status_command(
    scheme: SchemeOption,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="The day on which the status is wanted. 判定日期。")
    ],
    accounts: Annotated[
        Path, typer.Option("--accounts", readable=False, help="CSV account,first_year,last_year. 账户表。")
    ],
    emissions: Annotated[
        Path,
        typer.Option(
            "--emissions", readable=False, help="CSV account,year,emissions_t (or EXCLUDED). 排放量表。"
        ),
    ],
    surrenders: Annotated[
        Path,
        typer.Option(
            "--surrenders",
            readable=False,
            help="CSV account,date,quantity_t[,year]; negative: a reversal. 清缴表；负数为撤销。",
        ),
    ],
) -> None:
    """Print the compliance status of every account as CSV.

    A scheme that judges cumulatively (UK, EU) counts all years due: A, surrendered enough; B, too little;
    C, a due year has no verified emissions; EXCLUDED, every due year is; NOT_APPLICABLE, the first year goes
    on.

    A scheme that judges yearly (Guangdong, national) looks at its vintage: COMPLIED, in time; COMPLIED_LATE;
    SHORT, too little by the deadline; PENDING, too little so far; NOT_REPORTED, no verified emissions;
    EXCLUDED; NOT_APPLICABLE, not covered that year, or the year goes on.

    输出各账户的履约状态（CSV）。

    累计判定：A 足额，B 不足，C 缺核查数据，EXCLUDED 豁免，NOT_APPLICABLE 不适用。

    逐年判定：COMPLIED 已履约，COMPLIED_LATE 逾期履约，SHORT 未足额清缴，PENDING 未到期，
    NOT_REPORTED 无核查数据，EXCLUDED 豁免，NOT_APPLICABLE 不适用。
    """
    from capwright.compliance.report import (
        AccountRow,
        EmissionsRow,
        SurrenderRow,
        status_paths,
        status_table,
    )
    from capwright.scheme.reliance import relied_on
    from capwright.table import read_table

    loaded, _ = scheme_with(scheme, "compliance")
    on = day("--as-of", as_of)
    statuses = status_table(
        loaded,
        on,
        read_table(accounts, AccountRow),
        read_table(emissions, EmissionsRow),
        read_table(surrenders, SurrenderRow),
    )
    relied = relied_on(loaded, status_paths(loaded))
    if settings.json:
        rows = [{"account": account, "status": status} for account, status in statuses]
        emit_json({"scheme": loaded.name, "as_of": on.isoformat(), "accounts": rows, "relied_on": relied})
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("account", "status"))
    writer.writerows(statuses)
    for value in relied:
        said = relied_words(value)
        note(say(f"Relied on {said}", f"依赖未公布的数值：{said}"))
    if not statuses and sys.stdout.isatty():
        note(say("No accounts.", "没有账户。"))
