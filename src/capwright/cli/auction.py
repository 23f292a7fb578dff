"""`capwright auction …`: clear a round from a file of bids; the results bulletin of one in a journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capwright.cli.frame import command, emit_json, make_group, say, settings, table, write
from capwright.cli.given import input_path, money_fen, near, scheme_with, tonnes
from capwright.cli.opened import DbArgument, opened, rows
from capwright.cli.problem import bad_argument
from capwright.cli.scheme_tables import relied_words
from capwright.kernel.refusal import define

if TYPE_CHECKING:
    from capwright.auction.document import AuctionReport
    from capwright.auction.messages import AuctionCleared
    from capwright.journal.store import Store

__all__ = ["auction"]

NO_RESULT = define(
    "CW-6320",
    en="The journal has no result of an auction '{auction}'.",
    zh="日志中没有竞价“{auction}”的结果。",
    mend_en="With a result: {known}.",
    mend_zh="已有结果的竞价：{known}。",
    rule="design: one clear message for bad input",
)

auction = make_group("auction", "Auctions: from plain files, and their results. 有偿发放（竞价）。")


@command(
    auction,
    "clear",
    path="auction clear",
    examples=[
        "capwright auction clear --rules eu --offer 3000000 bids.csv",
        "capwright auction clear --rules guangdong-2016 --offer 500,000 --reserve 9.37 b.csv --table",
        "capwright auction clear --rules uk --offer 5000000 --seed 2024-05-01 bids.csv",
        "capwright auction clear --rules auction-wci-2025 --offer 9000000 --tier APCR-1 bids.csv",
    ],
)
def clear_command(
    bids: Annotated[
        Path,
        typer.Argument(
            metavar="bids.csv",
            readable=False,  # an unreadable file is refused with its own code when it is opened
            help="Columns bidder,price,quantity_t[,time][,category]; - is stdin. 申报表；- 为标准输入。",
        ),
    ],
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            metavar="PRESET",
            help="eu, uk, wci, rggi, or a scheme such as guangdong-2016. 竞价规则。",
        ),
    ],
    offer: Annotated[str, typer.Option("--offer", metavar="TONNES", help="Tonnes offered. 发放量（吨）。")],
    reserve: Annotated[
        str,
        typer.Option("--reserve", metavar="PRICE", help="Reserve price in currency per tonne. 每吨保留价。"),
    ] = "",
    seed: Annotated[
        str,
        typer.Option("--seed", help="Published seed of the draw among equal bids. 同价抽签的公开随机种子。"),
    ] = "",
    tier: Annotated[
        str,
        typer.Option(
            "--tier",
            metavar="NAME",
            help="Sell from the reserve at this price tier, e.g. APCR-1. 按价格档从储备出售。",
        ),
    ] = "",
    show_table: Annotated[
        bool, typer.Option("--table", help="Also a table, on stderr. 另在标准错误输出表格。")
    ] = False,
) -> None:
    """Clear one round; the result is JSON: price, volumes, awards, losers and why.

    按规则出清一场竞价，结果以 JSON 输出。
    """
    from msgspec import structs

    from capwright.auction.document import report_json
    from capwright.auction.report import auction_from_table, clearing_paths
    from capwright.auction.ties import DEFAULT_SEED
    from capwright.scheme.presets import PRESETS
    from capwright.scheme.reliance import relied_on

    scheme, section = scheme_with(PRESETS.get(rules, rules), "auction")
    report = auction_from_table(
        section,
        input_path(bids),
        tonnes("--offer", offer, least=1),
        money_fen("--reserve", reserve) if reserve else None,
        seed or DEFAULT_SEED,
        tier=tier,
        name=scheme.name,
        currency=scheme.body.currency,
        lang=settings.lang,
    )
    report = structs.replace(report, relied_on=relied_on(scheme, clearing_paths(section, tier)))
    write(report_json(report) + "\n")
    if show_table:
        _print_table(report)


def _print_table(report: AuctionReport) -> None:
    import sys

    from rich.console import Console

    console = Console(file=sys.stderr, highlight=False, markup=False)
    price = (
        f"{report.price:,} {report.currency}/t" if report.price is not None else say("nothing sold", "未成交")
    )
    made = table(
        f"{report.rules}: {price}",
        say("Bidder", "竞买人"),
        say("Bid", "申报价"),
        say("Quantity, t", "申报量（吨）"),
        say("Won, t", "成交量（吨）"),
        say("Pays", "应付"),
        right=(1, 2, 3, 4),
    )
    for bid in report.bids:
        made.add_row(bid.bidder, f"{bid.price:,}", f"{bid.quantity_t:,}", f"{bid.won_t:,}", f"{bid.pays:,}")
    made.add_section()
    made.add_row(
        say("all", "合计"),
        "",
        f"{sum(bid.quantity_t for bid in report.bids):,}",
        f"{report.sold_t:,}",
        f"{report.revenue:,}",
        style="bold",
    )
    console.print(made)
    for why in (report.why, report.note):
        if why:
            console.print(why.reason)
    for value in report.relied_on:
        console.print(relied_words(value), soft_wrap=True)
    for line in (*report.rejected, *report.unsuccessful):
        console.print(f"{line.bidder} {line.price:,} × {line.quantity_t:,} t: {line.reason}", soft_wrap=True)


@command(
    auction,
    "bulletin",
    path="auction bulletin",
    examples=[
        "capwright auction bulletin auctions.sqlite 2013-1",
        "capwright auction bulletin auctions.sqlite 2013-1 --lang zh",
        "capwright auction bulletin auctions.sqlite 2013-1 --json",
    ],
)
def bulletin_command(
    db: DbArgument,
    round_id: Annotated[
        str, typer.Argument(metavar="ROUND", help="Id of the auction or entrusted lot. 竞价或委托标的编号。")
    ],
) -> None:
    """Print the results bulletin of an auction: offered, bids, price, sold, paid.

    输出竞价结果公告：投放、申报、成交价、成交量及付款情况。
    """
    from capwright.auction.bulletin import bulletin, bulletin_text, notice
    from capwright.auction.room import AuctionRoom
    from capwright.journal.replay import load
    from capwright.ledger.clock import local_time
    from capwright.market import Market

    with opened(db) as store:
        market, _, _ = load(store, Market)
        results = _results(store)
    room = market.rooms["auction"]
    assert isinstance(room, AuctionRoom)
    held = {**room.state.auctions, **room.state.lots}
    if round_id not in results:
        raise bad_argument("ROUND", NO_RESULT, auction=round_id[:60], known=near(round_id, list(results)))
    rules = market.rulebook.now()
    on = local_time(rules, held[round_id].closes_ms).date()
    found = bulletin(held[round_id], results[round_id], on=on, currency=rules.body.currency)
    if settings.json:
        title, text = notice(found)
        emit_json({"bulletin": found, "notice": {"title": title, "text": text}})
        return
    languages = (settings.lang,) if settings.asked else ("zh", "en")
    write("\n\n".join(bulletin_text(found, lang) for lang in languages) + "\n")


def _results(store: Store) -> dict[str, AuctionCleared]:
    """The event that cleared each auction, by the auction's id."""
    from capwright.auction.messages import AuctionCleared
    from capwright.journal.codec import market_codec

    decode = market_codec().events
    found: dict[str, AuctionCleared] = {}
    for row in rows(store):
        if b'"AuctionCleared"' in row[5]:
            found |= {one.auction_id: one for one in decode(row[5]) if isinstance(one, AuctionCleared)}
    return found
