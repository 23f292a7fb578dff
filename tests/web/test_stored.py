"""Markup in every text that the journal keeps: no page makes an element of it, and no script of it runs."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import msgspec
import pytest

from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.kernel.examples import example_of
from capwright.market import Market
from capwright.market.machine import COMMANDS
from capwright.projection.viewer import viewer_of
from tests.web.conftest import free_port
from tests.web.crawling import enter, pages_of
from tests.web.processes import copied

FIRM = "cement-03:operator"
PEOPLE = ("authority-1", "operator-1", "exchange-1", "watcher-1", FIRM, "")
# Out of an attribute, out of a script, out of a title; an element that any page could be searched for.
MARKUP = (
    "\"'><b data-got-in=1>x</b></script></title></textarea><img data-got-in src=x onerror=top.ran=1>",
    "<svg data-got-in onload=top.ran=1><script data-got-in>top.ran=1</script><b data-got-in>",
)
STARTS = {
    "authority-1": ("/desk/", "/desk/authority/", "/desk/commands/"),
    "operator-1": ("/desk/", "/desk/registry/", "/desk/registry/applications/"),
    "exchange-1": ("/desk/", "/desk/exchange/", "/desk/exchange/surveillance/"),
    "watcher-1": ("/desk/", "/desk/auditor/"),
    FIRM: ("/desk/",),
    "": ("/", "/announcements/", "/entities/", "/market/", "/statistics/"),
}


def marked(value, text, real):
    """An example with markup in all its words that name nothing: what people write, not what they choose."""
    if isinstance(value, dict):
        return {
            name: real.get(name) or (text if _written(name, one) else marked(one, text, real))
            for name, one in value.items()
        }
    return [marked(one, text, real) for one in value] if isinstance(value, list) else value


def _written(name, value):
    return isinstance(value, str) and bool(
        re.search(
            r"title|text|reason|name|note|remark|desc|why|said|url|method|source_of|detail|finding", name
        )
    )


def fill(path):
    """Every command of everybody, with markup; how many were taken and how many refused."""
    outcomes = []
    with Engine(open_store(path), Market) as engine:
        at_ms = engine.head.at + 1_000
        accounts = list(viewer_of(engine.machine, FIRM).accounts)
        real = {"account": accounts[0], "source": accounts[0], "product": "GDEA"}
        for number, (kind, text, actor) in enumerate(
            (kind, text, actor) for kind in COMMANDS for text in MARKUP for actor in PEOPLE if actor
        ):
            fields = marked(example_of(kind, every=True), text, real)
            try:
                command = msgspec.convert(fields, kind, strict=False)
            except msgspec.ValidationError:
                continue
            outcomes.append(engine.execute(command, f"stored-{number}", actor, at_ms=at_ms).ok)
    return outcomes.count(True), outcomes.count(False)


@pytest.fixture(scope="module")
def stained(desk_journal, tmp_path_factory):
    """A platform of its own, on a year whose journal is full of markup."""
    journal = tmp_path_factory.mktemp("stained") / "stained.sqlite"
    copied(desk_journal, journal)
    taken, refused = fill(str(journal))
    assert taken > 10
    assert refused > 100
    url = f"http://127.0.0.1:{free_port()}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPWRIGHT_")}
    clean |= {"CAPWRIGHT_LANG": "en", "CAPWRIGHT_RATE_LIMIT": "0", "CAPWRIGHT_PAGE_LIMIT": "0"}
    asked = [sys.executable, "-m", "capwright", "serve", "--demo", "--db", str(journal)]
    with subprocess.Popen(
        [*asked, "--port", url.rpartition(":")[2]], stdout=subprocess.PIPE, text=True, env=clean
    ) as market:
        try:
            assert any(line.startswith("Open:") for line in market.stdout)
            yield url
        finally:
            market.terminate()


class Elements(HTMLParser):
    """Whether the text of a page, read as HTML, has an element or an attribute that came from markup."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if "data-got-in" in names or any(name.startswith("on") for name in names):
            self.found.append((tag, attrs))
        if (names.get("href") or "").strip().lower().startswith("javascript:"):
            self.found.append((tag, attrs))


@pytest.mark.parametrize("person", PEOPLE)
def test_markup_in_the_journal_is_text_on_every_page(stained, browser, person):
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    reports = []
    page.on(
        "console", lambda said: reports.append(said.text) if "Content Security Policy" in said.text else None
    )
    page.on("pageerror", lambda error: reports.append(str(error)))
    shown, wrong = 0, []
    try:
        if person:
            enter(page, stained, person)
        for _, address, status in pages_of(page, stained, *STARTS[person]):
            assert status < 500, address
            raw = page.request.get(stained + address).text()
            read = Elements()
            read.feed(raw)
            shown += "data-got-in" in raw
            if read.found or page.evaluate("top.ran || document.querySelectorAll('[data-got-in]').length"):
                wrong.append((address, read.found[:2]))
            if reports:
                wrong.append((address, reports[:2]))
                reports.clear()
    finally:
        context.close()
    assert wrong == []
    assert shown, "the markup is shown somewhere, as text"
