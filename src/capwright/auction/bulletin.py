"""The results bulletin of a round or a lot, in the form of the exchange's notices, in Chinese and English.

Pure: made from what the market keeps of the auction and the event that cleared it. Prices and amounts are
exact decimals in currency units.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from capwright.auction.messages import AuctionCleared
from capwright.auction.state import Auction, BidRecord, Lot
from capwright.kernel.quantity import currency_word, format_money, format_tonnes
from capwright.kernel.refusal import Refusal
from capwright.kernel.text import MAX_ID

__all__ = ["Bulletin", "bulletin", "bulletin_text", "notice"]

Sale = Literal["allowance_auction", "one_way_auction", "entrusted_auction"]
_SALES: Final[dict[Sale, tuple[str, str]]] = {
    "allowance_auction": ("allowance auction", "配额有偿竞价"),
    "one_way_auction": ("one-way auction", "单向竞价"),
    "entrusted_auction": ("entrusted auction", "竞价转让"),
}
_SHARE: Final = Decimal("0.0001")


class Bulletin(Struct, frozen=True, kw_only=True):
    """A result in numbers.

    `bids`, `bid_t` and `bidders` count all bids entered, `valid_bids` and `valid_t` those that took part; the
    prices `high`, `mean` (weighted by volume) and `low` are of the valid bids, `mean_over_reserve` is the
    share by which their mean is above the reserve or floor price. `price` is the uniform price, or what the
    highest bidder of a whole lot pays. `sold_t` and `amount` are as cleared: of them `paid_t` is paid and
    delivered, `open_t` still due, `failed_t` not paid in time (or undone), so that it came to no sale.
    """

    auction: str
    title: str
    on: date
    sale: Sale
    units: str
    currency: str
    outcome: Literal["cleared", "cancelled"]
    whole_lot: bool
    offered_t: int
    reserve: Decimal | None
    bids: int
    bid_t: int
    bidders: int
    valid_bids: int
    valid_t: int
    high: Decimal | None
    mean: Decimal | None
    low: Decimal | None
    mean_over_reserve: Decimal | None
    price: Decimal | None
    sold_t: int
    winners: int
    amount: Decimal
    paid_t: int
    paid: Decimal
    open_t: int
    open: Decimal
    failed_t: int
    failed: Decimal
    seed: str
    reason: Refusal | None = None


def bulletin(auction: Auction, cleared: AuctionCleared, *, on: date, currency: str = "CNY") -> Bulletin:
    """The bulletin of a cleared auction as things stand; `on` is its local day."""
    lot = auction if isinstance(auction, Lot) else None
    open_t = sum(award.quantity_t for award in auction.due.values())
    open_fen = sum(award.value_fen for award in auction.due.values())
    count, high, mean, low = _of_valid(auction, cleared)
    reserve = auction.reserve_fen_per_t
    return Bulletin(
        auction=auction.id,
        title=(lot.title if lot is not None else "") or auction.id,
        on=on,
        sale=lot.mode if lot is not None else "allowance_auction",
        units=auction.series or (lot.kind if lot is not None else ""),
        currency=currency,
        outcome=cleared.outcome,
        whole_lot=lot is not None and lot.whole_lot,
        offered_t=cleared.offered_t,
        reserve=_units(reserve),
        bids=len(auction.bids),
        bid_t=cleared.bid_t,
        bidders=cleared.bidders,
        valid_bids=count,
        valid_t=cleared.valid_t,
        high=_units(high),
        mean=_units(mean),
        low=_units(low),
        mean_over_reserve=(Decimal(mean) / reserve - 1).quantize(_SHARE) if mean and reserve else None,
        price=_units(cleared.price_fen_per_t),
        sold_t=cleared.sold_t,
        winners=len(cleared.awards),
        amount=_exact(cleared.revenue_fen),
        paid_t=auction.sold_t - open_t,
        paid=_exact(auction.revenue_fen - open_fen),
        open_t=open_t,
        open=_exact(open_fen),
        failed_t=cleared.sold_t - auction.sold_t,
        failed=_exact(cleared.revenue_fen - auction.revenue_fen),
        seed=cleared.seed,
        reason=cleared.reason,
    )


def _of_valid(auction: Auction, cleared: AuctionCleared) -> tuple[int, int | None, int | None, int | None]:
    """Number of the valid bids, and their highest, mean and lowest price in fen.

    Journals of the first version do not tell them: they are worked out from the bids then, those left out
    that were set aside whole.
    """
    if cleared.valid_bids or not cleared.valid_t:
        return cleared.valid_bids, cleared.high_fen_per_t, cleared.mean_fen_per_t, cleared.low_fen_per_t
    valid = [
        (bid.price_fen_per_t, left_t)
        for bid_id, bid in auction.bids.items()
        if (left_t := _left_t(bid, cleared.rejected.get(bid_id)))
    ]
    prices = [price for price, _ in valid]
    total_t = sum(left_t for _, left_t in valid)
    value_fen = sum(price * left_t for price, left_t in valid)
    mean = (2 * value_fen + total_t) // (2 * total_t) if total_t else None
    return len(valid), max(prices, default=None), mean, min(prices, default=None)


def _left_t(bid: BidRecord, refusal: Refusal | None) -> int:
    """What is left of a bid that was refused, or cut by a limit that says by how much."""
    if refusal is None:
        return bid.quantity_t
    cut_t = refusal.details.get("cut_t", bid.quantity_t)
    return bid.quantity_t - cut_t if isinstance(cut_t, int) else 0


# The words.


def bulletin_text(found: Bulletin, lang: str) -> str:
    """The bulletin in sentences, one a line, in `zh` or `en`."""
    return "\n".join(_zh(found) if lang == "zh" else _en(found))


def notice(found: Bulletin) -> tuple[str, str]:
    """Title and text of the bulletin as the exchange publishes it (`PublishAnnouncement`), both languages."""
    head = "竞价结果公告 Auction result: "
    name = found.title
    if len(head) + len(name) > MAX_ID:
        name = name[: MAX_ID - len(head) - 1].rstrip() + "…"
    return head + name, f"{''.join(_zh(found))} {' '.join(_en(found))}"


def _zh(found: Bulletin) -> Iterable[str]:
    money = currency_word(found.currency, "zh")

    def price(value: Decimal | None) -> str:
        return f"{value:,}{money}/吨"

    sale = _SALES[found.sale][1]
    floor = "" if found.reserve is None else f"，{_floor(found, '底价', '保留价')}{price(found.reserve)}"
    whole = "，整体成交" if found.whole_lot else ""
    offered = f"{found.units}，投放{_t(found.offered_t)}吨{whole}"
    yield f"{found.title}：{found.on.isoformat()}{sale}，{offered}{floor}。"
    if not found.bids:
        yield "无人申报。"
    else:
        yield (
            f"共{found.bidders}家参与申报{found.bids}笔、{_t(found.bid_t)}吨，"
            f"其中有效申报{found.valid_bids}笔、{_t(found.valid_t)}吨。"
        )
    if found.high is not None:
        over = ""
        if found.mean_over_reserve is not None:
            over = f"（高于{_floor(found, '底价', '保留价')}{found.mean_over_reserve:.2%}）"
        yield (
            f"有效申报最高价{price(found.high)}，平均价{price(found.mean)}{over}，最低价{price(found.low)}。"
        )
    if found.price is None:
        reason = found.reason.message("zh").rstrip("。") if found.reason else ""
        yield f"未成交：{reason}。" if reason else "未成交。"
        return
    yield (
        f"成交价{price(found.price)}，成交{_t(found.sold_t)}吨，成交{found.winners}家，"
        f"成交金额{found.amount:,}{money}。"
    )
    if found.open_t:
        yield f"待付款{_t(found.open_t)}吨、{found.open:,}{money}。"
    if found.failed_t:
        yield f"逾期未付款不予成交{_t(found.failed_t)}吨、{found.failed:,}{money}。"
    if found.paid_t:
        yield f"已付款交割{_t(found.paid_t)}吨、{found.paid:,}{money}。"


def _en(found: Bulletin) -> Iterable[str]:
    def price(value: Decimal | None) -> str:
        return f"{value:,} {found.currency}/t"

    sale = _SALES[found.sale][0]
    floor = "" if found.reserve is None else f", {_floor(found, 'floor', 'reserve')} {price(found.reserve)}"
    whole = " as a whole" if found.whole_lot else ""
    yield (
        f"{found.title}: {sale} of {found.on.isoformat()}, "
        f"{_t(found.offered_t)} t of {found.units} offered{whole}{floor}."
    )
    if not found.bids:
        yield "Nobody bid."
    else:
        yield (
            f"{_many(found.bidders, 'bidder')} entered {_many(found.bids, 'bid')} for {_t(found.bid_t)} t, "
            f"of which valid: {_many(found.valid_bids, 'bid')} for {_t(found.valid_t)} t."
        )
    if found.high is not None:
        over = ""
        if found.mean_over_reserve is not None:
            over = f" ({found.mean_over_reserve:.2%} above the {_floor(found, 'floor', 'reserve')})"
        yield (
            f"Valid bids: highest {price(found.high)}, mean {price(found.mean)}{over}, "
            f"lowest {price(found.low)}."
        )
    if found.price is None:
        yield f"Not sold: {found.reason.message('en')}" if found.reason else "Not sold."
        return
    yield (
        f"Price {price(found.price)}: {_t(found.sold_t)} t to {_many(found.winners, 'winner')} "
        f"for {found.amount:,} {found.currency}."
    )
    if found.open_t:
        yield f"Still to be paid: {_t(found.open_t)} t, {found.open:,} {found.currency}."
    if found.failed_t:
        yield f"Not paid in time, hence no sale: {_t(found.failed_t)} t, {found.failed:,} {found.currency}."
    if found.paid_t:
        yield f"Paid and delivered: {_t(found.paid_t)} t, {found.paid:,} {found.currency}."


def _floor(found: Bulletin, of_lot: str, of_round: str) -> str:
    """What the least price is called: a seller's floor, or the government's reserve price."""
    return of_round if found.sale == "allowance_auction" else of_lot


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _t(quantity_t: int) -> str:
    return format_tonnes(quantity_t)


def _exact(amount_fen: int) -> Decimal:
    """Fen as currency units, always with two places."""
    return Decimal(format_money(amount_fen).replace(",", ""))


def _units(amount_fen: int | None) -> Decimal | None:
    return None if amount_fen is None else _exact(amount_fen)
