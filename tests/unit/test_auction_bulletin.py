"""The results bulletin: numbers worked out by hand, words in two languages, the command that prints it."""

from __future__ import annotations

import json
import lzma
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from capwright.auction.bulletin import Bulletin, bulletin, bulletin_text, notice
from capwright.auction.messages import AuctionCleared, CancelAuction, ClearAuction, DeclareDefault
from capwright.exchange.messages import PublishAnnouncement
from capwright.journal import import_jsonl, open_store
from capwright.kernel.refusal import Refusal
from capwright.kernel.text import MAX_ID, check_text
from capwright.settlement.messages import WithdrawCash
from tests.auction_lots import LOT, SALE, Lots
from tests.cli_calls import call
from tests.exchange_worlds import at
from tests.worlds import BETA, TRADER, rep

GOLDEN = Path(__file__).parents[1] / "golden" / "journal-v1-guangdong-auctions.jsonl.xz"


def told(world: Lots, cleared: AuctionCleared) -> Bulletin:
    return bulletin(world.auctions.state.lots[LOT], cleared, on=SALE)


def test_the_numbers_of_a_lot_from_the_clearing_to_the_last_payment():
    world = Lots()
    # Valid: 600 t at 53.00 and 600 t at 51.00, mean 52.00, 4 % above the floor; 49.00 is below it.
    cleared = world.sell((BETA, 5300, 600), (TRADER, 5100, 600), (TRADER, 4900, 100), title="TLA lot 1")
    found = told(world, cleared)
    assert (found.bids, found.bid_t, found.bidders, found.valid_bids, found.valid_t) == (3, 1300, 2, 2, 1200)
    assert (found.high, found.mean, found.low) == (Decimal("53.00"), Decimal("52.00"), Decimal("51.00"))
    assert found.mean_over_reserve == Decimal("0.0400")
    assert (found.price, found.sold_t, found.winners) == (Decimal("51.00"), 1000, 2)
    assert found.amount == Decimal("51000.00")
    assert (found.paid_t, found.open_t, found.failed_t) == (0, 1000, 0)
    assert found.open == Decimal("51000.00")

    world.do(rep(TRADER), WithdrawCash(TRADER, world.cash(TRADER)))
    world.settle()
    found = told(world, cleared)
    assert (found.paid_t, found.open_t, found.failed_t) == (600, 400, 0)
    world.at_ms = at("00:00", date(2023, 1, 20))
    world.do("eve", DeclareDefault(LOT, TRADER))
    found = told(world, cleared)
    assert (found.paid_t, found.open_t, found.failed_t) == (600, 0, 400)
    assert (found.paid, found.failed) == (Decimal("30600.00"), Decimal("20400.00"))
    assert bulletin_text(found, "en").splitlines() == [
        "TLA lot 1: entrusted auction of 2023-01-12, 1,000 t of TLA offered, floor 50.00 CNY/t.",
        "2 bidders entered 3 bids for 1,300 t, of which valid: 2 bids for 1,200 t.",
        "Valid bids: highest 53.00 CNY/t, mean 52.00 CNY/t (4.00% above the floor), lowest 51.00 CNY/t.",
        "Price 51.00 CNY/t: 1,000 t to 2 winners for 51,000.00 CNY.",
        "Not paid in time, hence no sale: 400 t, 20,400.00 CNY.",
        "Paid and delivered: 600 t, 30,600.00 CNY.",
    ]
    assert bulletin_text(found, "zh").splitlines() == [
        "TLA lot 1：2023-01-12竞价转让，TLA，投放1,000吨，底价50.00元/吨。",
        "共2家参与申报3笔、1,300吨，其中有效申报2笔、1,200吨。",
        "有效申报最高价53.00元/吨，平均价52.00元/吨（高于底价4.00%），最低价51.00元/吨。",
        "成交价51.00元/吨，成交1,000吨，成交2家，成交金额51,000.00元。",
        "逾期未付款不予成交400吨、20,400.00元。",
        "已付款交割600吨、30,600.00元。",
    ]


def test_a_lot_that_nobody_wanted():
    world = Lots()
    found = told(world, world.sell())
    assert found.outcome == "cancelled"
    assert (found.high, found.mean, found.low, found.mean_over_reserve, found.price) == (None,) * 5
    assert bulletin_text(found, "en").splitlines()[1:] == ["Nobody bid.", "Not sold: There was no valid bid."]
    assert bulletin_text(found, "zh").splitlines()[1:] == ["无人申报。", "未成交：没有有效申报。"]


def test_a_whole_lot_says_so():
    world = Lots()
    found = told(world, world.sell((BETA, 5300, 1000), whole_lot=True))
    assert "1,000 t of TLA offered as a whole, floor" in bulletin_text(found, "en")
    assert "1 bidder entered 1 bid for" in bulletin_text(found, "en")
    assert "投放1,000吨，整体成交，底价" in bulletin_text(found, "zh")


def test_the_exchange_publishes_the_notice():
    world = Lots()
    found = told(world, world.sell((BETA, 5300, 600), (TRADER, 5100, 600), title="TLA lot 1"))
    title, text = notice(found)
    assert title == "竞价结果公告 Auction result: TLA lot 1"
    (event,) = world.do("eve", PublishAnnouncement(title, text))
    assert event.text == text
    assert "成交价51.00元/吨" in text
    assert "Price 51.00 CNY/t" in text


def test_the_longest_title_still_fits():
    world = Lots()
    found = told(world, world.sell((BETA, 5300, 600), title="标" * MAX_ID))
    title, _ = notice(found)
    check_text("title", title, MAX_ID)
    assert title.endswith("…")


def test_without_statistics_in_an_old_event_they_come_from_the_bids():
    world = Lots()
    cleared = world.sell((BETA, 5300, 600), (TRADER, 5100, 600), (TRADER, 4900, 100))
    old = structs.replace(cleared, valid_bids=0, high_fen_per_t=None, mean_fen_per_t=None, low_fen_per_t=None)
    assert told(world, old) == told(world, cleared)
    # A limit cut 200 t off the second bid: (600 × 53 + 400 × 51) ÷ 1,000 = 52.20.
    cut = Refusal("CW-6009", {"cut_t": 200, "most_t": 400})
    partly = structs.replace(old, rejected={**old.rejected, f"{LOT}/2": cut})
    assert told(world, partly).mean == Decimal("52.20")
    assert told(world, partly).valid_bids == 2


# The command, on the journal of the twenty published auctions.


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("bulletin") / "auctions.sqlite"
    store = open_store(path, create=True)
    import_jsonl(store, lzma.decompress(GOLDEN.read_bytes()).splitlines(keepends=True))
    store.close()
    return str(path)


def test_the_bulletin_of_2020_04_27_says_what_was_published(capsys, journal):
    """GZETS 2020-04-27: 400,000 t, reserve 25.84, 3,098,000 t valid, 28.20, 8 winners, 11,280,000 CNY."""
    found = json.loads(call(capsys, "auction", "bulletin", journal, "2019-1", "--json").out)
    numbers = found["bulletin"]
    assert (numbers["on"], numbers["sale"], numbers["units"]) == (
        "2020-04-27",
        "allowance_auction",
        "GDEA-2019",
    )
    assert (numbers["offered_t"], numbers["valid_t"], numbers["sold_t"]) == (400_000, 3_098_000, 400_000)
    assert (numbers["reserve"], numbers["price"], numbers["winners"]) == (25.84, 28.20, 8)
    assert (numbers["high"], numbers["bidders"]) == (32.00, 28)
    assert (numbers["amount"], numbers["paid_t"]) == (11_280_000.00, 400_000)
    assert "成交价28.20元/吨" in found["notice"]["text"]


def test_without_a_language_both_are_printed_with_one_only_that(capsys, journal):
    both = call(capsys, "auction", "bulletin", journal, "2015-4").out
    assert "未成交：有效申报量" in both
    assert "Not sold: Valid demand of 256755 t" in both
    assert "有偿" not in call(capsys, "auction", "bulletin", journal, "2015-4", "--lang", "en").out
    assert "Not sold" not in call(capsys, "auction", "bulletin", journal, "2015-4", "--lang", "zh").out


def test_an_unknown_round_is_refused_with_the_nearest(capsys, journal):
    said = call(capsys, "auction", "bulletin", journal, "2019-2")
    assert said.code == 2
    assert "CW-6320" in said.err
    assert "2019-1" in said.err


def test_what_was_called_off_has_no_result():
    world = Lots()
    world.entrust()
    world.announce()
    world.do("eve", CancelAuction(LOT, "storm"))
    world.at_ms = at("11:30", SALE)
    assert world.code("eve", ClearAuction(LOT, "")) == "CW-6104"
