"""What the charts of the page show, as data for `report.js`; numbers are whole tonnes and fen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.report.shapes import Flows, Summary
    from capwright.report.voice import Voice

__all__ = ["auction_chart", "flow_chart", "issued", "left_out", "main_kind", "market_chart", "sector_chart"]

Chart = dict[str, Any]
_LEFT: Final = "end:left"
_BARS: Final = 12


# From which largest value on a chart counts in which unit, and of how many tonnes that is.
_SCALES: Final = {
    "zh": ((10**8, "百万吨", 10**6), (20_000, "万吨", 10**4), (0, "吨", 1)),
    "en": ((2 * 10**6, "Mt", 10**6), (2000, "kt", 10**3), (0, "t", 1)),
}


def _units(voice: Voice, quantities_t: Iterable[int] = ()) -> Chart:
    """What the numbers of a chart count; its axis of tonnes is scaled by the largest of them."""
    largest_t = max(map(abs, quantities_t), default=0)
    name, divisor = next((name, by) for least_t, name, by in _SCALES[voice.lang] if largest_t >= least_t)
    return {
        "lang": "zh-CN" if voice.zh else "en",
        "tonnes": {"name": name, "divisor": divisor},
        "price": {"name": voice.price_unit(), "divisor": 100},
        "t": voice.say("t", "吨"),
    }


def sector_chart(summary: Summary, voice: Voice, vintage: int) -> Chart:
    """Bars of free allocation and of verified emissions by sector; small sectors beyond a dozen together."""
    lines = [line for line in summary.sectors if line.vintage == vintage]
    bars = [(voice.of(line.words), line.free_t, line.emissions_t) for line in lines]
    if len(bars) > _BARS:
        rest = bars[_BARS - 1 :]
        others = voice.say(f"{len(rest)} others", f"其他{len(rest)}个行业")
        bars = [
            *bars[: _BARS - 1],
            (others, sum(free_t for _, free_t, _ in rest), sum(emitted_t for _, _, emitted_t in rest)),
        ]
    return _units(voice, (quantity_t for bar in bars for quantity_t in bar[1:])) | {
        "kind": "sectors",
        "names": [name for name, _, _ in bars],
        "allocation": [free_t for _, free_t, _ in bars],
        "emissions": [emissions_t for _, _, emissions_t in bars],
        "share": [voice.percent(free_t, emissions_t) for _, free_t, emissions_t in bars],
        "words": {
            "allocation": voice.say("Free allocation, net", "免费配额净发放"),
            "emissions": voice.say("Verified emissions", "核查排放量"),
            "share": voice.say("Allocation / emissions", "配额／排放"),
        },
    }


def main_kind(summary: Summary) -> str:
    """The kind traded most, allowances first; empty without trades."""
    volume_t: dict[str, int] = {}
    for day in summary.days:
        volume_t[day.kind] = volume_t.get(day.kind, 0) + day.volume_t
    allowances = [k.kind for k in summary.kinds if k.family == "allowance" and k.kind in volume_t]
    return max(allowances or volume_t, key=lambda kind: volume_t[kind], default="")


def market_chart(summary: Summary, voice: Voice) -> Chart:
    """Price line and volume bars of the main kind by day, auction prices as marks, deadlines as lines."""
    kind = main_kind(summary)
    days = [day for day in summary.days if day.kind == kind]
    first, last = days[0].on, days[-1].on
    deadlines = dict.fromkeys(
        line.due_on for line in summary.vintages if line.due_on and first <= line.due_on <= last
    )
    auctions = [line for line in summary.auctions if line.price_fen_per_t and first <= line.on <= last]
    return _units(voice, (day.volume_t for day in days)) | {
        "kind": "market",
        "days": [[day.on.isoformat(), day.mean_fen_per_t, day.volume_t] for day in days],
        "auctions": [[line.on.isoformat(), line.price_fen_per_t, line.id] for line in auctions],
        "deadlines": [on.isoformat() for on in deadlines],
        "words": {
            "price": voice.say("Mean price", "成交均价"),
            "volume": voice.say("Volume", "成交量"),
            "auction": voice.say("Auction price", "竞价成交价"),
            "deadline": voice.say("Surrender deadline", "清缴截止"),
        },
    }


def auction_chart(summary: Summary, voice: Voice) -> Chart:
    """Offered and sold by round, with the price."""
    lines = summary.auctions
    return _units(voice, (line.offered_t for line in lines)) | {
        "kind": "auctions",
        "names": [line.id for line in lines],
        "offered": [line.offered_t for line in lines],
        "sold": [line.sold_t for line in lines],
        "prices": [line.price_fen_per_t for line in lines],
        "words": {
            "offered": voice.say("Offered", "投放量"),
            "sold": voice.say("Sold", "成交量"),
            "price": voice.say("Clearing price", "成交价"),
        },
    }


def issued(flows: Flows) -> int:
    """Tonnes that came into the picture: issued, or carried over."""
    return sum(node.out_t - node.in_t for node in flows.nodes if node.key.startswith("source:"))


def left_out(flows: Flows) -> int:
    """Tonnes that never left where they were issued, when they would dwarf everything else; else 0."""
    issued_t = issued(flows)
    idle_t = sum(
        link.quantity_t for link in flows.links if link.target == _LEFT and link.source.startswith("source:")
    )
    return idle_t if idle_t * 2 > issued_t else 0


def flow_chart(flows: Flows, voice: Voice) -> Chart:
    """Nodes and links of the Sankey, without units that never moved when those are most."""
    hide = bool(left_out(flows))
    links = [
        link
        for link in flows.links
        if not (hide and link.target == _LEFT and link.source.startswith("source:"))
    ]
    in_t: dict[str, int] = {}
    out_t: dict[str, int] = {}
    for link in links:
        out_t[link.source] = out_t.get(link.source, 0) + link.quantity_t
        in_t[link.target] = in_t.get(link.target, 0) + link.quantity_t
    return _units(voice) | {
        "kind": "flows",
        "nodes": [
            {
                "key": node.key,
                "part": node.key.partition(":")[0],
                "name": voice.of(node.words),
                "said": voice.tonnes(max(in_t.get(node.key, 0), out_t.get(node.key, 0))),
                "stage": node.stage,
            }
            for node in flows.nodes
            if node.key in in_t or node.key in out_t
        ],
        "links": [[link.source, link.target, link.quantity_t] for link in links],
    }
