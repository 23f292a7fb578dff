"""What a page claims: the origin of figures, when a firm made good, the order of units, its language."""

from __future__ import annotations

import re
from datetime import date

import pytest

from capwright.cli.app import run
from capwright.report.html import page_html
from capwright.report.published import tally
from capwright.report.shapes import PublishedLine, Words
from capwright.report.summary import summarise
from capwright.scenario.run import run_scenario


@pytest.fixture(scope="module")
def guangdong(tmp_path_factory):
    db = str(tmp_path_factory.mktemp("origins") / "2023.sqlite")
    return summarise(run_scenario("guangdong-2023", db))


def line(origin, *, equal=True):
    return PublishedLine("x", Words("X", "X"), "1", "1", Words("t", "吨"), equal, "", origin)


def test_the_tally_tells_three_origins_apart():
    lines = [
        line("put_in"),
        line("put_in"),
        line("calibrated"),
        line("came_out"),
        line("came_out", equal=None),
    ]
    assert tally(lines).en == "Published figures: 2 put in, 1 calibrated, 1 came out; all equal."
    assert tally(lines).zh == "公布数据：读入2项，校准1项，得出1项；全部一致。"
    lines = [line("came_out"), line("", equal=False)]
    assert tally(lines).en == "Published figures: 1 came out, 1 of an origin not said; 1 of 2 equal."
    assert tally([line("put_in", equal=False)]).en.endswith("0 of 1 equal.")
    assert tally([]).en == ""


def test_only_the_outcome_of_compliance_came_out(guangdong):
    by = {row.key: row.origin for row in guangdong.published}
    assert [key for key, origin in by.items() if origin == "came_out"] == [
        "complied_in_time",
        "complied_by_september",
    ]
    assert {key for key, origin in by.items() if origin == "calibrated"} == {
        "gdea_volume_t",
        "gdea_mean_price_cny",
        "gdea_volume_2024_07_t",
    }
    assert "" not in by.values()
    sources = {row.key: row.source for row in guangdong.published}
    assert "2024-07" in sources["gdea_volume_2024_07_t"]
    assert "2024-06" not in sources["gdea_volume_2024_07_t"]


def test_who_corrected_is_told_with_the_day(guangdong):
    days = [row.made_good_on for row in guangdong.shorts]
    assert all(date(2024, 8, 1) <= day <= date(2024, 9, 30) for day in days)
    text = page_html(guangdong, "en")
    assert "If it had not corrected: fine" in text
    assert all(day.isoformat() in text for day in days)
    assert "若未改正：罚款" in page_html(guangdong, "zh")


def test_series_stand_by_family_and_vintage(guangdong):
    allowances = [row.vintage for row in guangdong.series if row.kind == "GDEA"]
    assert allowances == sorted(allowances)
    kinds = list(dict.fromkeys(row.kind for row in guangdong.series))
    assert kinds[0] == "GDEA"
    assert set(kinds[1:]) == {"CCER", "PHCER"}


def test_the_page_explains_the_sources_it_cites(guangdong):
    text = page_html(guangdong, "en")
    section = text[text.index('<section id="sources-en"') :].partition("</section>")[0]
    assert "Notices of the Guangzhou exchange" in section
    assert "KJCYD" in section
    assert "RGGI" not in section


@pytest.mark.parametrize(
    ("asked", "environment", "opens"),
    [([], "", "zh-CN"), (["--lang", "en"], "", "en"), ([], "en", "en"), (["--lang", "zh"], "en", "zh-CN")],
)
def test_the_page_opens_in_the_language_asked_for(tmp_path, monkeypatch, capsys, asked, environment, opens):
    monkeypatch.setenv("CAPWRIGHT_LANG", environment)
    page = tmp_path / "page.html"
    db = str(tmp_path / "a.sqlite")
    assert run(["run", "guangdong-auctions", "--db", db, "--report", str(page), *asked]) == 0
    capsys.readouterr()
    text = page.read_text(encoding="utf-8")
    assert re.search(r'<html lang="([^"]+)"', text)[1] == opens
    assert set(re.findall(r'data-switch="(zh|en)"', text)) == {"zh", "en"}
