"""The sections of the page that have a picture: allocation, market, auctions, compliance, flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capwright.report.charts import (
    auction_chart,
    flow_chart,
    issued,
    left_out,
    main_kind,
    market_chart,
    sector_chart,
)
from capwright.report.groups import mode_words, status_words
from capwright.report.markup import Column, details, esc, note, table, tag
from capwright.report.voice import Voice

if TYPE_CHECKING:
    from capwright.report.shapes import AuctionLine, Summary

__all__ = ["Page", "allocation", "auctions", "flows", "market"]


class Page:
    """One language's body being put together: what is summed up, how to say it, and its charts."""

    def __init__(self, summary: Summary, voice: Voice) -> None:
        self.summary = summary
        self.voice = voice
        self.charts: dict[str, dict[str, Any]] = {}

    def chart(self, name: str, said: str, spec: dict[str, Any], size: str = "") -> str:
        """A place for a chart; `said` is what a reader who cannot see it gets instead."""
        key = f"chart-{name}-{self.voice.lang}"
        self.charts[key] = spec
        hint = self.voice.say(
            "The chart needs JavaScript; its figures are in the table below.",
            "图表需要 JavaScript；数据见下表。",
        )
        inner = f"<noscript>{esc(hint)}</noscript>"
        box = tag("div", inner, class_=f"chart {size}".strip(), id=key, role="img", aria_label=said)
        return f'<div class="canvas"{" tabindex=0" if size == "flow" else ""}>{box}</div>'

    def numbers(self, *headings: str, first: str) -> list[Column]:
        """Columns of which all but the first hold numbers."""
        return [Column(first), *(Column(heading, number=True) for heading in headings)]


# Allocation against emissions.


def allocation(page: Page) -> str:
    """Free allocation against verified emissions by sector, a chart for each vintage."""
    summary, voice = page.summary, page.voice
    if not summary.sectors:
        return note(
            voice.say(
                "No verified emissions were recorded in this run, so there is nothing to compare.",
                "本次运行没有记录核查排放量，因此无法与配额对照。",
            ),
            "empty",
        )
    vintages = list(dict.fromkeys(line.vintage for line in summary.sectors))
    shown = vintages[-3:]
    parts = []
    if len(shown) < len(vintages):
        parts.append(note(voice.say(f"The last {len(shown)} vintages.", f"最近{len(shown)}个年度。")))
    parts.extend(_sectors(page, vintage, alone=len(shown) == 1) for vintage in shown)
    return "".join(parts)


def _sectors(page: Page, vintage: int, *, alone: bool) -> str:
    voice = page.voice
    lines = [line for line in page.summary.sectors if line.vintage == vintage]
    free_t, emissions_t = sum(line.free_t for line in lines), sum(line.emissions_t for line in lines)
    share = voice.percent(free_t, emissions_t)
    said = voice.say(
        f"Vintage {vintage}: {voice.tonnes(free_t)} of free allocation against {voice.tonnes(emissions_t)} "
        f"of verified emissions, {share}.",
        f"{vintage}年度：免费配额{voice.tonnes(free_t)}，核查排放量{voice.tonnes(emissions_t)}，"
        f"配额相当于排放的{share}。",
    )
    columns = page.numbers(
        voice.say("Firms", "企业数"),
        voice.say("Approved quota, t", "核定配额（吨）"),
        voice.say("Free allocation, net, t", "免费配额净发放（吨）"),
        voice.say("Verified emissions, t", "核查排放量（吨）"),
        voice.say("Difference, t", "差额（吨）"),
        voice.say("Allocation / emissions", "配额／排放"),
        first=voice.say("Sector", "行业"),
    )
    rows = [
        [
            voice.of(line.words),
            voice.whole(line.accounts),
            voice.whole(line.approved_t),
            voice.whole(line.free_t),
            voice.whole(line.emissions_t),
            voice.signed(line.difference_t),
            voice.percent(line.free_t, line.emissions_t),
        ]
        for line in lines
    ]
    firms = sum(line.accounts for line in lines)
    approved = [line.approved_t for line in lines if line.approved_t is not None]
    rows.append(
        [
            voice.say("All", "合计"),
            voice.whole(firms),
            voice.whole(sum(approved) if approved else None),
            voice.whole(free_t),
            voice.whole(emissions_t),
            voice.signed(free_t - emissions_t),
            share,
        ]
    )
    title = voice.say(f"Allocation and emissions by sector, {vintage}", f"{vintage}年度分行业配额与排放")
    head = "" if alone else tag("h3", esc(voice.say(f"Vintage {vintage}", f"{vintage}年度")))
    size = "tall" if len(lines) > 6 else "short" if len(lines) <= 3 else ""  # noqa: PLR2004
    chart = page.chart(f"sectors-{vintage}", said, sector_chart(page.summary, voice, vintage), size)
    return head + note(said, "lead") + chart + details(_as_table(voice), table(title, columns, rows))


def _as_table(voice: Voice) -> str:
    return voice.say("The figures as a table", "数据表")


# Secondary market.


def market(page: Page) -> str:
    """Price and volume over time, and the months by mode."""
    summary, voice = page.summary, page.voice
    if not summary.days:
        return note(
            voice.say(
                "Nothing was traded between account holders in this run; prices come from auctions only.",
                "本次运行没有账户间交易，价格仅来自有偿竞价。",
            )
            if summary.auctions
            else voice.say("Nothing was traded in this run.", "本次运行没有交易。"),
            "empty",
        )
    kind = main_kind(summary)
    days = [day for day in summary.days if day.kind == kind]
    volume_t, turnover_fen = sum(d.volume_t for d in days), sum(d.turnover_fen for d in days)
    mean_fen = (turnover_fen * 2 + volume_t) // (volume_t * 2)
    said = voice.say(
        f"{kind}: {voice.tonnes(volume_t)} traded on {len(days)} days for {voice.money(turnover_fen)}, "
        f"on average at {voice.price(mean_fen)}.",
        f"{kind}：{len(days)}个交易日共成交{voice.tonnes(volume_t)}、{voice.money(turnover_fen)}，"
        f"均价{voice.price(mean_fen)}。",
    )
    columns = [
        Column(voice.say("Month", "月份")),
        Column(voice.say("Kind", "品种")),
        Column(voice.say("Mode", "交易方式")),
        Column(voice.say("Trades", "笔数"), number=True),
        Column(voice.say("Volume, t", "成交量（吨）"), number=True),
        Column(voice.say(f"Turnover, {voice.currency}", f"成交额（{voice.currency}）"), number=True),
        Column(voice.say(f"Mean price, {voice.price_unit()}", f"均价（{voice.price_unit()}）"), number=True),
    ]
    rows = [
        [
            line.month,
            line.kind,
            voice.of(mode_words(line.mode)),
            voice.whole(line.trades),
            voice.whole(line.volume_t),
            voice.amount(line.turnover_fen),
            voice.amount(line.mean_fen_per_t),
        ]
        for line in summary.months
    ]
    title = voice.say("Trades by month, kind and mode", "按月份、品种和交易方式的成交")
    chart = page.chart("market", said, market_chart(summary, voice))
    if any(day.kind != kind for day in summary.days):
        said += voice.say(" Other kinds are in the table.", "其他品种见数据表。")
    return note(said, "lead") + chart + details(_as_table(voice), table(title, columns, rows))


# Auctions.


def auctions(page: Page) -> str:
    """Offered and sold by round, the price, and the published results where there are any."""
    summary, voice = page.summary, page.voice
    lines = summary.auctions
    if not lines:
        return note(voice.say("No auction was held in this run.", "本次运行没有举行有偿竞价。"), "empty")
    sold_t, offered_t = sum(line.sold_t for line in lines), sum(line.offered_t for line in lines)
    said = voice.say(
        f"{voice.many(len(lines), 'round', 'rounds')}: {voice.tonnes(sold_t)} sold "
        f"for {voice.money(summary.revenue_fen)}; "
        f"{voice.tonnes(offered_t)} were on offer, unsold volume that came back counted again.",
        f"共{len(lines)}次竞价：成交{voice.tonnes(sold_t)}、{voice.money(summary.revenue_fen)}；"
        f"累计投放{voice.tonnes(offered_t)}（未售部分再次投放时重复计入）。",
    )
    compared = [line for line in lines if line.equal is not None]
    if compared:
        equal = sum(1 for line in compared if line.equal)
        said += voice.say(
            f" {equal} of {voice.many(len(compared), 'round', 'rounds')} as published.",
            f"其中{len(compared)}次有公布结果，{equal}次与公布结果一致。",
        )
        if summary.about.nature == "reconstructed":
            said += voice.say(
                " The bid books are calibrated to the published totals; the results came out of them.",
                "申报明细按公布的汇总数据校准，结果由其出清得出。",
            )
    chart = page.chart("auctions", said, auction_chart(summary, voice))
    return note(said, "lead") + chart + details(_as_table(voice), _auction_table(page))


def _auction_table(page: Page) -> str:
    voice, lines = page.voice, page.summary.auctions
    compared = any(line.equal is not None for line in lines)
    columns = [
        Column(voice.say("Round", "场次")),
        Column(voice.say("Day", "日期")),
        Column(voice.say("Units", "品种")),
        Column(voice.say("Result", "结果")),
        *page.numbers(
            voice.say("Sold, t", "成交量（吨）"),
            voice.say(f"Reserve, {voice.price_unit()}", f"保留价（{voice.price_unit()}）"),
            voice.say(f"Price, {voice.price_unit()}", f"成交价（{voice.price_unit()}）"),
            voice.say(f"Revenue, {voice.currency}", f"金额（{voice.currency}）"),
            voice.say(f"Delivered and paid, {voice.currency}", f"已交割付款（{voice.currency}）"),
            voice.say("Bidders", "竞买人"),
            voice.say("Winners", "中标人"),
            first="",
        )[1:],
    ]
    columns.insert(4, Column(voice.say("Offered, t", "投放量（吨）"), number=True))
    if compared:
        columns.append(Column(voice.say("As published", "与公布一致")))
    rows = []
    for line in lines:
        row = [
            line.id,
            voice.day(line.on),
            line.series,
            voice.of(status_words(line.status)),
            voice.whole(line.offered_t),
            voice.whole(line.sold_t),
            voice.amount(line.reserve_fen_per_t),
            voice.amount(line.price_fen_per_t),
            voice.amount(line.revenue_fen),
            voice.amount(line.paid_fen),
            voice.whole(line.bidders),
            voice.whole(line.winners),
        ]
        rows.append([*row, _published(voice, line)] if compared else row)
    return table(voice.say("Auctions", "有偿竞价"), columns, rows)


def _published(voice: Voice, line: AuctionLine) -> str:
    if line.equal is not False:
        return voice.yes(line.equal)
    return voice.say(
        f"no: {voice.whole(line.published_sold_t)} t, {voice.amount(line.published_revenue_fen)}",
        f"否：公布{voice.whole(line.published_sold_t)}吨，{voice.amount(line.published_revenue_fen)}",
    )


# Unit flows.


def flows(page: Page) -> str:
    """The Sankey, and the same as a table."""
    voice, found = page.voice, page.summary.flows
    if not found.links:
        return note(
            voice.say(
                "No unit was moved, or the journal was kept in memory and is gone.",
                "没有单位划转，或日志仅存于内存、已不可读取。",
            ),
            "empty",
        )
    issued_t = issued(found)
    said = voice.say(
        f"{voice.tonnes(issued_t)} issued or carried over, and where they went; flows are net.",
        f"签发及结转共{voice.tonnes(issued_t)}及其去向；流量为净额。",
    )
    hidden_t = left_out(found)
    if hidden_t:
        said += voice.say(
            f" {voice.tonnes(hidden_t)} were never handed out and are left out of the picture.",
            f"其中{voice.tonnes(hidden_t)}从未发放，图中略去。",
        )
    words = {node.key: voice.of(node.words) for node in found.nodes}
    columns = [
        Column(voice.say("From", "来源")),
        Column(voice.say("To", "去向")),
        Column(voice.say("Net flow, t", "净流量（吨）"), number=True),
    ]
    rows = [[words[link.source], words[link.target], voice.whole(link.quantity_t)] for link in found.links]
    title = voice.say("Net unit flows", "单位净流量")
    chart = page.chart("flows", said, flow_chart(found, voice), "flow")
    return note(said, "lead") + chart + details(_as_table(voice), table(title, columns, rows))
