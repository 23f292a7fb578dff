"""The registry's, the auditor's desks and the calendar."""

import random
import re
import time
from contextlib import closing

import pytest

from capwright.history import life_of, serial_history
from capwright.journal.replay import chained
from capwright.journal.store import open_store
from capwright.kernel.refusal import Refused

REGISTRY = ("", "accounts/", "transactions/", "reconciliation/")


@pytest.fixture(scope="module")
def auditor(site):
    """A person with the auditor's role only."""
    first, second = site.client("authority-1"), site.client("authority-2")
    form = {"person": "auditor-9", "roles": ["auditor"], "command_id": "web/auditor-9"}
    first.post("/desk/act/AppointOfficer/", form)
    site.settle()
    with site.host.look() as market:
        proposal = next(
            name for name, one in market.state.proposals.items() if one.command.get("person") == "auditor-9"
        )
    second.post(f"/desk/approvals/{proposal}/", {"approve": "1"})
    site.settle()
    return site.client("auditor-9")


@pytest.mark.parametrize("path", REGISTRY)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_opens(signed_in, auditor, path, lang):
    for client in (signed_in("operator-1"), auditor):
        assert client.get(f"/desk/registry/{path}?lang={lang}").status_code == 200


@pytest.mark.parametrize("path", REGISTRY)
@pytest.mark.parametrize("person", ["authority-1", "exchange-1", "cement-24:operator"])
def test_it_is_the_operators_alone(signed_in, path, person):
    assert signed_in(person).get(f"/desk/registry/{path}").status_code == 403


def test_an_account_is_opened_under_the_free_number_and_restricted(site, signed_in):
    client = signed_in("operator-1")
    page = client.get("/desk/registry/accounts/").content.decode()
    new = re.search(r'<option value="([a-z_]+ [A-Z]{2}-[0-9-]+)">', page)[1]
    day = re.search(r'name="opened_on" value="([0-9-]+)"', page)[1]
    number = new.split()[1]
    form = {
        "action": "open", "new": new, "holder": "new-firm", "name": "A new firm", "opened_on": day,
        "sector": "cement", "people": "new-firm:one, new-firm:two",
    }  # fmt: skip
    client.post("/desk/registry/accounts/", form)
    site.settle()
    with site.host.look() as market:
        assert market.book.state.accounts[number].name == "A new firm"
        assert set(market.registry.state.representatives[number]) == {"new-firm:one", "new-firm:two"}
    assert "A new firm" in client.get("/desk/registry/accounts/?q=new+firm").content.decode()
    assert number not in client.get("/desk/registry/accounts/").content.decode().split("<h2>")[1], (
        "not free now"
    )
    client.post("/desk/registry/accounts/", {"account": number, "status": "suspended", "reason": "test"})
    site.settle()
    with site.host.look() as market:
        assert market.book.state.accounts[number].status == "suspended"


def test_a_status_that_there_is_not_is_refused(signed_in):
    page = signed_in("operator-1").post("/desk/registry/accounts/", {"account": "x", "status": "gone"})
    assert page.status_code == 422
    assert "CW-9720" in page.content.decode()


def test_the_auditor_agrees_and_the_accounts_hold_what_was_issued(signed_in):
    client, address = signed_in("operator-1"), "/desk/registry/reconciliation/"
    for _ in range(2):  # a second wish is the same audit
        assert client.post(address).url == address
    text, until = client.get(address).content.decode(), time.monotonic() + 120
    while "It is reading the journal" in text and time.monotonic() < until:
        assert "Sound" not in text
        time.sleep(0.1)
        text = client.get(address).content.decode()
    assert "Sound" in text
    assert "Not sound" not in text
    assert "tag bad" not in text, "no difference between issued and held"


def test_completed_transactions_are_listed_and_filtered(site, signed_in):
    client = signed_in("operator-1")
    kind = site.host.views.rows("SELECT type, count(*) n FROM completed GROUP BY 1 ORDER BY 2")[0]["type"]
    text = client.get(f"/desk/registry/transactions/?type={kind}").content.decode()
    assert set(re.findall(r'href="\?type=([^"&]+)"', text)) == {kind}


def test_the_life_of_a_unit_is_found_as_the_whole_journal_tells_it(site):
    site.settle()
    with site.host.look() as market:
        series = {one.id: one.issued_t for one in market.book.state.series.values()}
    moved = site.host.views.rows("SELECT first, last FROM moved ORDER BY seq LIMIT -1 OFFSET 900")
    picked = random.Random(7).sample([edge for row in moved for edge in row], 4)
    numbers = {1, 2**61, *picked, *(issued + 1 for issued in list(series.values())[:1])}
    for name in [*list(series)[:3], "GDEA-1999"]:
        for number in sorted(numbers):
            with closing(open_store(site.host.url, read_only=True)) as store:
                told = _told(serial_history, chained(store), name, number)
            assert _told(life_of, site.host, name, number) == told


def _told(look, *asked):
    try:
        return look(*asked)
    except Refused as no:
        return no.refusal


def test_a_long_life_comes_in_pages(signed_in, monkeypatch):
    from capwright.web.pages import public

    monkeypatch.setattr(public, "A_PAGE", 1)
    first, second = (
        signed_in("operator-1").get(f"/serials/?serial=GDEA-2022-1&page={n}").content.decode() for n in (1, 2)
    )
    assert "page=2&amp;serial=GDEA-2022-1" in first
    rows = [re.findall(r'href="/journal/([0-9]+)/"', text) for text in (first, second)]
    assert len(rows[0]) == len(rows[1]) == 1
    assert int(rows[0][0]) < int(rows[1][0]), "the oldest first"


# The auditor.


def test_the_journal_is_the_auditors_alone(signed_in, auditor):
    assert auditor.get("/desk/auditor/").status_code == 200
    for person in ("authority-1", "operator-1", "cement-24:operator"):
        assert signed_in(person).get("/desk/auditor/journal/").status_code == 403


def test_rows_are_found_by_person_command_account_and_day(site, auditor):
    def rows(query):
        text = auditor.get(f"/desk/auditor/journal/?{query}").content.decode()
        return [int(seq) for seq in re.findall(r"open=([0-9]+)#row", text)]

    opened = site.host.views.rows("SELECT seq FROM act WHERE command = 'OpenMarket' ORDER BY seq DESC")
    assert rows("command=OpenMarket") == [one["seq"] for one in opened]
    assert len(rows("")) == 100
    older = rows("before=50")
    assert older == list(range(49, 0, -1))
    day = rows("day=2024-04-08")
    assert day
    first, last = (
        site.host.views.rows("SELECT at_ms FROM act WHERE seq = ?", (seq,))[0]["at_ms"]
        for seq in (day[-1], day[0])
    )
    assert last - first < 86_400_000
    assert rows("day=1999-01-01") == []
    mine = rows("actor=cement-24:operator&command=SubmitReport")
    assert len(mine) == 1


def test_a_row_is_shown_in_full(auditor):
    text = auditor.get("/desk/auditor/journal/?open=1").content.decode()
    assert "OpenMarket" in text
    assert "MarketOpened" in text


@pytest.mark.parametrize(
    "query", ["day=soon", "before=99999999999999999999", "open=99999999", "actor='", "day=9999-12-31"]
)
def test_odd_questions_break_nothing(auditor, query):
    assert auditor.get(f"/desk/auditor/journal/?{query}").status_code in {200, 422}


# The calendar.


@pytest.mark.parametrize("person", ["authority-1", "cement-24:operator", "verifier-05:lead"])
def test_everybody_has_a_calendar(signed_in, person):
    text = signed_in(person).get("/desk/calendar/").content.decode()
    assert "Last day of surrender for 2023" in text
    assert "31 Jul 2024" in text


def test_extra_sessions_are_trading_days(site):
    from datetime import date

    from capwright.projection.agenda import trading_days

    with site.host.look() as market:
        days = dict(trading_days(market, date(2024, 7, 22), 21))
    assert days[date(2024, 7, 27)], "an extra Saturday of the scheme"
    assert not days[date(2024, 8, 3)]
