"""The summary on the terminal, through a rich console: what matters in a screen or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from capwright.report.published import tally
from capwright.report.voice import LANGUAGES, NONE, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from capwright.report.shapes import ShortLine, Summary

__all__ = ["render_summary"]

_ROUNDS = 30
_FIRMS = 10
_VALUES = 6
_WIDE = 100  # columns that the table of those who fell short needs with room for names


def render_summary(summary: Summary, console: Console, lang: str = "en") -> None:
    """Print the summary in `lang` (`en` or `zh`). Texts from data are never read as markup."""
    voice = Voice(lang if lang in LANGUAGES else "en", summary.about.currency)
    _head(summary, console, voice)
    _units(summary, console, voice)
    _auctions(summary, console, voice)
    _trades(summary, console, voice)
    _compliance(summary, console, voice)
    _checks(summary, console, voice)


def _head(summary: Summary, console: Console, voice: Voice) -> None:
    about = summary.about
    nature = {
        "real": voice.say("REAL DATA", "真实数据"),
        "synthetic": voice.say("SYNTHETIC DATA", "合成数据"),
        "reconstructed": voice.say("RECONSTRUCTED DATA", "重构数据"),
    }.get(about.nature, voice.say("NATURE OF THE DATA NOT STATED", "未注明数据性质"))
    console.print()
    console.print(Text(voice.of(about.title), style="bold"))
    style = "bold green" if about.nature == "real" else "bold yellow"
    said = Text.assemble((nature, style), ("  " if about.text.en else ""), voice.of(about.text))
    console.print(said)
    took = ""
    if about.milliseconds is not None:
        took = voice.say(f" in {about.milliseconds / 1000:.1f} s", f"，用时{about.milliseconds / 1000:.1f}秒")
    span = f"{voice.day(about.begins_on)} – {voice.day(about.ends_on)}"
    commands = voice.many(about.commands, "command", "commands")
    line = voice.say(
        f"{commands}, {voice.whole(about.refused)} refused{took} · {span}",
        f"{voice.whole(about.commands)}条指令，拒绝{voice.whole(about.refused)}条{took} · {span}",
    )
    console.print(Text(line, style="dim"))
    holders = sum(a.open + a.restricted + a.suspended for a in summary.accounts if not a.government)
    government = sum(a.open for a in summary.accounts if a.government)
    listed = voice.say(", ", "、").join(
        f"{voice.of(a.words)} {voice.whole(a.open + a.restricted + a.suspended)}"
        for a in summary.accounts
        if not a.government
    )
    console.print(
        Text(
            voice.say(
                f"{voice.whole(holders)} accounts of holders, {government} of the government: {listed}",
                f"持有人账户{voice.whole(holders)}个，政府账户{government}个：{listed}",
            )
        )
    )


def _show(
    console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1
) -> None:
    """A table of which the first `texts` columns are flush left; in a narrow terminal figures stay whole."""
    made = Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        collapse_padding=True,
    )
    for n, heading in enumerate(headings):
        least = None if n < texts else 1 + max((cell_len(row[n]) for row in rows), default=0)
        made.add_column(
            Text(heading), justify="left" if n < texts else "right", overflow="fold", min_width=least
        )
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    console.print()
    console.print(made)


def _list(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows one below the other, for a terminal too narrow for their table."""
    console.print()
    console.print(Text(title, style="bold"))
    for row in rows:
        said = "; ".join(f"{heading} {cell}" for heading, cell in zip(headings[1:], row[1:], strict=True))
        console.print(Text.assemble((row[0], "bold"), f": {said}"))


def _units(summary: Summary, console: Console, voice: Voice) -> None:
    if not summary.kinds:
        return
    headings = [
        voice.say("Units, t", "单位（吨）"),
        voice.say("issued", "签发"),
        voice.say("holders", "持有人"),
        voice.say("government", "政府账户"),
        voice.say("surrendered", "已清缴"),
        voice.say("cancelled", "已注销"),
    ]
    fields: tuple[str, ...] = ("issued_t", "held_t", "government_t", "surrendered_t", "cancelled_t")
    if any(line.exported_t for line in summary.kinds):
        headings.append(voice.say("exported", "已转出"))
        fields = (*fields, "exported_t")
    rows = [[line.kind, *(voice.whole(getattr(line, field)) for field in fields)] for line in summary.kinds]
    _show(console, voice.say("Units", "单位"), headings, rows)


def _auctions(summary: Summary, console: Console, voice: Voice) -> None:
    lines = summary.auctions
    if not lines:
        return
    headings = [
        voice.say("round", "场次"),
        voice.say("day", "日期"),
        voice.say("offered, t", "投放（吨）"),
        voice.say("sold, t", "成交（吨）"),
        voice.say("price", "成交价"),
        voice.say(f"revenue, {voice.currency}", f"金额（{voice.currency}）"),
    ]
    compared = any(line.equal is not None for line in lines)
    if compared:
        headings.append(voice.say("as published", "与公布一致"))
    rows = []
    for line in lines[:_ROUNDS]:
        row = [
            line.id,
            voice.day(line.on),
            voice.whole(line.offered_t),
            voice.whole(line.sold_t),
            voice.amount(line.price_fen_per_t),
            voice.amount(line.revenue_fen),
        ]
        rows.append([*row, voice.yes(line.equal)] if compared else row)
    total = [
        voice.say("all", "合计"),
        "",
        "",
        voice.whole(sum(line.sold_t for line in lines)),
        "",
        voice.amount(summary.revenue_fen),
    ]
    rows.append([*total, ""] if compared else total)
    _show(console, voice.say("Auctions", "有偿竞价"), headings, rows, texts=2)


def _trades(summary: Summary, console: Console, voice: Voice) -> None:
    by_kind: dict[str, list[int]] = {}
    for line in summary.months:
        row = by_kind.setdefault(line.kind, [0, 0, 0])
        row[0] += line.trades
        row[1] += line.volume_t
        row[2] += line.turnover_fen
    if not by_kind:
        return
    headings = [
        voice.say("kind", "品种"),
        voice.say("trades", "笔数"),
        voice.say("volume, t", "成交量（吨）"),
        voice.say(f"turnover, {voice.currency}", f"成交额（{voice.currency}）"),
        voice.say(f"mean, {voice.price_unit()}", f"均价（{voice.price_unit()}）"),
    ]
    rows = [
        [
            kind,
            voice.whole(trades),
            voice.whole(volume_t),
            voice.amount(turnover_fen),
            voice.amount((turnover_fen * 2 + volume_t) // (volume_t * 2)) if volume_t else NONE,
        ]
        for kind, (trades, volume_t, turnover_fen) in by_kind.items()
    ]
    _show(console, voice.say("Trades", "交易"), headings, rows)


def _compliance(summary: Summary, console: Console, voice: Voice) -> None:
    if not summary.vintages:
        return
    headings = [
        voice.say("vintage", "年度"),
        voice.say("firms", "企业"),
        voice.say("on time", "按期"),
        voice.say("late", "逾期"),
        voice.say("short", "欠缴"),
        voice.say("rate", "履约率"),
        voice.say("owed, t", "应清缴（吨）"),
        voice.say("surrendered, t", "已清缴（吨）"),
    ]
    rows = [
        [
            str(line.vintage),
            voice.whole(line.due),
            voice.whole(line.on_time),
            voice.whole(line.late),
            voice.whole(line.short + line.not_reported),
            voice.percent(line.on_time, line.due, 2),
            voice.whole(line.owed_t),
            voice.whole(line.surrendered_t),
        ]
        for line in summary.vintages
    ]
    _show(console, voice.say("Compliance", "履约"), headings, rows)
    if not summary.shorts:
        return
    headings = [
        voice.say("firm", "企业"),
        voice.say("vintage", "年度"),
        voice.say("short, t", "截止欠缴（吨）"),
        voice.say("made good", "补足日期"),
        voice.say(f"to buy, {voice.currency}", f"补购（{voice.currency}）"),
        voice.say("deduction, t", "扣减（吨）"),
        voice.say(f"fine, {voice.currency}", f"罚款（{voice.currency}）"),
        voice.say("imposed", "已处罚"),
    ]
    rows = [
        [
            line.name or line.holder,
            str(line.vintage),
            voice.whole(line.short_at_due_t),
            _made_good(voice, line),
            voice.amount(line.cost_fen),
            voice.whole(line.deduct_t),
            voice.amount(line.fine_least_fen),
            voice.yes(line.imposed),
        ]
        for line in summary.shorts[:_FIRMS]
    ]
    title = voice.say("Who fell short, and what it costs", "欠缴企业及其代价")
    if console.width >= _WIDE:
        _show(console, title, headings, rows)
    else:
        _list(console, title, headings, rows)
    if any(line.fine_least_fen is not None or line.deduct_t is not None for line in summary.shorts):
        said = voice.say(
            "Deduction and fine: what the scheme asks of a firm that does not correct.",
            "扣减与罚款：若未改正，按方案应作的处罚。",
        )
        console.print(Text(said, style="dim"))
    more = len(summary.shorts) - _FIRMS
    if more > 0:
        console.print(Text(voice.say(f"… and {more} more", f"……另有{more}家"), style="dim"))


def _made_good(voice: Voice, line: ShortLine) -> str:
    """The day on which nothing was short any more, or how much still is."""
    if not line.short_t:
        return voice.day(line.made_good_on)
    return voice.say(f"{voice.whole(line.short_t)} t short", f"仍欠{voice.whole(line.short_t)}吨")


def _checks(summary: Summary, console: Console, voice: Voice) -> None:
    about = summary.about
    console.print()
    if about.breaches:
        said = voice.say("Conservation laws BROKEN: ", "守恒定律被破坏：") + "; ".join(about.breaches[:3])
        console.print(Text(said, style="bold red"))
    else:
        console.print(Text(voice.say("All conservation laws hold.", "守恒定律全部成立。"), style="green"))
    compared = [line for line in summary.published if line.equal is not None]
    if compared:
        console.print(Text(voice.of(tally(compared))))
        for line in compared:
            if line.off or not line.equal:
                unit = voice.of(line.unit)
                text = f"  {voice.of(line.words)}: {line.published} {unit} / {line.ours} {unit}"
                console.print(Text(text.rstrip(), style="dim"))
    for refusal in summary.refusals[:_VALUES]:
        text = f"{refusal.code} × {refusal.count} {refusal.command}: {voice.of(refusal.words)}"
        console.print(Text(text, style="yellow"))
    lines = summary.provisional
    if lines:
        memory = sum(1 for line in lines if line.confidence == "memory")
        text = voice.say(
            f"Relied on {len(lines)} values without a published source "
            f"({len(lines) - memory} defaults, {memory} from memory); the report lists them all.",
            f"依据了{len(lines)}项无公布来源的数值（默认值{len(lines) - memory}项，凭记忆{memory}项），"
            f"报告中逐项列出。",
        )
        console.print(Text(text))
    head = voice.say("Journal head: record", "日志末行：第") + f" {voice.whole(about.head_seq)}"
    head += voice.say("", " 行") + f", {about.head_hash}"
    console.print(Text(head, style="dim"))
