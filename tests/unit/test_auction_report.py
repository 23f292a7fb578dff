"""From a file of bids to the report of `capwright auction clear`."""

from __future__ import annotations

import json
import random
import time

import pytest

from capwright.auction.document import report_json
from capwright.auction.report import BidRow, auction_from_table, bids_from_table
from capwright.kernel.refusal import BadInput
from capwright.scheme.loader import load_scheme
from capwright.scheme.presets import PRESETS
from capwright.table import read_table
from tests.auction_books import rules


def clear_file(tmp_path, text, choice=None, offer=300_000, **more):
    path = tmp_path / "bids.csv"
    path.write_text(text, encoding="utf-8")
    return auction_from_table(choice or rules(), path, offer, **more)


GUANGDONG = """bidder,price,quantity_t,time
甲,15.00,120000,09:31:00
乙,15.00,150000,09:30:05
丙,16.20,100000,10:00:00
丁,12.79,50000,10:00:01
戊,15.50,999,10:00:02
己,14.00,1000,09:30:00
"""


def test_guangdong_2015(tmp_path):
    scheme = load_scheme("guangdong-2015")
    found = clear_file(
        tmp_path, GUANGDONG, scheme.body.auction, reserve_fen_per_t=12_80, name=scheme.name, currency="CNY"
    )
    said = json.loads(report_json(found))
    assert said["price"] == 15
    assert (said["sold_t"], said["unsold_t"], said["revenue"]) == (300_000, 0, 4_500_000)
    assert said["awards"] == {"丙": 100_000, "乙": 150_000, "甲": 50_000}
    assert said["payments"]["甲"] == 750_000
    assert [(item["bidder"], item["code"], item["line"]) for item in said["rejected"]] == [
        ("戊", "CW-6004", 6),
        ("丁", "CW-6007", 5),
    ]
    assert all(item["reason"] for item in said["rejected"])
    lost = [(item["bidder"], item["quantity_t"]) for item in said["unsuccessful"]]
    assert lost == [("甲", 70_000), ("己", 1_000)]
    assert (said["rules"], said["reserve"], said["seed"]) == ("guangdong-2015", 12.8, "capwright")


def test_json_numbers_are_exact(tmp_path):
    text = report_json(clear_file(tmp_path, "bidder,price,quantity_t\na,16.1,10\n", offer=10))
    assert '"price": 16.10' in text
    assert '"revenue": 161.00' in text
    assert json.loads(text)["price"] == 16.1
    big = "bidder,price,quantity_t\na,99999.99,9000000000\n"
    assert '"revenue": 899999910000000.00' in report_json(clear_file(tmp_path, big, offer=10**12))


def test_a_policy_reserve_price_that_is_not_given_is_left_out_and_said(tmp_path):
    report = clear_file(tmp_path, GUANGDONG, load_scheme("guangdong-2016").body.auction)
    assert report.reserve is None
    assert report.note.code == "CW-6042"


@pytest.mark.parametrize("preset", PRESETS.values())
def test_every_preset_clears_without_a_reserve(tmp_path, preset):
    text = "bidder,price,quantity_t\n" + "".join(f"b{at},{40 + at},20000\n" for at in range(6))
    found = clear_file(tmp_path, text, load_scheme(preset).body.auction, offer=80_000)
    assert (str(found.price), found.sold_t) == ("42.00", 80_000)


def test_the_order_of_lines_does_not_matter_with_a_random_tie(tmp_path):
    lines = [f"b{at % 4},10,{100 + at % 3}\n" for at in range(24)]
    results = set()
    for shuffle in range(6):
        random.Random(shuffle).shuffle(lines)
        found = clear_file(tmp_path, "bidder,price,quantity_t\n" + "".join(lines), offer=777, seed="x")
        results.add(tuple(sorted(found.awards.items())))
    assert len(results) == 1


def test_without_times_the_lines_are_the_order(tmp_path):
    text = "bidder,price,quantity_t\nb,10,5\na,10,5\n"
    assert clear_file(tmp_path, text, rules(tie_rule="time"), offer=5).awards == {"b": 5}


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("9", "10"),
        ("09:59:59.5", "10:00"),
        ("2024-07-31T09:00", "2024-07-31T10:00:00"),
        ("2024-07-31T10:00:00+08:00", "2024-07-31T03:00:00Z"),
    ],
)
def test_times_may_be_written_in_several_ways(tmp_path, early, late):
    text = f"bidder,price,quantity_t,time\nb,10,5,{late}\na,10,5,{early}\n"
    assert clear_file(tmp_path, text, rules(tie_rule="time"), offer=5).awards == {"a": 5}


@pytest.mark.parametrize(
    ("rows", "code", "line", "column"),
    [
        ("a,10,5,25:00\n", "CW-6040", 2, 4),
        ("a,10,5,noon\n", "CW-6040", 2, 4),
        ("a,10,5,\n", "CW-6040", 2, 4),
        ("a,10,5,09:30\nb,10,5,2024-07-31T10:00\n", "CW-6041", 3, 4),
        ("a,-1,5,9\n", "CW-9219", 2, 2),
        ("a,10,-5,9\n", "CW-9101", 2, 3),
        (",10,5,9\n", "CW-9209", 2, 1),
    ],
)
def test_bad_rows(tmp_path, rows, code, line, column):
    with pytest.raises(BadInput) as caught:
        clear_file(tmp_path, "bidder,price,quantity_t,time\n" + rows)
    assert (caught.value.refusal.code, caught.value.line, caught.value.column) == (code, line, column)
    assert "{" not in caught.value.refusal.message("en") + caught.value.refusal.message("zh")


def test_categories_and_limits_from_the_file(tmp_path):
    text = "bidder,price,quantity_t,category\na,30,30000,covered\nb,29,90000,covered\n"
    wci = load_scheme("auction-wci").body.auction
    found = clear_file(tmp_path, text, wci, 100_000, reserve_fen_per_t=25_87)
    assert [(item.bidder, item.quantity_t, item.cut) for item in found.rejected] == [
        ("a", 5_000, True),
        ("b", 65_000, True),
    ]
    assert (str(found.price), found.sold_t, str(found.revenue)) == ("25.87", 50_000, "1293500.00")


def test_nothing_sold_says_why_in_the_language_asked_for(tmp_path):
    found = clear_file(tmp_path, "bidder,price,quantity_t\n", lang="zh")
    assert (found.outcome, found.price, found.why.code) == ("cancelled", None, "CW-6021")
    assert found.why.reason == "没有有效申报。"
    assert json.loads(report_json(found))["price"] is None


def test_times_at_the_ends_of_the_calendar_and_many_equal_rows(tmp_path):
    """The first overflowed on its way to UTC; the ids of equal rows took quadratic time."""
    file = tmp_path / "bids.csv"
    head = "bidder,price,quantity_t,time\n"
    file.write_text(head + "a,10,5,0001-01-01T00:00+14:00\n")
    with pytest.raises(BadInput) as refused:
        read_table(file, BidRow)
    assert (refused.value.refusal.code, refused.value.line, refused.value.column) == ("CW-6040", 2, 4)
    file.write_text("bidder,price,quantity_t\n" + "a,10,5\n" * 30_000)
    begin = time.monotonic()
    bids, _ = bids_from_table(read_table(file, BidRow))
    assert time.monotonic() - begin < 10
    assert [bid.id for bid in bids[:3]] == ["a|10.00|5", "a|10.00|5#2", "a|10.00|5#3"]
    assert len({bid.id for bid in bids}) == 30_000
