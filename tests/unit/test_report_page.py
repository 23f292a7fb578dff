"""The page: one file that asks the network for nothing, in two languages, with every text made safe."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest

from capwright.report.html import page_html, write_report
from capwright.report.markup import Column, table
from capwright.report.shapes import Words
from capwright.report.summary import summarise, summarise_db
from capwright.report.voice import Voice, scaled
from capwright.scenario.run import run_scenario
from tests.report_stories import into_journal, short_year

VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Reads a page and keeps what the tests ask about; complains of tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refs: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[tuple[dict, str]] = []
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.refs += [found[key] for key in ("aria-labelledby", "for") if key in found]
        self.addresses += [found[key] or "" for key in ("src", "href", "action", "data") if key in found]
        self.handlers += [key for key in found if key.startswith("on")]
        if tag == "script":
            self.scripts.append((found, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        else:
            self.texts.append(data)


@pytest.fixture(scope="module")
def summaries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {
        "2023": summarise(run_scenario("guangdong-2023", str(folder / "a.sqlite"))),
        "auctions": summarise(run_scenario("guangdong-auctions", str(folder / "b.sqlite"))),
        "short": summarise_db(into_journal(short_year(), folder / "c.sqlite")),
    }


@pytest.fixture(params=["2023", "auctions", "short"])
def summary(request, summaries):
    return summaries[request.param]


def test_the_page_is_whole_and_asks_for_nothing(summary):
    page = page_html(summary)
    read = Reader(page)
    assert len(read.ids) == len(set(read.ids))
    assert set(read.refs) <= set(read.ids)
    assert read.handlers == []
    for address in read.addresses:
        assert address.startswith("data:") or (address[0] == "#" and address[1:] in read.ids), address
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert len(page.encode()) < 1_600_000


def test_only_our_own_scripts_may_run(summary):
    read = Reader(page_html(summary))
    policy = next(t[1]["content"] for t in read.tags if t[1].get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    run = [text for attributes, text in read.scripts if attributes.get("type") != "application/json"]
    hashes = re.findall(r"'sha256-([^']+)'", policy)
    assert hashes == [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    assert "script-src 'unsafe-inline'" not in policy


def test_every_chart_has_its_place_and_its_table(summary):
    read = Reader(page_html(summary))
    (text,) = [text for attributes, text in read.scripts if attributes.get("type") == "application/json"]
    charts = json.loads(text)
    assert charts
    places = {a["id"]: a for t, a in read.tags if "chart" in a.get("class", "").split()}
    assert set(charts) == set(places)
    assert all(a["role"] == "img" and a["aria-label"] for a in places.values())
    for key, spec in charts.items():
        assert spec["lang"] == ("zh-CN" if key.endswith("-zh") else "en")


def test_both_languages_say_the_same_things(summary):
    def shape(lang):
        read = Reader(page_html(summary, lang))
        numbers = [t for t in read.texts if re.fullmatch(r"[\d,.\u2212+]+", t.strip())]
        return [t for t, _ in read.tags if t in {"section", "table", "tr", "th", "td", "details"}], numbers

    (zh_tags, zh_numbers), (en_tags, en_numbers) = shape("zh"), shape("en")
    assert zh_tags == en_tags
    assert zh_numbers == en_numbers


def test_english_has_no_chinese_but_names(summaries):
    read = Reader(page_html(summaries["2023"], "en"))
    said = [text for text in read.texts if re.search(r"[\u4e00-\u9fff]", text)]
    assert said == []


def test_chinese_first_and_a_switch(summary):
    read = Reader(page_html(summary))
    bodies = [a for t, a in read.tags if a.get("class") == "body"]
    assert [(a["data-lang"], "hidden" in a) for a in bodies] == [("zh", False), ("en", True)]
    assert [a["lang"] for t, a in read.tags if t == "html"] == ["zh-CN"]
    alone = Reader(page_html(summary, "en"))
    assert not [a for _, a in alone.tags if "data-switch" in a]
    assert [a["lang"] for t, a in alone.tags if t == "html"] == ["en"]


def test_the_nature_of_the_data_is_told(summaries):
    assert "合成数据" in page_html(summaries["2023"], "zh")
    assert "Synthetic data" in page_html(summaries["2023"], "en")
    assert "Reconstructed data" in page_html(summaries["auctions"], "en")
    assert "Nature of the data not stated" in page_html(summaries["short"], "en")


def test_what_a_run_did_not_have_is_said_with_the_reason(summaries):
    page = page_html(summaries["auctions"], "en")
    assert "Not part of this run" in page
    assert "nobody had to surrender anything" in page
    assert "Nothing was traded between account holders" in page


EVIL = '</script><script>alert(1)</script><img src=x onerror=alert(2)> & "quoted" \u2028'


def test_names_out_of_files_cannot_become_markup(summaries):
    summary = summaries["short"]
    words = Words(EVIL, EVIL)
    about = msgspec.structs.replace(summary.about, title=words, text=words, nature="synthetic", db=EVIL)
    evil = msgspec.structs.replace(
        summary,
        about=about,
        shorts=tuple(msgspec.structs.replace(s, name=EVIL, account=EVIL) for s in summary.shorts),
        sectors=tuple(msgspec.structs.replace(s, words=words) for s in summary.sectors),
        kinds=tuple(msgspec.structs.replace(k, words=words) for k in summary.kinds),
        accounts=tuple(msgspec.structs.replace(a, words=words) for a in summary.accounts),
        flows=msgspec.structs.replace(
            summary.flows,
            nodes=tuple(msgspec.structs.replace(n, words=words) for n in summary.flows.nodes),
        ),
    )
    read = Reader(page_html(evil))
    assert len(read.scripts) == len(Reader(page_html(summary)).scripts)
    assert not [t for t, _ in read.tags if t == "img"]
    assert read.handlers == []
    assert any("alert(1)" in text for text in read.texts)
    (text,) = [text for attributes, text in read.scripts if attributes.get("type") == "application/json"]
    names = [name for chart in json.loads(text).values() for name in chart.get("names", [])]
    assert EVIL in names


def test_the_page_of_a_journal_and_of_its_run_are_the_same(tmp_path):
    result = run_scenario("guangdong-auctions", str(tmp_path / "one.sqlite"))
    from_run = write_report(result, tmp_path / "run.html").read_text(encoding="utf-8")
    from_db = write_report(result.db, tmp_path / "db.html").read_text(encoding="utf-8")
    again = write_report(summarise_db(result.db), tmp_path / "again.html").read_text(encoding="utf-8")
    assert from_db == again
    took = re.compile(r"(，用时[\d.]+秒| in [\d.]+ s)")
    assert took.search(from_run)
    assert took.sub("", from_run) == from_db


def test_the_page_does_not_tell_where_the_journal_lay(tmp_path):
    folder = tmp_path / "private folder"
    folder.mkdir()
    result = run_scenario("guangdong-auctions", str(folder / "one.sqlite"))
    page = page_html(summarise(result))
    assert "private folder" not in page
    assert "one.sqlite" in page


def test_an_empty_journal_makes_a_page_too(tmp_path):
    from capwright.journal.store import open_store

    open_store(tmp_path / "empty.sqlite", create=True).close()
    summary = summarise_db(str(tmp_path / "empty.sqlite"))
    assert summary.about.commands == 0
    Reader(page_html(summary))


# Small pieces.


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0, 10, 0, "0"),
        (5, 10, 0, "1"),
        (4, 10, 0, "0"),
        (-5, 10, 0, "\u22121"),
        (-4, 10, 0, "0"),
        (1_234_567, 1000, 1, "1,234.6"),
        (1_234_550, 1000, 1, "1,234.6"),
        (99_995, 10_000, 3, "10.000"),
        (277_320_971, 10**8, 2, "2.77"),
    ],
)
def test_scaled(value, unit, decimals, text):
    assert scaled(value, unit, decimals) == text


def test_numbers_as_their_readers_write_them():
    zh, en = Voice("zh"), Voice("en")
    assert zh.tonnes(297_000_000) == "2.97亿吨"
    assert en.tonnes(297_000_000) == "297.00\u00a0Mt"
    assert (zh.tonnes(12_345), en.tonnes(12_345)) == ("1.23万吨", "12,345\u00a0t")
    assert (zh.money(81_546_045_500), en.money(81_546_045_500)) == ("8.15亿元", "CNY 815.46 million")
    assert (zh.money(123_456), en.money(123_456)) == ("1,234.56元", "CNY 1,234.56")
    assert Voice("zh", "EUR").money(100) == "1.00欧元"
    assert (zh.signed(5), zh.signed(-5), zh.signed(0), zh.signed(None)) == ("+5", "\u22125", "0", "–")


def test_a_share_is_never_rounded_to_all_or_nothing():
    assert Voice.percent(389, 391, 2) == "99.49%"
    assert Voice.percent(391, 391) == "100.0%"
    assert Voice.percent(9_999_999, 10_000_000) == "> 99.9%"
    assert Voice.percent(1, 10_000_000) == "< 0.1%"
    assert Voice.percent(0, 10) == "0.0%"
    assert Voice.percent(3, 2) == "150.0%"
    assert Voice.percent(0, 0) == "–"


def test_a_table_escapes_and_keeps_its_columns():
    html = table("<b>", [Column("a&b"), Column("n", number=True)], [["<i>x</i>\ny", "1"]])
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;i&gt;x&lt;/i&gt;<br>y" in html
    with pytest.raises(AssertionError):
        table("t", [Column("a")], [["1", "2"]])


def test_many_sectors_become_a_dozen_bars(summaries):
    from capwright.report.charts import sector_chart

    summary = summaries["short"]
    (line,) = summary.sectors
    lines = tuple(
        msgspec.structs.replace(line, words=Words(f"S{n}", f"S{n}"), free_t=n, emissions_t=100 - n)
        for n in range(20)
    )
    chart = sector_chart(msgspec.structs.replace(summary, sectors=lines), Voice("en"), line.vintage)
    assert chart["names"] == [*(f"S{n}" for n in range(11)), "9 others"]
    assert chart["allocation"][-1] == sum(range(11, 20))
    assert sum(chart["emissions"]) == sum(100 - n for n in range(20))
