"""What charts and cards say: units that fit the size of the market, one of a thing in the singular."""

from __future__ import annotations

import re

import msgspec
import pytest

from capwright.report.charts import auction_chart, sector_chart
from capwright.report.html import page_html
from capwright.report.shapes import SectorLine, Words
from capwright.report.summary import summarise, summarise_db
from capwright.report.voice import Voice
from capwright.scenario.run import run_scenario
from tests.report_stories import into_journal, short_year


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    return summarise_db(into_journal(short_year(), tmp_path_factory.mktemp("charts") / "short.sqlite"))


@pytest.fixture(scope="module")
def auctions(tmp_path_factory):
    db = str(tmp_path_factory.mktemp("charts") / "auctions.sqlite")
    return summarise(run_scenario("guangdong-auctions", db))


@pytest.mark.parametrize(
    ("largest_t", "en", "zh"),
    [
        (153_000_000, ("Mt", 10**6), ("百万吨", 10**6)),
        (5_000_000, ("Mt", 10**6), ("万吨", 10**4)),
        (450_000, ("kt", 10**3), ("万吨", 10**4)),
        (1100, ("t", 1), ("吨", 1)),
        (0, ("t", 1), ("吨", 1)),
    ],
)
def test_an_axis_counts_in_the_unit_of_its_largest_value(short, largest_t, en, zh):
    words = Words("Paper", "造纸")
    line = SectorLine(2023, "paper", words, 1, None, largest_t // 2, largest_t, 0)
    summary = msgspec.structs.replace(short, sectors=(line,))
    for lang, (name, divisor) in (("en", en), ("zh", zh)):
        assert sector_chart(summary, Voice(lang), 2023)["tonnes"] == {"name": name, "divisor": divisor}


def test_charts_of_one_page_count_each_for_itself(auctions):
    # The largest round offered 5,000,000 t.
    assert auction_chart(auctions, Voice("en"))["tonnes"]["name"] == "Mt"
    small = tuple(msgspec.structs.replace(line, offered_t=100_000, sold_t=10) for line in auctions.auctions)
    alone = msgspec.structs.replace(auctions, auctions=small)
    assert auction_chart(alone, Voice("en"))["tonnes"]["name"] == "kt"


def test_one_of_a_thing_is_singular(auctions):
    one = msgspec.structs.replace(auctions, auctions=auctions.auctions[:1])
    text = page_html(one, "en")
    assert "in 1 round<" in text
    assert "1 round:" in text
    assert not re.search(r"\b1 (rounds|firms|commands|records)\b", text)
    assert "in 20 rounds" in page_html(auctions, "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_cards_stand_in_even_rows_and_know_how_wide_their_value_is(short, auctions, lang):
    for summary in (short, auctions):
        page = page_html(summary, lang)
        columns = int(re.search(r'class="cards" style="--columns:(\d+)"', page)[1])
        count = page.count('<div class="card">')
        assert columns <= 4
        assert count % columns in (0, *range(2, columns))  # never one alone
        widths = re.findall(r'class="value" style="--ems:([\d.]+)">([^<]+)<', page)
        assert len(widths) == count
        for ems, value in widths:
            assert float(ems) >= 0.6 * len(value)
