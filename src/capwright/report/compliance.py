"""The section of the page on compliance: a funnel for each vintage, then who fell short at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.report.markup import Column, details, esc, note, table, tag
from capwright.report.voice import NONE, Voice

if TYPE_CHECKING:
    from capwright.report.figures import Page
    from capwright.report.shapes import ShortLine, VintageLine

__all__ = ["compliance"]

_MANY = 20  # rows that a page shows of a list that may be long


def compliance(page: Page) -> str:
    """A funnel for each vintage, then who fell short and what that costs."""
    summary, voice = page.summary, page.voice
    if not summary.vintages:
        return note(
            voice.say(
                "No verified emissions were recorded in this run, so nobody had to surrender anything.",
                "本次运行没有记录核查排放量，因此没有清缴义务。",
            ),
            "empty",
        )
    shown = summary.vintages[-3:]
    parts = [_funnel(page, line) for line in reversed(shown)]
    parts.append(details(voice.say("The figures as a table", "数据表"), _vintage_table(page)))
    parts.append(tag("h3", esc(voice.say("Who fell short, and what it costs", "未足额清缴的企业及其代价"))))
    if not summary.shorts:
        parts.append(note(voice.say("Nobody fell short.", "没有企业欠缴。"), "empty"))
        return "".join(parts)
    parts.append(_short_table(page))
    return "".join(parts)


def _steps(voice: Voice, line: VintageLine) -> list[tuple[str, int]]:
    """The steps of the funnel: how many firms got so far."""
    steps = [
        (voice.say("Had a duty", "应履约"), line.due),
        (voice.say("Reported and verified", "完成报告核查"), line.due - line.not_reported),
    ]
    if line.cumulative:
        steps.append((voice.say("Surrendered enough, all years", "累计足额清缴"), line.on_time))
        steps.append(
            (voice.say("Short, or not reported", "欠缴或未报告"), line.due - line.on_time - line.pending)
        )
    else:
        enough = line.on_time + line.late
        steps.append((voice.say("Surrendered enough by the deadline", "按期足额清缴"), line.on_time))
        steps.append((voice.say("Surrendered enough in the end", "最终足额清缴"), enough))
        steps.append((voice.say("Still short", "仍欠缴"), line.due - enough - line.pending))
    if line.pending:
        steps.append((voice.say("Deadline still ahead", "尚未到期"), line.pending))
    return steps


def _funnel(page: Page, line: VintageLine) -> str:
    voice = page.voice
    items = []
    steps = _steps(voice, line)
    for n, (label, count) in enumerate(steps):
        width = f"{count * 100 / line.due:.2f}%" if line.due else "0%"
        share = f" · {voice.percent(count, line.due)}" if line.due else ""
        text = f"{voice.whole(count)}{share}"
        kind = "" if count else " none"
        kind += " lacking" if n >= len(steps) - (2 if line.pending else 1) else ""
        bar = f'<span class="bar{kind}" style="--share:{width}"></span>'
        items.append(
            f'<li><span class="step">{esc(label)}</span>{bar}<span class="count">{esc(text)}</span></li>'
        )
    head, said = _outcome(voice, line)
    return tag("h3", esc(head)) + f'<ol class="funnel">{"".join(items)}</ol>' + note(said)


def _outcome(voice: Voice, line: VintageLine) -> tuple[str, str]:
    """Heading and sentence on a vintage."""
    rate = NONE if line.rate_bp is None else voice.percent(line.on_time, line.due, 2)
    owed, surrendered = voice.tonnes(line.owed_t), voice.tonnes(line.surrendered_t)
    if line.cumulative:
        head = voice.say(
            f"Vintage {line.vintage}: {rate} had surrendered enough over all years",
            f"{line.vintage}年度：累计足额清缴率{rate}",
        )
        said = voice.say(
            f"{owed} emitted and {surrendered} surrendered for the year. The status is cumulative: "
            f"a shortfall shows up again in the vintages after it.",
            f"当年排放{owed}，清缴{surrendered}。履约状态按历年累计判定，欠缴会在以后年度继续显示。",
        )
        return head, said
    due = voice.day(line.due_on)
    if line.due_on_original and line.due_on_original != line.due_on:
        moved = voice.day(line.due_on_original)
        due += voice.say(f" (moved from {moved})", f"（原定{moved}）")
    head = voice.say(
        f"Vintage {line.vintage}: {rate} by the deadline of {due}",
        f"{line.vintage}年度：截至{due}履约率{rate}",
    )
    at_due, at_end = voice.tonnes(line.short_at_due_t), voice.tonnes(line.short_t)
    credits_t = voice.tonnes(line.credits_t)
    said = voice.say(
        f"{owed} owed, {surrendered} surrendered, {credits_t} of it in credits; "
        f"short at the deadline {at_due}, at the end {at_end}.",
        f"应清缴{owed}，已清缴{surrendered}（其中减排量抵消{credits_t}）；截止时欠缴{at_due}，期末欠缴{at_end}。",
    )
    return head, said


def _vintage_table(page: Page) -> str:
    voice = page.voice
    columns = page.numbers(
        voice.say("Firms with a duty", "应履约企业"),
        voice.say("On time", "按期"),
        voice.say("Late", "逾期"),
        voice.say("Short", "欠缴"),
        voice.say("Pending", "未到期"),
        voice.say("Not reported", "未报告"),
        voice.say("Excluded", "豁免"),
        voice.say("Owed, t", "应清缴（吨）"),
        voice.say("Surrendered, t", "已清缴（吨）"),
        voice.say("of it credits, t", "其中减排量（吨）"),
        voice.say("Short at the deadline, t", "截止时欠缴（吨）"),
        voice.say("Short at the end, t", "期末欠缴（吨）"),
        first=voice.say("Vintage", "年度"),
    )
    rows = [
        [
            str(line.vintage),
            *(
                voice.whole(value)
                for value in (
                    line.due,
                    line.on_time,
                    line.late,
                    line.short,
                    line.pending,
                    line.not_reported,
                    line.excluded,
                    line.owed_t,
                    line.surrendered_t,
                    line.credits_t,
                    line.short_at_due_t,
                    line.short_t,
                )
            ),
        ]
        for line in page.summary.vintages
    ]
    return table(voice.say("Compliance by vintage", "各年度履约情况"), columns, rows)


def _short_table(page: Page) -> str:
    voice, lines = page.voice, page.summary.shorts
    several = len({line.vintage for line in lines}) > 1
    columns = [
        Column(voice.say("Firm", "企业")),
        *([Column(voice.say("Vintage", "年度"))] if several else []),
        *page.numbers(
            voice.say("Owed, t", "应清缴（吨）"),
            voice.say("Short at the deadline, t", "截止时欠缴（吨）"),
            voice.say("Still short, t", "期末欠缴（吨）"),
            voice.say("Made good on", "补足日期"),
            voice.say(f"Cost to buy, {voice.currency}", f"补购成本（{voice.currency}）"),
            voice.say("If it had not corrected: deduction, t", "若未改正：扣减下年度配额（吨）"),
            voice.say(
                f"If it had not corrected: fine, {voice.currency}", f"若未改正：罚款（{voice.currency}）"
            ),
            first="",
        )[1:],
        Column(voice.say("Imposed", "已作处罚")),
    ]
    rows = [_short_row(voice, line, several=several) for line in lines[:_MANY]]
    title = voice.say("Firms that fell short", "欠缴企业")
    parts = [table(title, columns, rows, quiet=True)]
    if len(lines) > _MANY:
        left = len(lines) - _MANY
        parts.append(
            note(
                voice.say(
                    f"And {left} more, smaller ones; the JSON summary has all.",
                    f"另有{left}家数量较小者，见 JSON 摘要。",
                )
            )
        )
    parts.extend(note(text) for text in _price_notes(voice, lines))
    return "".join(parts)


def _price_notes(voice: Voice, lines: tuple[ShortLine, ...]) -> list[str]:
    """At which price the cost to buy was worked out, or why it was not."""
    prices = dict.fromkeys((line.vintage, line.mean_fen_per_t) for line in lines)
    texts = [
        voice.say(
            f"{vintage}: cost at the mean price of allowances in the month before the deadline, "
            f"{voice.price(mean_fen)}.",
            f"{vintage}年度：补购成本按截止日前一个月配额成交均价{voice.price(mean_fen)}计算。",
        )
        for vintage, mean_fen in prices
        if mean_fen is not None
    ]
    if any(mean_fen is None for _, mean_fen in prices):
        texts.append(
            voice.say(
                "No cost to buy where nothing was traded in the month before the deadline.",
                "截止日前一个月没有成交的，不计算补购成本。",
            )
        )
    return texts


def _short_row(voice: Voice, line: ShortLine, *, several: bool) -> list[str]:
    fine = voice.amount(line.fine_least_fen)
    if line.fine_most_fen != line.fine_least_fen:
        fine += f" – {voice.amount(line.fine_most_fen)}"
    imposed = voice.say("no", "否")
    if line.imposed:
        imposed = voice.say(
            f"{voice.currency} {voice.amount(line.imposed_fine_fen)}, "
            f"{voice.whole(line.imposed_deduct_t)} t deducted",
            f"罚款{voice.amount(line.imposed_fine_fen)}{voice.currency}；扣减{voice.whole(line.imposed_deduct_t)}吨",
        )
    return [
        f"{line.name or line.holder}\n{line.account}",
        *([str(line.vintage)] if several else []),
        voice.whole(line.owed_t),
        voice.whole(line.short_at_due_t),
        voice.whole(line.short_t),
        voice.day(line.made_good_on),
        voice.amount(line.cost_fen),
        voice.whole(line.deduct_t),
        fine,
        imposed,
    ]
