"""Forms made from commands: lists are given one a line, and what stands beside them."""

import inspect
import re
from collections import Counter

import pytest

from capwright.allocation.messages import ApproveQuota
from capwright.kernel.refusal import Refused
from capwright.web.form_reading import read


@pytest.mark.parametrize("text", ["A\nB", "A, B", "A，B", '["A","B"]', " A \n\n B "])
def test_names_are_given_one_a_line(text):
    assert read(ApproveQuota, {"vintage": "2023", "accounts": text}, {}) == ApproveQuota(2023, ("A", "B"))


def test_a_command_is_told_of_by_its_own_words(signed_in):
    from capwright.kernel.message import Command

    page = signed_in("authority-1").get("/desk/commands/").content.decode()
    assert "/desk/act/ApproveQuota/" in page
    assert inspect.getdoc(Command).split("\n")[0][:30] not in page


def test_a_form_says_that_the_data_are_synthetic(signed_in):
    assert "Synthetic data" in signed_in("authority-1").get("/desk/act/AppointOfficer/").content.decode()


def test_a_row_of_the_journal_names_who_wrote_it(signed_in):
    page = signed_in("auditor-1").get("/desk/auditor/journal/?actor=authority-2&command=ApproveProposal")
    seq = re.search(r"open=([0-9]+)#row", page.content.decode())[1]
    row = signed_in("auditor-1").get(f"/desk/auditor/journal/?open={seq}").content.decode()
    assert "<code>authority-2</code>" in row
    assert "b&#x27;" not in row


def test_money_and_times_are_typed_as_people_write_them(site):
    from capwright.auction.messages import EntrustAuction
    from capwright.exchange.messages import Halt
    from capwright.web.command_form import fields_of

    lot = {"account": "A", "kind": "GDEA", "quantity_t": "1,000", "floor_fen_per_t": "1,040.88"}
    assert read(EntrustAuction, lot, {}).floor_fen_per_t == 104_088
    for wrong in ("40.888", "forty", "NaN", "1e3"):
        with pytest.raises(Refused, match="CW-9720"):
            read(EntrustAuction, {**lot, "floor_fen_per_t": wrong}, {})
    shown = {field.name: field.value for field in fields_of(EntrustAuction, {"floor_fen_per_t": "104088"})}
    assert shown["floor_fen_per_t"] == "1040.88"
    # 13:30 in Guangzhou is 05:30 UTC: 1,721,626,200 s after 1970.
    halt = read(Halt, {"target": "GDEA", "reason": "x", "until_ms": "2024-07-22T13:30"}, {})
    assert halt.until_ms == 1_721_626_200_000
    shown = {field.name: field.value for field in fields_of(Halt, {"until_ms": "1721626200000"})}
    assert shown["until_ms"] == "2024-07-22T13:30"


def test_plain_parts_are_asked_for_field_by_field(site):
    from capwright.registry.messages import AppointRepresentative, Representative

    given = {"account": "A", "representative.person": "u-1"}
    rights = {"representative.rights": ["initiate", "read"]}
    made = read(AppointRepresentative, given, rights)
    assert made == AppointRepresentative("A", Representative("u-1", ("initiate", "read")))


def test_what_is_ticked_by_default_is_ticked_on_the_form(signed_in):
    # An unticked "normal operation" would have the year taken out of the mean of base years.
    page = signed_in("authority-1").get("/desk/act/RecordActivity/").content.decode()
    assert 'name="normal" checked' in page
    assert 'name="closed" checked' not in page


def test_a_form_offers_what_the_market_knows(signed_in, site):
    page = signed_in("authority-1").get("/desk/act/RecordActivity/").content.decode()
    assert re.search(r'<option value="cement_grinding">cement_grinding · Cement grinding</option>', page)
    number = site.account("cement-05:operator")
    assert f'<option value="{number}">Cement enterprise 05 (synthetic)</option>' in page
    own = signed_in("cement-05:operator").get("/desk/act/EntrustAuction/").content.decode()
    assert f'<option value="{number}" selected>{number} · Cement enterprise 05 (synthetic)</option>' in own
    assert '<option value="GDEA-2022">' in own
    assert "Cement enterprise 06" not in own


def test_a_form_shows_again_what_was_typed(signed_in):
    sent = {"account": "GD-1", "process": "cement_grinding", "year": "2023", "try": "1", "closed": "on"}
    page = signed_in("authority-1").post("/desk/act/RecordActivity/", sent).content.decode()
    assert 'name="closed" checked' in page
    assert 'name="normal" checked' not in page
    assert 'value="GD-1"' in page


@pytest.mark.parametrize(
    ("person", "yes", "no"),
    [
        ("authority-1", {"ApproveQuota", "ApproveProposal"}, {"PlaceOrder", "OpenMarket", "ReportFinding"}),
        ("exchange-1", {"Halt", "ApproveProposal"}, {"SurrenderUnits", "ApproveQuota", "ProposeTransaction"}),
        ("auditor-1", set(), {"PlaceOrder", "OpenMarket", "ApproveProposal", "SurrenderUnits"}),
        ("verifier-01:lead", {"ReportFinding", "StateVerification"}, {"SubmitReport", "PlaceOrder"}),
        ("cement-05:operator", {"SurrenderUnits", "ProposeTransaction"}, {"ReportFinding", "OpenMarket"}),
        ("investor-25:operator", {"PlaceOrder", "ProposeTransaction"}, {"SurrenderUnits", "SubmitReport"}),
    ],
)  # fmt: skip
def test_only_commands_that_somebody_may_send_are_listed(signed_in, person, yes, no):
    page = signed_in(person).get("/desk/commands/").content.decode()
    listed = set(re.findall(r'href="/desk/act/([A-Za-z]+)/"', page))
    assert (yes - listed, no & listed) == (set(), set())


def test_who_decides_reads_words_and_not_json(site, signed_in):
    from capwright.registry.messages import AppointOfficer

    outcome = site.host.send(AppointOfficer("reader-1", ("auditor",)), "web/words", "authority-2")
    assert outcome.refusal is None
    site.settle()
    with site.host.look() as market:
        waiting = market.state.proposals.items()
        (proposal,) = [key for key, one in waiting if one.command.get("person") == "reader-1"]
    client = signed_in("authority-1")
    assert f"/desk/approvals/{proposal}/" in client.get("/desk/").content.decode()
    page = client.get(f"/desk/approvals/{proposal}/").content.decode()
    assert "<dt>Person</dt><dd>reader-1</dd>" in page
    assert "<dt>Roles</dt><dd>Auditor</dd>" in page
    assert "&quot;" not in page


def test_a_form_says_when_it_is_for_others(signed_in):
    page = signed_in("auditor-1").get("/desk/act/PlaceOrder/").content.decode()
    assert "This is for others to send" in page
    page = signed_in("cement-05:operator").get("/desk/act/PlaceOrder/").content.decode()
    assert "This is for others to send" not in page


def test_what_waits_is_offered_in_words(site, signed_in):
    """The code of a transaction's type, `deletion`, is no word."""
    from capwright.ledger.messages import UnitLine
    from capwright.registry.messages import ProposeTransaction

    person = "cement-31:operator"
    account = site.account(person)
    with site.host.look() as market:
        target = next(
            one.number for one in market.book.state.accounts.values() if one.purpose == "cancellation"
        )
        series = next(name for name in market.book.state.units[account] if name.startswith("GDEA"))
    asked = ProposeTransaction("deletion", account, target, (UnitLine(series, 1),))
    outcome = site.host.send(asked, "web/waits", person)
    assert outcome.ok, outcome.refusal
    site.settle()
    for lang, word in (("zh", "自愿注销"), ("en", "Voluntary cancellation")):
        page = signed_in("authority-1").get("/desk/act/ApproveTransaction/", {"lang": lang}).content.decode()
        assert word in page
        assert "deletion" not in page


def test_whoever_cancels_an_order_is_offered_ones_own(site):
    from capwright.exchange.messages import CancelOrder
    from capwright.projection.viewer import viewer_of
    from capwright.web.command_form import fields_of
    from capwright.web.known import offer

    with site.host.look() as market:
        orders = market.rooms["exchange"].state.orders.values()
        account = Counter(one.account for one in orders).most_common(1)[0][0]
        person = next(iter(market.registry.state.representatives[account]))
        fields = fields_of(CancelOrder, {})
        offer(market, viewer_of(market, person), CancelOrder, fields, "en")
        mine = {one.id for one in orders if one.account == account}
    known = next(field.known for field in fields if field.name == "order_id")
    assert {id_ for id_, _ in known} == mine
    assert len(mine) < len(orders)
