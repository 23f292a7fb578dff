"""The summary on the terminal."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from capwright.report.summary import summarise_db
from capwright.report.terminal import render_summary
from capwright.scenario.run import run_scenario
from tests.report_stories import into_journal, short_year


def shown(summary, lang, width=120):
    out = io.StringIO()
    render_summary(summary, Console(file=out, width=width, highlight=False, emoji=False), lang)
    return out.getvalue()


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    return summarise_db(into_journal(short_year(), tmp_path_factory.mktemp("terminal") / "short.sqlite"))


def test_what_matters_is_there_in_both_languages(short):
    for lang in ("zh", "en"):
        text = shown(short, lang)
        for figure in ("100,000", "2,050", "50.00%", "10,200.00", "50,000.00", short.about.head_hash):
            assert figure in text, (lang, figure)
    assert "All conservation laws hold" in shown(short, "en")
    assert "守恒定律全部成立" in shown(short, "zh")


def test_auctions_with_the_published_results(tmp_path):
    db = str(tmp_path / "auctions.sqlite")
    run_scenario("guangdong-auctions", db)
    text = shown(summarise_db(db), "en")
    assert "RECONSTRUCTED DATA" in text
    assert "815,460,455.00" in text
    assert "Published figures: 1 came out; equal." in text
    assert "Compliance" not in text


def test_names_are_never_markup(short):
    name = "[bold red]Name[/] [/nonsense] :smile:"
    shorts = tuple(msgspec.structs.replace(s, name=name) for s in short.shorts)
    words = msgspec.structs.replace(short.about.title, en=name, zh=name)
    about = msgspec.structs.replace(short.about, title=words)
    text = shown(msgspec.structs.replace(short, shorts=shorts, about=about), "en", width=200)
    assert text.count("[bold red]Name[/] [/nonsense] :smile:") == 2


def test_broken_laws_are_shouted(short):
    about = msgspec.structs.replace(short.about, breaches=("units 5-9 of TLA-2023 lie nowhere",))
    text = shown(msgspec.structs.replace(short, about=about), "en")
    assert "BROKEN" in text
    assert "lie nowhere" in text
