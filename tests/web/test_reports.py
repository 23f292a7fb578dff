"""Reports on the pages: from a file to the figure that counts, and who may see and do what."""

import io
import json
import re
import time

import pytest

pytest.importorskip("openpyxl")
YEAR = 2022  # nobody has reported for it in the demo


@pytest.fixture(scope="module")
def firm(site):
    """A firm of cement with its account and people."""
    with site.host.look() as market:
        number, account = next(
            (number, one) for number, one in market.book.state.accounts.items() if one.holder == "cement-21"
        )
    return number, account.holder


@pytest.fixture(scope="module")
def filed(site, firm):
    """The firm's report for 2023, as plain data for 2022."""
    page = site.client(f"{firm[1]}:operator").get(f"/desk/accounts/{firm[0]}/reports/2023/?format=json")
    assert page.status_code == 200
    report = json.loads(page.content)
    return {**report, "year": YEAR, "plan": 0}


def base(firm):
    return f"/desk/accounts/{firm[0]}/reports/"


def field(page, name):
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def upload(client, firm, content, name):
    file = io.BytesIO(content)
    file.name = name
    return client.post(base(firm) + "upload/", {"file": file})


def year_of(site, firm, year=YEAR):
    from capwright.projection import reporting

    site.settle()
    with site.host.look() as market:
        return reporting.year_of(market, firm[0], year)


# Reading.


def test_the_list_shows_years_in_words(firm, signed_in):
    text = signed_in(f"{firm[1]}:operator").get(base(firm)).content.decode()
    assert "2023" in text
    assert "approved" in text
    assert "version 1" in text


@pytest.mark.parametrize(
    "path", ["", "2023/", "plan/", "form/?year=2022", "template/?method=guangdong-cement@2022.1"]
)
def test_a_firms_reports_are_kept_from_others(firm, signed_in, path):
    assert signed_in("cement-22:operator").get(base(firm) + path).status_code == 404


def test_a_report_shows_how_its_figure_came_about(firm, signed_in):
    text = signed_in(f"{firm[1]}:operator").get(base(firm) + "2023/").content.decode()
    assert "How it was worked out" in text
    assert "<details" in text
    assert "Data quality" in text


def test_a_verifier_reads_what_it_has_a_mandate_for_and_nothing_else(site, firm, signed_in):
    view = year_of(site, firm, 2023)
    client = signed_in(f"{view.verifier}:lead")
    assert client.get(base(firm) + "2023/").status_code == 200
    assert client.get(base(firm)).status_code == 404
    other = "verifier-01" if view.verifier != "verifier-01" else "verifier-02"
    assert signed_in(f"{other}:lead").get(base(firm) + "2023/").status_code == 404
    assert signed_in(f"{other}:lead").get(f"/desk/verifier/{firm[0]}/2023/").status_code == 404


# Files.


def test_the_template_comes_back_with_every_fault_by_cell(firm, signed_in):
    import openpyxl

    client = signed_in(f"{firm[1]}:operator")
    page = client.get(base(firm) + "2023/?format=xlsx")
    assert page.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(page.content))
    spoilt = 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, (int, float)) and cell.value > 3000 and spoilt < 2:
                    cell.value = "a lot"
                    spoilt += 1
    assert spoilt == 2
    saved = io.BytesIO()
    book.save(saved)
    answer = upload(client, firm, saved.getvalue(), "report.xlsx")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count("CW-9523") >= 4, "code and link of each cell"
    assert re.search(r"<code>[A-Z]+[0-9]+</code>", text)
    assert "sealed" not in text


def test_a_file_that_is_none_is_refused_in_words(firm, signed_in):
    client = signed_in(f"{firm[1]}:operator")
    for content, name in ((b"\x00\x01", "report.json"), (b"nothing", "report.xlsx"), (b"x", "report.exe")):
        answer = upload(client, firm, content, name)
        assert answer.status_code == 422
        assert "CW-" in answer.content.decode()
        assert "/tmp" not in answer.content.decode(), "no path of the server"


def test_a_file_that_is_too_large_is_not_read(firm, signed_in, monkeypatch):
    from capwright.web import report_files

    monkeypatch.setattr(
        report_files,
        "size_checked",
        lambda file: (
            report_files.refuse(report_files.TOO_LARGE, name=str(file.name), most="10 MB")
            if file.size > 5
            else file.read()
        ),
    )
    answer = upload(signed_in(f"{firm[1]}:operator"), firm, b"0123456789", "report.json")
    assert "CW-9721" in answer.content.decode()


# The way of a report.


@pytest.fixture(scope="module")
def submitted(site, firm, filed):
    """The report for 2022, filed late through the pages."""
    client = site.client(f"{firm[1]}:operator")
    shown = upload(client, firm, json.dumps(filed).encode(), "report.json")
    assert shown.status_code == 200, shown.content.decode()
    text = shown.content.decode()
    assert "Nothing is filed yet" in text
    assert "marked as late" in text
    assert year_of(site, firm) is None, "showing files nothing"
    form = {"sealed": field(shown, "sealed"), "command_id": "web/report-1", "late": "1"}
    other = site.client("cement-22:operator").post(base(firm) + "confirm/", form)
    assert other.status_code == 404
    assert client.post(base(firm) + "confirm/", {**form, "sealed": form["sealed"][:-2]}).status_code == 422
    assert client.post(base(firm) + "confirm/", form).status_code == 302
    view = year_of(site, firm)
    assert view.version == 1
    assert view.late
    assert view.stage == "unassigned"
    client.post(base(firm) + "confirm/", form)
    assert year_of(site, firm).versions == 1, "twice is once"
    return f"{base(firm)}{YEAR}/"


def test_a_seal_is_for_one_person(site, firm, filed):
    shown = upload(site.client(f"{firm[1]}:operator"), firm, json.dumps(filed).encode(), "report.json")
    form = {"sealed": field(shown, "sealed"), "late": "1"} if b"sealed" in shown.content else None
    if form is None:
        pytest.skip("filed already")
    answer = site.client(f"{firm[1]}:checker").post(base(firm) + "confirm/", form)
    assert answer.status_code == 422
    assert "CW-9730" in answer.content.decode()


def test_a_report_goes_all_the_way(site, firm, submitted, signed_in):
    firm_client, authority = signed_in(f"{firm[1]}:operator"), signed_in("authority-1")
    queue = authority.get(f"/desk/authority/reports/?year={YEAR}&stage=unassigned").content.decode()
    assert submitted in queue
    page = authority.get(submitted).content.decode()
    chosen = re.search(r'<option value="(verifier-[0-9]+)" >', page)[1]
    authority.post(submitted, {"action": "assign", "verifier": chosen, "purpose": "verification"})
    assert year_of(site, firm).stage == "verification"
    lead = signed_in(f"{chosen}:lead")
    desk = f"/desk/verifier/{firm[0]}/{YEAR}/"
    assert desk in lead.get("/desk/verifier/").content.decode()
    assert desk in lead.get("/desk/").content.decode(), "a task of the verifier"

    lead.post(desk, {"action": "find", "kind": "misstatement", "text": "The coal of May is missing."})
    assert year_of(site, firm).open_findings == 1
    assert submitted in firm_client.get("/desk/").content.decode(), "a task of the firm"
    page = firm_client.get(submitted)
    assert "The coal of May is missing." in page.content.decode()
    finding = field(page, "finding")
    firm_client.post(submitted, {"action": "answer", "finding": finding, "text": "It was on stock."})
    assert year_of(site, firm).answered_findings == 1

    version = {"action": "state", "version": "1", "opinion": "unqualified"}
    tried = lead.post(desk, {**version, "try": "1"})
    assert "CW-5446" in tried.content.decode(), "an unsettled finding"
    assert year_of(site, firm).stage == "verification"
    lead.post(desk, {"action": "close", "finding": finding, "outcome": "explained", "text": "Seen."})
    assert lead.post(desk, version).status_code == 302
    assert year_of(site, firm).stage == "review"

    assert submitted in authority.get("/desk/").content.decode(), "a task of the authority"
    authority.post(submitted, {"action": "accepted"})
    view = year_of(site, firm)
    assert view.stage == "approve"
    authority.post(submitted, {"action": "approve", "tonnes": str(view.standing_t)})
    view = year_of(site, firm)
    assert view.stage == "approved"
    assert view.approved_t == view.reported_t
    text = firm_client.get(submitted).content.decode()
    assert f"{view.approved_t:,}" in text


def test_a_figure_of_a_stream_changes_the_sum(site, firm, signed_in):
    from capwright.web.pages.verifier import _statement

    with site.host.look() as market:
        amounts = market.rooms["mrv"].state.years[firm[0]][2023].current.amounts
        code, value = next((c, v) for c, v in amounts.items() if v > 1000)
        reported_t = market.rooms["mrv"].state.years[firm[0]][2023].current.emissions_t
    command = _statement(
        firm[0], 2023, {f"v.{code}": f"{value + 1000:f}", "opinion": "qualified", "version": "1"}
    )
    assert command.verified_t == reported_t + 1000
    assert [one.stream for one in command.differing] == [code]


# The form.


def test_the_form_follows_the_plan_and_says_what_is_wrong(firm, signed_in):
    client = signed_in("cement-23:operator")
    from_site = re.search(r"/desk/accounts/([A-Z0-9-]+)/reports/", client.get("/desk/").content.decode())[1]
    address = f"/desk/accounts/{from_site}/reports/form/?year={YEAR}"
    page = client.get(address)
    text = page.content.decode()
    assert "kiln/calcination" in text
    values = dict(re.findall(r'name="(s[0-9]+\.[A-Za-z0-9]+\.unit)" value="([^"]*)"', text))
    form = {"year": str(YEAR), "method": "guangdong-cement@2022.1", **values}
    symbol = re.search(r'name="(s[0-9]+\.Q)\.value"', text)[1]
    assert "CW-9728" in client.post(address, form).content.decode(), "nothing filled in"
    assert "CW-9727" in client.post(address, {**form, f"{symbol}.value": "much"}).content.decode()
    both = {f"{symbol}.value": "1", f"{symbol}.m1": "1"}
    assert "CW-9729" in client.post(address, {**form, **both}).content.decode()


def test_a_filled_form_is_the_report_that_was_filed(site, firm, signed_in):
    client = signed_in(f"{firm[1]}:operator")
    page = client.get(base(firm) + "form/?year=2023")
    text = page.content.decode()
    form = {"year": "2023", "method": "guangdong-cement@2022.1"}
    form |= dict(
        re.findall(r'name="([so][0-9]+\.[A-Za-z0-9_.]+)"(?: inputmode="decimal")? value="([^"]*)"', text)
    )
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]+)">(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        if chosen:
            form[name] = chosen[1] if chosen[1] is not None else chosen[2]
    answer = client.post(base(firm) + "form/?year=2023", form)
    assert answer.status_code == 200, re.findall(r"CW-[0-9]+[^<]*", answer.content.decode())
    assert f"{year_of(site, firm, 2023).reported_t:,}" in answer.content.decode()
    assert "CW-5428" in answer.content.decode(), "it is verified, and not to be filed again"


# The order of inspection.


def test_the_order_of_inspection_says_why(site, signed_in):
    client = signed_in("authority-1")
    address = "/desk/authority/reports/?tab=order&year=2023"
    deadline = time.monotonic() + 30
    text = client.get(address).content.decode()
    while "being worked out" in text and time.monotonic() < deadline:
        time.sleep(0.2)
        text = client.get(address).content.decode()
    assert "R21" in text
    assert "peers" in text
