"""Certificates: what they say, that a forged one does not check out, and what becomes of one undone."""

import re
from urllib.parse import urlsplit

from capwright.exchange.messages import CancelOrder, PlaceOrder
from capwright.filing.certificate import certificate_pages
from capwright.ledger.messages import UnitLine
from capwright.projection.certificates import Held, named
from capwright.registry.messages import ApproveTransaction, ProposeTransaction
from capwright.web.certificates import check, holding_now, listed
from tests.papers import codes_on, ink_of, pages_of

FIRM = "cement-04"  # has surrendered before the stop
RETIRER = "paper-03"
SELLER = "cement-06"  # no other test trades for it


def certificate_of(site, person=FIRM):
    account = site.account(f"{person}:operator")
    return account, next(one for one in listed(account) if one.certificate.kind == "surrender").certificate


def scanned(pdf, visitor):
    """What a telephone arrives at that reads the one code on the paper: the address, and the page."""
    (address,) = codes_on(pdf)
    path = urlsplit(address).path
    answer = visitor.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return address, answer.content.decode()


def test_a_certificate_of_surrender_says_what_the_journal_says(site, visitor, signed_in):
    account, one = certificate_of(site)
    with site.host.look() as market:
        duty = market.rooms["compliance"].state.duties[account][2023]
        name = market.book.state.accounts[account].name
    assert one.quantity_t == duty.surrendered_t
    assert one.vintage == 2023
    client = signed_in(f"{FIRM}:operator")
    page = client.get(f"/desk/accounts/{account}/certificates/").content.decode()
    address = f"/desk/accounts/{account}/certificates/surrender/{one.id}.pdf"
    assert address in page
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    (text,) = pages_of(answer.content)  # one page
    for word in ("清缴证明", "Certificate of surrender", "SYNTHETIC DATA", "合成数据", name, account):
        assert word in text
    assert f"{one.quantity_t:,}" in text
    first, last = one.lines[0].ranges[0]
    assert f"{first:,}–{last:,}" in text
    assert 0.01 < ink_of(answer.content)[0] < 0.5
    again = client.get(address).content
    assert again == answer.content
    code, page = scanned(answer.content, visitor)
    assert code == f"{site.url}/certificates/surrender/{one.id}/"
    assert "Valid." in page
    assert name in page


def test_anybody_can_check_it_and_other_figures_do_not_check_out(site, visitor):
    account, one = certificate_of(site)
    good = visitor.get(f"/certificates/surrender/{one.id}/")
    assert good.status_code == 200
    said = good.content.decode()
    assert "Valid." in said
    assert account in said
    assert f"{one.quantity_t:,}" in said
    seq, digest = one.id.split(".")
    swapped = ("1" if digest[0] == "0" else "0") + digest[1:]
    others = (f"{seq}.{swapped}", f"{int(seq) - 1}.{digest}", f"999999999.{digest}", seq, "x", f"-1.{digest}")
    for forged in others:
        answer = visitor.get(f"/certificates/surrender/{forged}/")
        assert answer.status_code == 404, forged
        assert "Not known." in answer.content.decode()
    assert visitor.get(f"/certificates/cancellation/{one.id}/").status_code == 404
    assert visitor.get(f"/certificates/nonsense/{one.id}/").status_code == 404
    assert visitor.get("/certificates/").status_code == 200
    asked = visitor.get("/certificates/", {"kind": "surrender", "id": one.id})
    assert asked.headers["Location"] == f"/certificates/surrender/{one.id}/"


def test_others_do_not_get_it(site, visitor, signed_in):
    account, one = certificate_of(site)
    address = f"/desk/accounts/{account}/certificates/surrender/{one.id}.pdf"
    assert visitor.get(address).status_code == 302
    other = signed_in("paper-05:operator")
    assert other.get(address).status_code == 404
    own = site.account("paper-05:operator")
    assert other.get(f"/desk/accounts/{own}/certificates/surrender/{one.id}.pdf").status_code == 404


def test_certificates_of_many_rows_open_the_journal_once(site, monkeypatch):
    from capwright.projection import rows
    from capwright.web.certificates import _of_rows

    done = site.host.views.rows("SELECT seq FROM completed WHERE type = 'surrender' LIMIT 20")
    seqs = sorted(row["seq"] for row in done)
    opened, plain = [], rows.open_store

    def counted(*given, **more):
        opened.append(given)
        return plain(*given, **more)

    monkeypatch.setattr(rows, "open_store", counted)
    assert [one.seq for one in _of_rows(seqs)] == seqs
    assert (len(seqs), len(opened)) == (20, 1)


def test_a_surrender_undone_is_superseded(site, visitor):
    account, one = certificate_of(site, "ceramics-05")
    undo = ProposeTransaction("reversal_of_surrender", reverses=one.transaction_id)
    assert visitor.get(f"/certificates/surrender/{one.id}/").status_code == 200
    outcome = site.host.send(undo, "certificates/undo", "operator-1")
    assert outcome.ok, outcome.refusal
    outcome = site.host.send(ApproveTransaction("certificates/undo"), "certificates/undo-yes", "operator-2")
    assert outcome.ok, outcome.refusal
    result = check("surrender", one.id)
    assert (result.status, result.by_seq) == ("superseded", outcome.seq)
    assert "Superseded." in visitor.get(f"/certificates/surrender/{one.id}/").content.decode()
    assert listed(account)[0].status == "superseded"


def test_units_retired_of_free_will_are_certified(site, visitor, signed_in):
    """From the proposal to the code on the paper, and back again when it is undone."""
    person = f"{RETIRER}:operator"
    account = site.account(person)
    with site.host.look() as market:
        ends = market.book.state.accounts.values()
        target = next(one.number for one in ends if one.purpose == "cancellation")
        series = next(name for name in market.book.state.units[account] if name.startswith("GDEA"))
    lines = (UnitLine(series, 7),)
    asked = ProposeTransaction("deletion", account, target, lines)
    assert site.host.send(asked, "certificates/retire", person).ok
    assert not [one for one in listed(account) if one.certificate.kind == "cancellation"]
    agreed = ApproveTransaction("certificates/retire")
    outcome = site.host.send(agreed, "certificates/retire-yes", f"{RETIRER}:checker")
    assert outcome.ok, outcome.refusal
    (one,) = [one.certificate for one in listed(account) if one.certificate.kind == "cancellation"]
    assert (one.quantity_t, one.seq, one.lines[0].series) == (7, outcome.seq, series)
    client = signed_in(person)
    address = f"/desk/accounts/{account}/certificates/cancellation/{one.id}.pdf"
    assert address in client.get(f"/desk/accounts/{account}/certificates/").content.decode()
    pdf = client.get(address).content
    (text,) = pages_of(pdf)
    first, last = one.lines[0].ranges[0]
    for word in ("注销证明", "Certificate of cancellation", account, f"{first:,}–{last:,}"):
        assert word in text
    code, page = scanned(pdf, visitor)
    assert code == f"{site.url}/certificates/cancellation/{one.id}/"
    assert "Valid." in page
    assert account in page
    undo = ProposeTransaction("reversal_of_deletion", reverses=one.transaction_id)
    assert site.host.send(undo, "certificates/unretire", "operator-1").ok
    agreed = ApproveTransaction("certificates/unretire")
    assert site.host.send(agreed, "certificates/unretire-yes", "operator-2").ok
    assert "Superseded." in scanned(pdf, visitor)[1]


def test_holdings_are_certified_as_of_a_row(site, visitor, signed_in):
    person = f"{SELLER}:operator"
    account = site.account(person)
    before = holding_now(account)
    with site.host.look() as market:
        held_t = sum(
            ranges.size_t
            for place in market.book.places_of(account)
            for ranges in market.book.state.units.get(place, {}).values()
        )
        price = market.rooms["exchange"].state.references["GDEA"]
    assert before.quantity_t == held_t > 0
    assert check("holding", before.id).status == "valid"
    sold = PlaceOrder(account, "GDEA", "sell", price, 100)
    assert site.host.send(sold, "certificates/order", person).ok
    result = check("holding", before.id)
    assert result.status == "superseded"
    assert result.certificate == before
    during = holding_now(account)
    assert "held" in {line.state for line in during.lines}
    assert site.host.send(CancelOrder(account, "certificates/order"), "certificates/no", person).ok
    assert check("holding", before.id).status == "valid"  # all is as it was
    assert check("holding", during.id).status == "superseded"
    client = signed_in(person)
    pdf = client.get(f"/desk/accounts/{account}/certificates/holding/{before.id}.pdf")
    assert pdf.status_code == 200
    (text,) = pages_of(pdf.content)
    assert "持有证明" in text
    address, page = scanned(pdf.content, visitor)
    assert address == f"{site.url}/certificates/holding/{before.id}/"
    assert "Valid." in page
    assert account in page
    seq, _, digest = before.id.rsplit(".", 2) if "." in account else before.id.split(".")
    other = site.account("paper-05:operator")
    assert visitor.get(f"/certificates/holding/{seq}.{other}.{digest}/").status_code == 404
    assert visitor.get(f"/certificates/holding/{int(seq) - 1}.{account}.{digest}/").status_code == 404


def test_going_back_arrives_at_what_a_replay_finds(site):
    """Past holdings by undoing rows, against the state that a replay up to the row has."""
    from capwright.journal.codec import market_codec
    from capwright.journal.replay import replay
    from capwright.journal.store import open_store
    from capwright.market import Market

    store = open_store(site.host.settings.db, read_only=True)
    then = Market()
    with_trades = 20_000
    replay(store, then, codec=market_codec(), until_seq=with_trades)
    for person in ("cement-01:operator", "paper-07:operator", "steel-01:operator"):
        account = site.account(person)
        with site.host.look() as market:
            held = Held(market.book, account)
        rows = site.host.views.rows(
            "SELECT command_id FROM touch JOIN act ON act.seq = touch.seq"
            " WHERE account = ? AND touch.seq > ? ORDER BY touch.seq DESC",
            (account, with_trades),
        )
        assert rows
        for row in rows:
            (record,) = store.find([row["command_id"]])
            held.undo(market_codec().events(record.events))
        assert held.lines() == Held(then.book, account).lines()
    store.close()


def test_the_code_on_the_paper_leads_to_the_check(site):
    from capwright.web.pages.documents import _frame

    _, one = certificate_of(site)
    frame = _frame(one)
    assert frame.url == f"{site.url}/certificates/surrender/{one.id}/"
    (drawn,) = certificate_pages(one, frame, "svg")
    assert drawn.lstrip().startswith(b"<svg")


def test_numbers_that_can_be_none():
    assert named("holding", "12.GD-100-1-0-20." + "a" * 24).account == "GD-100-1-0-20"
    for text in ("", "12", "12.abc", "٣." + "a" * 24, "1" * 19 + "." + "a" * 24, "1.2." + "a" * 24):
        assert named("surrender", text) is None
    assert re.fullmatch(r"\d+", str(named("surrender", "12." + "A" * 24).seq))
