"""`capwright import …`: the data of other registries, played into a journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from capwright.cli.frame import command, emit_json, make_group, out, say, settings, table
from capwright.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from capwright.importers.eutl import EutlReport
    from capwright.importers.eutl_compare import Rate

__all__ = ["imports"]

DIFFERENCES_SHOWN: Final = 8
REFUSED_SHOWN: Final = 5

imports = make_group("import", "Play the data of another registry into a journal. 导入外部登记数据。")


@command(
    imports,
    "eutl",
    path="import eutl",
    examples=[
        "capwright import eutl data/eutl --db eutl.sqlite",
        "capwright import eutl data/eutl --db lu.sqlite --country LU --country MT",
    ],
)
def eutl_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder with installations.csv.gz and compliance.csv.gz. 数据文件夹。"
        ),
    ],
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="FILE|URL",
            help="New journal: a file, or postgresql://HOST/NAME. 新日志：文件或数据库。",
        ),
    ],
    country: Annotated[
        list[str] | None,
        typer.Option(
            "--country", metavar="CC", help="Only this registry; may be repeated. 仅此国家；可重复。"
        ),
    ] = None,
) -> None:
    """Play the history of the EU transaction log (EUTL) through the ledger, into a new journal.

    Accounts, issuance, allocation and surrender of every installation and year; then the status that the
    market arrives at is compared with the log's code. An import cut short goes on when it is started again.

    将欧盟交易日志（EUTL）历史数据导入新日志，并与日志的履约代码比较。
    """
    from capwright.importers.eutl import import_eutl

    chosen = tuple(code.upper() for code in country) if country else None
    with progress_bar(say("Importing", "导入中")) as progress:
        report = import_eutl(folder, db, progress=progress, countries=chosen)
    if settings.json:
        emit_json(report)
    else:
        _print(report)


def _print(report: EutlReport) -> None:
    console = out()
    console.print(
        say(
            f"{report.installations:,} installations, {report.rows:,} rows, {report.commands:,} commands, "
            f"{report.refused_count:,} refused; {report.seconds:.1f} s, {report.peak_memory_mb:,} MB.",
            f"{report.installations:,}个设施，{report.rows:,}行数据，{report.commands:,}条指令，"
            f"其中{report.refused_count:,}条被拒绝；"
            f"用时{report.seconds:.1f}秒，内存{report.peak_memory_mb:,} MB。",
        )
    )
    _print_years(console, report)
    _print_units(console, report)
    _print_agreement(console, report)
    _print_refused(console, report)
    console.print(f"{say('head hash', '末行散列值')} {report.head}", soft_wrap=True)


def _print_years(console: Console, report: EutlReport) -> None:
    made = table(
        "",
        say("Year", "年度"),
        say("Free, t", "免费（吨）"),
        say("Bridged, t", "补足（吨）"),
        say("Verified, t", "核查排放（吨）"),
        say("Surrendered, t", "清缴（吨）"),
        say("Agree", "代码一致"),
        right=(0, 1, 2, 3, 4, 5),
    )
    for year in report.years:
        made.add_row(
            str(year.vintage),
            f"{year.free_t:,}",
            f"{year.bridge_t:,}",
            f"{year.verified_t:,}",
            f"{year.surrendered_for_t:,}",
            _percent(report.agreement.by_year.get(year.vintage)),
        )
    console.print()
    console.print(made)


def _print_units(console: Console, report: EutlReport) -> None:
    console.print()
    console.print(
        say(
            f"Issued {report.issued_t:,} t: {report.allocated_t:,} allocated free, {report.bridge_t:,} sold "
            f"in {report.bridge_transfers:,} bridge transfers (derived). Surrendered "
            f"{report.surrendered_t:,}, cancelled {report.cancelled_t:,}, held {report.held_t:,}.",
            f"签发{report.issued_t:,}吨：免费分配{report.allocated_t:,}吨，"
            f"过渡账户售出{report.bridge_t:,}吨（推算，{report.bridge_transfers:,}笔）。"
            f"清缴{report.surrendered_t:,}吨，注销{report.cancelled_t:,}吨，仍持有{report.held_t:,}吨。",
        )
    )


def _print_agreement(console: Console, report: EutlReport) -> None:
    from capwright.importers.eutl_words import REASONS, RULES

    overall = report.agreement.overall
    share = _percent(overall)
    console.print()
    console.print(
        say(
            f"Compliance codes: {overall.agree:,} of {overall.of:,} agree with the log ({share}).",
            f"履约代码：{overall.of:,}个中有{overall.agree:,}个与日志一致（{share}）。",
        ),
        style="bold",
    )
    made = table(
        "", say("Log", "日志"), say("Here", "本系统"), say("Rows", "行数"), say("Why", "原因"), right=(2,)
    )
    for each in report.agreement.differences[:DIFFERENCES_SHOWN]:
        made.add_row(each.log, each.market, f"{each.count:,}", say(*REASONS[each.reason]))
    console.print(made)
    more = len(report.agreement.differences) - DIFFERENCES_SHOWN
    if more > 0:
        console.print(say(f"and {more} more; --json lists all", f"另有{more}项；--json 可列出全部"))
    for rule, rate in report.agreement.rules.items():
        console.print(f"{_percent(rate)}  {say(*RULES[rule])}")
    console.print()


def _print_refused(console: Console, report: EutlReport) -> None:
    for row in report.refused[:REFUSED_SHOWN]:
        said = row.refusal.message(settings.lang)
        console.print(f"{row.file}:{row.line}: {row.refusal.code} {said}", soft_wrap=True)


def _percent(rate: Rate | None) -> str:
    return f"{rate.percent} %" if rate is not None and rate.percent is not None else "–"
