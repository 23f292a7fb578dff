"""Unit flows between groups of accounts, netted so that the picture has no circles.

Nodes: what was issued, the government's accounts by type, the holders by sector or account type, and the
ends: surrendered, cancelled, exported, held at the end, not handed out. What groups of holders sell to each
other leaves at "sold to other groups" and comes back at "bought from other groups", the same amount. Every
node between passes on exactly what it gets, so what was issued equals the sum of the other ends; the tests
hold this.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from capwright.report.facts import ISSUED
from capwright.report.shapes import FlowLink, FlowNode, Flows, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from capwright.ledger.accounts import Account, Series
    from capwright.report.groups import Names

__all__ = ["HOLDER_GROUPS", "net_flows", "without_circles"]

HOLDER_GROUPS: Final = 12  # at most so many groups of holders have a node of their own
Edges = dict[tuple[str, str], int]

_BOUGHT: Final = "exchange:bought"
_SOLD: Final = "exchange:sold"
_HELD: Final = "end:held"
_LEFT: Final = "end:left"
_OTHERS: Final = "holders:others"
_ENDS: Final = {"surrender": "end:surrendered", "cancellation": "end:cancelled", "export": "end:exported"}
_WORDS: Final = {
    "source:allowance": Words("Allowances issued", "签发配额"),
    "source:special": Words("Special allowances issued", "签发特别配额"),
    "source:credit": Words("Credits issued", "签发减排量"),
    "source:carried": Words("Carried over", "以前年度结转"),
    "source:": Words("Units issued", "签发"),
    _BOUGHT: Words("Bought from other groups", "自其他组买入"),
    _SOLD: Words("Sold to other groups", "售予其他组"),
    _OTHERS: Words("Other holders", "其他持有人"),
    _HELD: Words("Held at the end", "期末持有"),
    _LEFT: Words("Not handed out", "未发放"),
    "end:surrendered": Words("Surrendered", "已清缴"),
    "end:cancelled": Words("Cancelled", "已注销"),
    "end:exported": Words("Exported", "已转出"),
}


def net_flows(
    moves: Mapping[tuple[str, str, str], int],
    accounts: Mapping[str, Account],
    series: Mapping[str, Series],
    names: Names,
    first_vintage: int,
) -> Flows:
    """Turn gross moves by (series, source account, target account) into the net flows between groups.

    Units of vintages before `first_vintage` were issued before the story began: whatever the government does
    with them is "carried over". Holders beyond the `HOLDER_GROUPS` largest groups are put together.
    """
    words: dict[str, Words] = dict(_WORDS)
    by_sector = _main_type(accounts)

    def group(number: str, of: Series) -> str:
        family = names.family(of.kind)
        carried = family == "allowance" and of.vintage < first_vintage
        source = "source:carried" if carried else f"source:{family}"
        if number == ISSUED:
            return source
        account = accounts[number]
        if account.purpose in _ENDS:
            return _ENDS[account.purpose]
        if account.purpose != "holding":
            # The account of the whole cap is where units come from; a reserve is a place of its own.
            if carried or account.purpose == "issue":
                return source
            key = f"government:{account.type}"
            words[key] = names.account_type(account.type)
            return key
        if account.sector and account.type == by_sector:
            key = f"holders:{account.type}:{account.sector}"
            words[key] = names.sector(account.sector)
        else:
            key = f"holders:{account.type}"
            words[key] = names.account_type(account.type)
        return key

    edges = _grouped(moves, series, group)
    edges = _merge_small(edges)
    edges = _through_exchange(edges)
    edges = without_circles(edges)
    return _picture(_with_ends(edges, _issued(moves, series, group)), words)


def _main_type(accounts: Mapping[str, Account]) -> str:
    """The type of most accounts with a sector: its holders are told apart by sector, all others by type."""
    types = [account.type for account in accounts.values() if account.sector]
    return max(dict.fromkeys(types), key=types.count, default="")


def _issued(
    moves: Mapping[tuple[str, str, str], int],
    series: Mapping[str, Series],
    group: Callable[[str, Series], str],
) -> dict[str, int]:
    """What was issued, by source."""
    issued_t: dict[str, int] = {}
    for (name, source, _), quantity_t in moves.items():
        if source == ISSUED:
            node = group(ISSUED, series[name])
            issued_t[node] = issued_t.get(node, 0) + quantity_t
    return issued_t


def _grouped(
    moves: Mapping[tuple[str, str, str], int],
    series: Mapping[str, Series],
    group: Callable[[str, Series], str],
) -> Edges:
    edges: Edges = {}
    for (name, source, target), quantity_t in moves.items():
        of = series[name]
        _add(edges, group(source, of), group(target, of), quantity_t)
    return edges


def _add(edges: Edges, source: str, target: str, quantity_t: int) -> None:
    if source != target and quantity_t:
        edges[source, target] = edges.get((source, target), 0) + quantity_t


def _is_holder(node: str) -> bool:
    return node.startswith("holders:")


def _merge_small(edges: Edges) -> Edges:
    """Put the smaller groups of holders together when there are too many."""
    size_t: dict[str, int] = {}
    for pair, quantity_t in edges.items():
        for node in pair:
            if _is_holder(node):
                size_t[node] = size_t.get(node, 0) + quantity_t
    if len(size_t) <= HOLDER_GROUPS:
        return edges
    largest = sorted(size_t, key=lambda node: (-size_t[node], node))[: HOLDER_GROUPS - 1]
    kept = dict.fromkeys(largest)
    merged: Edges = {}
    for (source, target), quantity_t in edges.items():
        giver, receiver = (
            node if not _is_holder(node) or node in kept else _OTHERS for node in (source, target)
        )
        _add(merged, giver, receiver, quantity_t)
    return merged


def _through_exchange(edges: Edges) -> Edges:
    """Let net sellers among the holders pass units out of the picture, and net buyers get them back."""
    net_t: dict[str, int] = {}
    kept: Edges = {}
    for (source, target), quantity_t in edges.items():
        if _is_holder(source) and _is_holder(target):
            net_t[source] = net_t.get(source, 0) - quantity_t
            net_t[target] = net_t.get(target, 0) + quantity_t
        else:
            kept[source, target] = quantity_t
    for node, quantity_t in net_t.items():
        if quantity_t > 0:
            _add(kept, _BOUGHT, node, quantity_t)
        elif quantity_t < 0:
            _add(kept, node, _SOLD, -quantity_t)
    return kept


def without_circles(edges: Mapping[tuple[str, str], int]) -> Edges:
    """Take every circular flow out: round a circle the least of its flows is subtracted from all.

    What a node gets less what it gives stays the same, and no flow turns round or below zero.
    """
    left = {pair: quantity_t for pair, quantity_t in edges.items() if quantity_t}
    while circle := _circle(left):
        least_t = min(left[pair] for pair in circle)
        for pair in circle:
            left[pair] -= least_t
            if not left[pair]:
                del left[pair]
    return left


def _circle(edges: Edges) -> list[tuple[str, str]]:
    """Return the edges of some circle; none: empty."""
    following: dict[str, list[str]] = {}
    for source, target in edges:
        following.setdefault(source, []).append(target)
    done: dict[str, None] = {}

    def walk(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for target in following.get(node, ()):
            if found := walk(target, [*trail, node]):
                return found
        done[node] = None
        return []

    for start in following:
        if found := walk(start, []):
            return list(pairwise(found))
    return []


def _with_ends(edges: Edges, issued_t: Mapping[str, int]) -> Edges:
    """Let what a node keeps flow on to an end: held, or not handed out."""
    kept_t = dict(issued_t)
    for (source, target), quantity_t in edges.items():
        kept_t[target] = kept_t.get(target, 0) + quantity_t
        kept_t[source] = kept_t.get(source, 0) - quantity_t
    whole = dict(edges)
    for node, quantity_t in kept_t.items():
        if quantity_t and not node.startswith(("end:", "exchange:")):
            _add(whole, node, _HELD if _is_holder(node) else _LEFT, quantity_t)
    return whole


def _picture(edges: Edges, words: Mapping[str, Words]) -> Flows:
    keys = dict.fromkeys(node for pair in edges for node in pair)
    in_t = dict.fromkeys(keys, 0)
    out_t = dict.fromkeys(keys, 0)
    for (source, target), quantity_t in edges.items():
        out_t[source] += quantity_t
        in_t[target] += quantity_t
    stages = _stages(keys, edges)
    ordered = sorted(keys, key=lambda key: (stages[key], -max(in_t[key], out_t[key]), key))
    nodes = tuple(FlowNode(key, words[key], stages[key], in_t[key], out_t[key]) for key in ordered)
    place = {node.key: n for n, node in enumerate(nodes)}
    links = sorted(edges, key=lambda pair: (place[pair[0]], place[pair[1]]))
    return Flows(nodes, tuple(FlowLink(*pair, edges[pair]) for pair in links))


def _stages(keys: Iterable[str], edges: Edges) -> dict[str, int]:
    """The column of each node, from left: sources, the government's accounts, holders, ends.

    Accounts of the government that pass units on to each other get a column each, and so do ends.
    """
    column: dict[str, int] = dict.fromkeys(keys, 0)

    def line_up(start: str, first: int) -> int:
        nodes = [key for key in column if key.startswith(start)]
        for node in nodes:
            column[node] = first
        inner = [pair for pair in edges if all(node.startswith(start) for node in pair)]
        for _ in nodes:  # at most so many steps from the first to the last
            for source, target in inner:
                column[target] = max(column[target], column[source] + 1)
        return max((column[node] for node in nodes), default=first - 1) + 1

    holders = line_up("government:", 1)
    ends = holders + 1
    for key in column:
        if _is_holder(key):
            column[key] = holders
    line_up("end:", ends)
    column |= {key: place for key, place in ((_BOUGHT, holders - 1), (_SOLD, ends)) if key in column}
    return column
