"""Published figures of a scenario beside ours: equal, or near where the scenario says how near is near.

The names that `[published]` of a scenario file may use are those of `Ours`; others are shown without a figure
of ours. `source` there says where all come from, `sources` where those do whose name begins with its key, and
`origins` in the same way what it means that ours is equal (`ORIGINS`). `within` gives, in the same way, how
far off a figure that agents bring about may be, a share of the published one; all others must be equal.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from capwright.kernel.quantity import format_money, format_tonnes
from capwright.report.shapes import PublishedLine, Words
from capwright.report.trading import half_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.market import Market
    from capwright.report.facts import Facts
    from capwright.report.shapes import AuctionLine, MonthLine, VintageLine

__all__ = ["ORIGINS", "Ours", "origin_words", "published_lines", "tally"]

Figure = int | date | Decimal
_YEAR: Final = 12
_CONTROLLED: Final = "operator_holding"

_WORDS: Final = {
    "revenue_cny": Words("Auction revenue in all", "有偿竞价收入合计"),
    "auctioned_t": Words("Sold at auction", "有偿竞价成交量"),
    "auctions_held": Words("Auctions that sold something", "成交的有偿竞价次数"),
    "controlled_enterprises": Words("Controlled enterprises", "控排企业数"),
    "new_projects": Words("New-project enterprises", "新建项目企业数"),
    "data_centres": Words("Data centres", "数据中心企业数"),
    "paper_enterprises": Words("Paper enterprises", "造纸企业数"),
    "cap_t": Words("Cap", "配额总量"),
    "cap_controlled_t": Words("Cap: controlled enterprises", "配额总量：控排企业配额"),
    "cap_reserve_t": Words("Cap: reserve", "配额总量：储备配额"),
    "surrender_due_on": Words("Surrender deadline", "清缴截止日"),
    "due_enterprises": Words("Enterprises with a duty", "应履约企业数"),
    "complied_in_time": Words("Complied by the deadline", "按期履约企业数"),
    "complied_by_september": Words("Complied by the end of September", "至9月底完成履约企业数"),
    "emissions_t": Words("Verified emissions", "核查排放量"),
    "surrendered_t": Words("Surrendered", "清缴量"),
    "sanction_multiple": Words("Deduction, times the shortfall", "扣减倍数"),
    "sanction_fine_cny": Words("Fine", "罚款"),
}
_VOLUME: Final = re.compile(r"([a-z]+)_volume_t")
_VOLUME_OF: Final = re.compile(r"([a-z]+)_volume_(\d{4})_(\d{2})_t")
_MEAN: Final = re.compile(r"([a-z]+)_mean_price_cny")
_AUCTIONED: Final = re.compile(r"([a-z]+)_auctioned_t")


class Ours:
    """Our figures under the names that scenario files use for published ones."""

    def __init__(
        self,
        market: Market,
        facts: Facts,
        months: tuple[MonthLine, ...],
        auctions: tuple[AuctionLine, ...],
        vintages: tuple[VintageLine, ...],
    ) -> None:
        self._months = months
        accounts = market.book.state.accounts.values()
        types = [account.type for account in accounts]
        sectors = [account.sector for account in accounts if account.type == _CONTROLLED]
        self._fixed: dict[str, Figure] = {
            "revenue_cny": sum(line.revenue_fen for line in auctions),
            "auctioned_t": sum(line.sold_t for line in auctions),
            "auctions_held": sum(1 for line in auctions if line.sold_t),
            "controlled_enterprises": sum(1 for a in accounts if a.type == _CONTROLLED and not a.last_year),
            "new_projects": types.count("new_project_holding"),
            "data_centres": sectors.count("data_centre"),
            "paper_enterprises": sectors.count("paper"),
        }
        if vintages:
            last = vintages[-1]
            self._fixed |= _of_vintage(market, last) | _of_cap(market, facts, last.vintage)

    def figure(self, key: str) -> Figure | None:
        """Our figure; None where we compute nothing under this name."""
        if found := _VOLUME_OF.fullmatch(key):
            return self._volume_t(found[1], f"{found[2]}-{found[3]}")
        if found := _VOLUME.fullmatch(key):
            return sum(line.volume_t for line in self._year(found[1]))
        if found := _MEAN.fullmatch(key):
            lines = self._year(found[1])
            volume_t = sum(line.volume_t for line in lines)
            turnover_fen = sum(line.turnover_fen for line in lines)
            return half_up(Fraction(turnover_fen, volume_t)) if volume_t else None
        if found := _AUCTIONED.fullmatch(key):
            kind = found[1].upper()
            lines = [line for line in self._months if line.kind == kind and line.mode == "one_way_auction"]
            return sum(line.volume_t for line in lines)
        return self._fixed.get(key)

    def words(self, key: str) -> Words:
        """What the figure is called."""
        if found := _VOLUME_OF.fullmatch(key):
            kind, month = found[1].upper(), f"{found[2]}-{found[3]}"
            return Words(f"{kind} traded in {month}", f"{kind}成交量，{month}")
        if found := _VOLUME.fullmatch(key):
            kind = found[1].upper()
            return Words(f"{kind} traded{self._span(found[1])}", f"{kind}成交量{self._span(found[1])}")
        if found := _MEAN.fullmatch(key):
            kind = found[1].upper()
            return Words(f"{kind} mean price{self._span(found[1])}", f"{kind}成交均价{self._span(found[1])}")
        if found := _AUCTIONED.fullmatch(key):
            kind = found[1].upper()
            return Words(f"{kind} sold in one-way auctions", f"{kind}单向竞价成交量")
        return _WORDS.get(key) or Words(key.replace("_", " "), key.replace("_", " "))

    def _year(self, kind: str) -> list[MonthLine]:
        """The trades of a kind in the twelve months from its first trade: the year that is published."""
        lines = [line for line in self._months if line.kind == kind.upper()]
        months = list(dict.fromkeys(line.month for line in lines))
        if not months:
            return []
        year, month = (int(part) for part in months[0].split("-"))
        ends = f"{year + (month > 1)}-{(month - 2) % _YEAR + 1:02d}"
        return [line for line in lines if line.month <= ends]

    def _span(self, kind: str) -> str:
        lines = self._year(kind)
        return f", {lines[0].month} – {lines[-1].month}" if lines else ""

    def _volume_t(self, kind: str, month: str) -> int:
        lines = [line for line in self._months if line.kind == kind.upper() and line.month == month]
        return sum(line.volume_t for line in lines)


def _of_vintage(market: Market, last: VintageLine) -> dict[str, Figure]:
    found: dict[str, Figure] = {
        "due_enterprises": last.due,
        "complied_in_time": last.on_time,
        "complied_by_september": last.on_time + last.late,
        "emissions_t": last.owed_t,
        "surrendered_t": last.surrendered_t,
    }
    if last.due_on is not None:
        found["surrender_due_on"] = last.due_on
        sanctions = market.rulebook.vintage(last.vintage).section("compliance").sanctions
        if sanctions.deduction_multiple is not None:
            found["sanction_multiple"] = sanctions.deduction_multiple
        if sanctions.fine_fen is not None:
            found["sanction_fine_cny"] = sanctions.fine_fen
    return found


def _of_cap(market: Market, facts: Facts, vintage: int) -> dict[str, Figure]:
    """What was issued for a vintage, and how it was split when it left the account of the whole cap."""
    accounts, series = market.book.state.accounts, market.book.state.series
    issued_t = controlled_t = reserve_t = 0
    for (name, source, target), quantity_t in facts.moves.items():
        if series[name].vintage != vintage or series[name].project:
            continue
        giver = accounts[source].purpose if source in accounts else ""
        receiver = accounts[target].purpose
        if not giver and receiver == "issue":
            issued_t += quantity_t
        elif giver == "issue":
            controlled_t += quantity_t if receiver == "allocation" else 0
            reserve_t += quantity_t if receiver in ("reserve", "auction") else 0
    return {"cap_t": issued_t, "cap_controlled_t": controlled_t, "cap_reserve_t": reserve_t}


# Beside each other.

_NOT_FIGURES: Final = ("source", "sources", "origins", "within", "note")
ORIGINS: Final = {
    "put_in": Words("put in", "读入"),
    "calibrated": Words("calibrated", "校准"),
    "came_out": Words("came out", "得出"),
    "": Words("not said", "未说明"),
}
_NONE: Final = Words("", "")


def published_lines(published: dict[str, Any], ours: Ours) -> tuple[PublishedLine, ...]:
    """Set every published figure beside ours."""
    return tuple(
        _line(
            key,
            value,
            ours,
            _near(published, "sources", key) or str(published.get("source", "")),
            _near(published, "origins", key),
            Decimal(_near(published, "within", key) or 0),
        )
        for key, value in published.items()
        if key not in _NOT_FIGURES and not isinstance(value, (dict, list))
    )


def _near(published: dict[str, Any], table: str, key: str) -> str:
    """What the longest key of a table says that this one begins with; empty where none does."""
    said = published.get(table, {})
    near = [name for name in said if key.startswith(name)] if isinstance(said, dict) else []
    return str(said[max(near, key=len)]) if near else ""


def origin_words(line: PublishedLine) -> Words:
    """Whether the figure was put in, calibrated or came out."""
    return ORIGINS[line.origin]


def tally(lines: Iterable[PublishedLine]) -> Words:
    """How many figures of each origin were compared and whether all are equal; empty without any."""
    compared = [line for line in lines if line.equal is not None]
    if not compared:
        return _NONE
    counts = {origin: sum(1 for line in compared if line.origin == origin) for origin in ORIGINS}
    found = [(count, ORIGINS[origin]) for origin, count in counts.items() if count]
    equal = sum(1 for line in compared if line.equal and not line.off)
    near = [line.off for line in compared if line.equal and line.off]
    parts_en = ", ".join(
        f"{count} {words.en if words is not ORIGINS[''] else 'of an origin not said'}"
        for count, words in found
    )
    parts_zh = "，".join(f"{words.zh}{count}项" for count, words in found)
    if near and equal + len(near) == len(compared):
        offs = ", ".join(near)
        return Words(
            f"Published figures: {parts_en}; {equal} equal, {len(near)} near ({offs}).",
            f"公布数据：{parts_zh}；{equal}项一致，{len(near)}项接近（{offs}）。",
        )
    if equal < len(compared):
        return Words(
            f"Published figures: {parts_en}; {equal} of {len(compared)} equal.",
            f"公布数据：{parts_zh}；{len(compared)}项中{equal}项一致。",
        )
    every = ("equal", "一致") if equal == 1 else ("all equal", "全部一致")
    return Words(f"Published figures: {parts_en}; {every[0]}.", f"公布数据：{parts_zh}；{every[1]}。")


def _line(key: str, value: object, ours: Ours, source: str, origin: str, within: Decimal) -> PublishedLine:
    mine = ours.figure(key)
    theirs = _read(key, value)
    equal = None if mine is None or theirs is None else mine == theirs
    off = ""
    if equal is False and within and not isinstance(mine, date) and not isinstance(theirs, date):
        assert mine is not None
        assert theirs is not None
        share = (Decimal(mine) - Decimal(theirs)) / Decimal(theirs)
        equal = abs(share) <= within
        off = f"{100 * share:+.2f} %"
    said = "" if mine is None else _show(key, mine)
    shown = str(value) if theirs is None else _show(key, theirs)
    return PublishedLine(
        key, ours.words(key), shown, said, _unit(key), equal, source, origin if origin in ORIGINS else "", off
    )


def _read(key: str, value: object) -> Figure | None:
    """A published figure as ours are: fen for money, whole tonnes and counts, days; None for other texts."""
    if isinstance(value, date):
        return value
    if not isinstance(value, (int, float, str)) or not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return None
    number = Decimal(str(value)) * (100 if key.endswith("_cny") else 1)
    return int(number) if number == number.to_integral_value() else number


def _show(key: str, figure: Figure) -> str:
    if isinstance(figure, int):
        return format_money(figure) if key.endswith("_cny") else format_tonnes(figure)
    return figure.isoformat() if isinstance(figure, date) else f"{figure.normalize():f}"


def _unit(key: str) -> Words:
    if key.endswith("_price_cny"):
        return Words("CNY/t", "元/吨")
    if key.endswith("_cny"):
        return Words("CNY", "元")
    return Words("t", "吨") if key.endswith("_t") else _NONE
