"""The year as people live it, through the real pages in a real browser: from an application to a certificate.

Two sites: one stopped in February, before anybody has filed anything, and the shared one of July.
"""

import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.web.conftest import free_port
from tests.web.crawling import enter
from tests.web.test_browser import browser, surf  # noqa: F401 - fixtures

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who do not exist
PAPER = {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%nothing\n"}
FIRM = "cement-03"
YEAR = 2023
BOUGHT_MWH, CLINKER_T = 120_000, 2_000_000


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, page, site, name):
        self.page = page
        self.site = site
        page.set_default_timeout(12_000)
        if name:
            enter(page, site, name)

    def go(self, address):
        answer = self.page.goto(self.site + address)
        assert answer.status == 200, f"{address}: {answer.status}"

    def press(self, label, within="main"):
        self.page.locator(within).get_by_role("button", name=label, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, label):
        self.page.get_by_role("link", name=label, exact=True).first.click()
        self.page.wait_for_load_state()

    def told(self, kind="success"):
        """What the notice of the page says; fails when it is of another kind."""
        notices = self.page.locator(".notice")
        said = " ".join(notices.all_inner_texts())
        assert self.page.locator(f".notice.{kind}").count(), said or self.page.url
        return said

    def task(self, words):
        """Open what the desk says waits for them."""
        self.go("/desk/")
        self.page.locator("tr", has_text=words).first.get_by_role("link", name="Open").click()
        self.page.wait_for_load_state()

    def download(self, label):
        with self.page.expect_download() as found:
            self.page.get_by_text(label, exact=True).first.click()
        return Path(found.value.path()).read_bytes()

    @property
    def text(self):
        return self.page.locator("main").inner_text()


@pytest.fixture(scope="module")
def february(tmp_path_factory):
    """The demo of 20 February 2024 as a program of its own: pre-issued, nothing planned or reported yet."""
    journal = str(tmp_path_factory.mktemp("february") / "desk.sqlite")
    program = [sys.executable, "-m", "capwright"]
    stop = ["--until", "2024-02-20T08:30"]
    subprocess.run(
        [*program, "run", "guangdong-2023", "--db", journal, *stop],
        check=True,
        capture_output=True,
        timeout=120,
    )
    port = free_port()
    serving = subprocess.Popen(
        [*program, "serve", "--db", journal, "--demo", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    site = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(site + "/ready/").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield site
    finally:
        serving.terminate()
        serving.wait(20)


@pytest.fixture
def people(surf):  # noqa: F811 - the fixture
    """Somebody by name at a site, in English."""
    return lambda site, name: Person(surf(language="en-US"), site, name)


def test_from_a_plan_to_a_quota(people, february):
    firm, checker = people(february, f"{FIRM}:operator"), people(february, f"{FIRM}:checker")
    authority, second = people(february, "authority-1"), people(february, "authority-2")
    number = account_of(firm)
    plan_is_filed_and_approved(firm, authority, number)
    reported_t = report_is_typed_and_filed(firm, number)
    verifier = verifier_is_assigned(authority, number)
    lead = people(february, "verifier-01:lead")
    assert verifier == "verifier-01"
    finding_is_raised(lead, number)
    corrected_t = workbook_corrects_it(firm, number, reported_t)
    statement_is_given(lead, number, corrected_t)
    figure_is_approved(authority, number, corrected_t)
    firm.go("/desk/")
    assert f"Surrender {corrected_t:,} t for {YEAR}" in firm.text
    quota_is_approved_by_two(authority, second, number)
    checker.go(f"/desk/accounts/{number}/allocation/")
    assert figure(checker, "Approved") > 0


def account_of(person):
    person.go("/desk/")
    return re.search(r"/desk/accounts/([^/]+)/", person.page.content())[1]


def plan_is_filed_and_approved(firm, authority, number):
    firm.go(f"/desk/accounts/{number}/reports/")
    firm.follow("Open the plan")
    assert "No plan yet." in firm.text
    plan = json.loads(firm.download("guangdong-cement@2022.1"))
    plan["boundary"] = "the works at the river"
    plan["streams"] = [one for one in plan["streams"] if one["component"] in {"electricity", "clinker"}]
    file = {"name": "plan.json", "mimeType": "application/json", "buffer": json.dumps(plan).encode()}
    firm.page.set_input_files("#file", file)
    firm.press("File")
    assert "The plan is filed." in firm.told()
    authority.task("monitoring plan")
    assert "the works at the river" in authority.text
    authority.press("Approve")
    assert "The plan is approved." in authority.told()


def report_is_typed_and_filed(firm, number):
    firm.go(f"/desk/accounts/{number}/reports/")
    firm.press("Open the form")
    page = firm.page
    page.get_by_label("electricity bought").first.fill(str(BOUGHT_MWH))
    page.get_by_label("clinker made").first.fill(str(CLINKER_T))
    for symbol, percent in (("CaO in clinker FR1", "65"), ("MgO in clinker FR2", "1.5")):
        datum = page.locator(".datum", has=page.get_by_label(symbol))
        datum.get_by_label(symbol).fill(percent)
        datum.get_by_label("Unit").select_option("%")
    firm.press("Work out and show")
    assert "Nothing is filed yet" in firm.text, firm.text[-2000:]
    firm.press("File this report")
    assert "The report is filed." in firm.told()
    assert page.url.endswith(f"/reports/{YEAR}/")
    return figure(firm, "Reported")


def figure(person, label):
    """A figure card of the page as a number."""
    card = person.page.locator(".figure", has=person.page.get_by_text(label, exact=True)).first
    return int(card.locator(".value").inner_text().replace(",", ""))


def verifier_is_assigned(authority, number):
    authority.go(f"/desk/accounts/{number}/reports/{YEAR}/")
    authority.page.select_option("#verifier", "verifier-01")
    authority.press("Assign")
    authority.told()
    return "verifier-01"


def finding_is_raised(lead, number):
    lead.go("/desk/verifier/")
    lead.page.locator(f"a[href='/desk/verifier/{number}/{YEAR}/']").first.click()
    lead.page.get_by_text("Raise a finding").click()
    lead.page.fill("#ftext", "The second meter of the grid connection is missing.")
    lead.press("Send to the enterprise")
    lead.told()


def workbook_corrects_it(firm, number, before_t):
    """The report comes back as the Excel workbook, with the figure that the verifier asked about."""
    import openpyxl

    firm.task("finding")
    firm.page.locator("textarea[name=text], input[name=text]").first.fill(
        "It is; a corrected report follows."
    )
    firm.press("Send")
    firm.told()
    book = openpyxl.load_workbook(io.BytesIO(firm.download("Excel")))
    changed = 0
    for cell in (cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row):
        if str(cell.value) in {str(BOUGHT_MWH), f"{BOUGHT_MWH}.0"}:
            cell.value = BOUGHT_MWH + 10_000
            changed += 1
    assert changed == 1
    saved = io.BytesIO()
    book.save(saved)
    firm.go(f"/desk/accounts/{number}/reports/")
    file = {"name": "report.xlsx", "mimeType": "application/octet-stream", "buffer": saved.getvalue()}
    firm.page.set_input_files("#file", file)
    firm.press("Read and work out")
    firm.page.fill("#change", "second meter added")
    firm.press("File this report")
    assert "The report is filed." in firm.told()
    after_t = figure(firm, "Reported")
    assert after_t > before_t
    return after_t


def statement_is_given(lead, number, reported_t):
    lead.task("answer")
    lead.press("Corrected")
    lead.told()
    lead.press("State")
    lead.told()
    lead.go(f"/desk/accounts/{number}/reports/{YEAR}/")
    assert figure(lead, "Verified") == reported_t


def figure_is_approved(authority, number, verified_t):
    authority.task("Review")
    authority.press("Accept")
    authority.told()
    authority.go(f"/desk/accounts/{number}/reports/{YEAR}/")
    authority.press(f"Approve {verified_t:,} t")
    authority.told()
    assert figure(authority, "Approved") == verified_t


def quota_is_approved_by_two(authority, second, number):
    """A run for one firm, since the others have not reported yet; two steps have the generic form only."""
    address = f"/desk/accounts/{number}/allocation/"
    authority.go(address)
    count = authority.page.get_by_role("link", name="Record a figure").count()
    assert count
    for n in range(count):
        authority.go(address)
        authority.page.get_by_role("link", name="Record a figure").nth(n).click()
        filled = {"year": YEAR, "activity": CLINKER_T, "emissions_t": 1_000_000}
        for field, value in filled.items():
            authority.page.fill(f"#f-{field}", str(value))
        authority.press("Send")
        authority.told()
    authority.go(f"/desk/authority/allocation/?vintage={YEAR}")
    authority.follow("approve")
    authority.page.fill("#f-accounts", number)
    authority.press("Try without effect")
    assert "it would be accepted" in authority.told()
    authority.press("Send")
    assert "waits for a second person" in authority.told("warning")
    second.task("ApproveQuota")
    second.press("Approve")
    second.told()
