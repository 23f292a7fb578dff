"""`capwright mrv coverage`: who is in the market for a vintage, and how much of the area it covers."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capwright.cli.frame import command, emit_json, note, out, say, settings, table
from capwright.cli.given import input_path, scheme_with, tonnes
from capwright.cli.problem import bad_argument
from capwright.cli.scheme_tables import relied_words
from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.mrv.coverage import Decision, Firm, Reason, Share
    from capwright.mrv.factors import Factor
    from capwright.scheme.reliance import Reliance
    from capwright.scheme.schema import Scheme

__all__ = ["declare"]

NOT_A_RATE = define(
    "CW-5513",
    en="'{text}' is not a number of grams per kWh.",
    zh="“{text}”不是克/千瓦时的数值。",
    mend_en="Write it like 305.5.",
    mend_zh="请写成 305.5 的形式。",
    rule="design: one clear message for bad input",
)
NO_FIGURE = define(
    "CW-5514",
    en="{count} controlled firms have no emissions of {year} ({enterprise} first): no share can be said.",
    zh="{count}家控排企业没有{year}年的排放量（首个为{enterprise}），无法计算覆盖占比。",
    mend_en="Fill in their emissions of that year, or choose another with --year.",
    mend_zh="请补充该年排放量，或用 --year 另选年份。",
    rule="design: a missing figure is an error, never a number",
)

_WORDS = {
    "controlled": ("controlled", "控排企业"),
    "reporting": ("reporting", "报告企业"),
    "outside": ("outside", "不纳入"),
}
_KEYS = tuple(
    f"coverage.{key}"
    for key in (
        "threshold_t", "threshold_tce", "threshold_racks", "reporting_threshold_t", "new_project_threshold_t",
        "downgrade_years", "opt_in_lock_years", "reference_years", "targets",
    )
)  # fmt: skip


def declare(group: typer.Typer) -> None:
    """Add the command to the group."""
    command(
        group,
        "coverage",
        path="mrv coverage",
        examples=[
            "capwright mrv coverage firms.csv --scheme guangdong-2023",
            "capwright mrv coverage firms.csv --energy energy.csv --scheme guangdong-2025 --csv",
            "capwright mrv coverage firms.csv --scheme guangdong-2025 --total 520000000 --year 2024",
        ],
    )(coverage_command)


def coverage_command(
    firms: Annotated[
        Path,
        typer.Argument(
            metavar="firms.csv",
            readable=False,
            help="CSV enterprise,sector,year[,emissions_t,energy_tce,racks,expected_t,controlled_since,"
            "opted_in,opted_out,national_since,non_industry]. 企业表。",
        ),
    ],
    scheme: Annotated[
        str, typer.Option("--scheme", metavar="NAME", help="Scheme of the vintage. 年度方案。")
    ],
    energy: Annotated[
        Path | None,
        typer.Option("--energy", readable=False, help="CSV enterprise,year,item,quantity,unit. 能源消费表。"),
    ] = None,
    coal: Annotated[
        str | None,
        typer.Option(
            "--coal-per-kwh",
            metavar="GRAMS",
            help="Count electricity by its equal value, with this coal rate. 电力按等价值折算，供电煤耗。",
        ),
    ] = None,
    total: Annotated[
        str | None,
        typer.Option(
            "--total", metavar="TONNES", help="Emissions of the area, for the covered share. 区域排放总量。"
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(
            "--year", metavar="YEAR", help="Year of the share; else the last deciding one. 覆盖占比年份。"
        ),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the decisions as CSV. 以 CSV 输出判定。")
    ] = False,
) -> None:
    """Say who is controlled, who reports, who is outside, and why; with `--total` how much is covered.

    判定控排企业、报告企业和不纳入的企业，并说明理由；给出 --total 时计算覆盖占比。
    """
    from capwright.filing.coverage_csv import read_firms
    from capwright.mrv.coverage import classify_all, coverage_share, deciding_years
    from capwright.scheme.reliance import relied_on

    loaded, rules = scheme_with(scheme, "coverage")
    read = read_firms(
        input_path(firms),
        input_path(energy) if energy else None,
        electricity="equal_value" if coal is not None else rules.electricity_basis,
        coal_g_per_kwh=_rate(coal) if coal is not None else None,
    )
    decisions = classify_all(loaded, read.firms)
    share = None
    if total is not None:
        of = max(deciding_years(loaded)) if year is None else year
        share = coverage_share(loaded, of, _covered_t(read.firms, decisions, of), tonnes("--total", total))
    counted = coal is None and any(factor.item == "electricity" for factor in read.factors)
    relied = relied_on(loaded, (*_KEYS, "coverage.electricity_basis") if counted else _KEYS)
    if settings.json:
        emit_json(_json(loaded, decisions, share, relied, read.factors))
        return
    if as_csv:
        _csv(decisions)
    else:
        _print(decisions)
    if share is not None:
        _say_share(share, to_note=as_csv)
    _say_relied(loaded, relied, read.factors)


def _rate(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise bad_argument("--coal-per-kwh", NOT_A_RATE, text=text[:40])
    return value


def _covered_t(firms: Sequence[Firm], decisions: Sequence[Decision], year: int) -> int:
    """What the controlled firms emitted in the year; refuses (CW-5514) where some of it is not known."""
    covered_t, lacking = 0, []
    for firm, decision in zip(firms, decisions, strict=True):
        if decision.standing != "controlled":
            continue
        emitted = next((one.emissions_t for one in firm.figures if one.year == year), None)
        if emitted is None:
            lacking.append(firm.enterprise)
        covered_t += emitted or 0
    if lacking:
        refuse(NO_FIGURE, count=len(lacking), year=year, enterprise=lacking[0])
    return covered_t


def _why(reasons: Sequence[Reason]) -> str:
    return " ".join(say(reason.en, reason.zh) for reason in reasons)


def _print(decisions: Sequence[Decision]) -> None:
    from capwright.scheme.source_words import source_in

    shown = table(
        "", say("Enterprise", "企业"), say("Sector", "行业"), say("Standing", "判定"), say("Why", "理由"),
        say("Source", "依据"),
    )  # fmt: skip
    for one in decisions:
        sources = dict.fromkeys(reason.source for reason in one.reasons if reason.source)
        shown.add_row(
            one.enterprise,
            one.sector,
            say(*_WORDS[one.standing]),
            _why(one.reasons),
            say("; ", "；").join(source_in(settings.lang, source) for source in sources),
        )
    out().print(shown)
    counts = {key: sum(one.standing == key for one in decisions) for key in _WORDS}
    out().print("  ".join(f"{say(*_WORDS[key])} {count:,}" for key, count in counts.items()))


def _csv(decisions: Sequence[Decision]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("enterprise", "sector", "vintage", "standing", "keys", "sources", "why"))
    for one in decisions:
        keys = " ".join(reason.key for reason in one.reasons if reason.key)
        sources = dict.fromkeys(reason.source for reason in one.reasons if reason.source)
        row = (one.enterprise, one.sector, one.vintage, one.standing, keys, "; ".join(sources))
        writer.writerow((*row, _why(one.reasons)))


def _say_share(share: Share, *, to_note: bool) -> None:
    tell = note if to_note else out().print
    percent = f"{share.share * 100:.2f} %"
    tell(
        say(
            f"Covered in {share.year}: {share.covered_t:,} t of {share.total_t:,} t, {percent}.",
            f"{share.year}年覆盖{share.covered_t:,}吨，占{share.total_t:,}吨的{percent}。",
        )
    )
    for one in share.targets:
        aim = f"{one.covered_share * 100:.0f} %"
        done = (
            say("reached", "已达到")
            if one.reached
            else say(f"{one.short_t:,} t short", f"还差{one.short_t:,}吨")
        )
        tell(say(f"Target of {one.year}: {aim}, {done}.", f"{one.year}年目标{aim}，{done}。"))


def _say_relied(scheme: Scheme, relied: Sequence[Reliance], factors: Sequence[Factor]) -> None:
    """Say which numbers are from memory or chosen."""
    for one in relied:
        said = relied_words(one)
        note(say(f"Relied on {said}", f"依赖未公布的数值：{said}"))
    for factor in factors:
        if factor.citation.confidence.provisional:
            said = f"{factor.name} = {factor.value} {factor.unit} [{factor.citation.confidence.value}]"
            note(say(f"Relied on {said}", f"依赖未公布的数值：{said}"))
    rules = scheme.body.coverage
    if rules is not None and not rules.reference_years:
        note(
            say(
                "The scheme does not say which year decides: the one before the vintage was taken.",
                "方案未规定判定年份，取年度前一年。",
            )
        )


def _json(
    scheme: Scheme,
    decisions: Sequence[Decision],
    share: Share | None,
    relied: Sequence[Reliance],
    factors: Sequence[Factor],
) -> dict[str, Any]:
    from capwright.mrv.coverage import deciding_years

    return {
        "scheme": scheme.name,
        "digest": scheme.digest,
        "vintage": scheme.body.vintage,
        "deciding_years": deciding_years(scheme),
        "decisions": decisions,
        "share": share,
        "relied_on": relied,
        "factors": factors,
    }
