"""The year as people live it, through the real pages in a real browser: from an application to a certificate.

Two sites: one stopped in February, before anybody has filed anything, and the shared one of July.
"""

import base64
import hmac
import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from tests.web.conftest import free_port
from tests.web.crawling import enter

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who do not exist
PAPER = {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%nothing\n"}
FIRM = "cement-03"
YEAR = 2023
BOUGHT_MWH, CLINKER_T = 120_000, 2_000_000
BIDDING_MS = 12_000


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
def people(surf):
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
    firm.page.get_by_text("Or bring a file").click()
    plan = json.loads(firm.download("Cement, Guangdong"))
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
    corrections = authority.page.locator("a[href*='RecordActivity'][href*='process=']")
    links = corrections.evaluate_all("found => found.map(link => link.href)")
    processes = {re.search("process=([^&]+)", link)[1] for link in links}
    assert processes
    for process in sorted(processes):
        authority.go(address)
        authority.page.get_by_role("link", name="Record a figure").click()
        authority.page.locator("#f-process").select_option(process)
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
    second.task("Approve quota")
    second.press("Approve")
    second.told()


# July: an account, a bid, a trade, a surrender, a certificate.


@pytest.fixture
def mails(site):
    """What the shared site mails during the test."""
    from django.core import mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


@pytest.fixture
def no_demo(site):
    """Makes the shared site ask for second factors, as outside a demo, until the test ends."""
    before = site.host.settings

    def ask():
        site.host.settings = replace(before, demo=False)

    yield ask
    site.host.settings = before


def code_of(secret):
    """What an authenticator shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_from_an_application_to_an_open_account(people, site, mails, no_demo):
    applicant, officer = people(site.url, ""), people(site.url, "operator-1")
    page = applicant.page
    applicant.go("/apply/")
    for field, value in {
        "organisation": "Zhaoqing Enamel (synthetic)", "contact": "He", "email": "he@example.org",
        "contact2": "Xu", "email2": "xu@example.org",
    }.items():  # fmt: skip
        page.fill(f"#{field}", value)
    page.set_input_files("#papers", PAPER)
    applicant.press("Send")
    assert "Your application is in" in applicant.text
    officer.go("/desk/registry/applications/")
    card = officer.page.locator("section", has_text="Zhaoqing Enamel")
    assert card.get_by_text("licence.pdf").count() == 1
    card.get_by_role("button", name="Accept and invite").click()
    officer.page.wait_for_url("**/desk/registry/accounts/**")
    number = account_is_opened(officer, "Zhaoqing Enamel")
    bodies = "\n".join(one.body for one in mails if one.to == ["he@example.org"])
    link = re.search(r"/invitation/\S+/", bodies)[0]
    no_demo()
    invited = people(site.url, "")
    invited.go(link)
    invited.page.fill("#username", "he-of-zhaoqing")
    invited.page.fill("#password", PASSWORD)
    invited.press("Go on")
    assert invited.page.url.endswith("/desk/security/")
    assert "off" in invited.text
    invited.follow("Manage")
    if invited.page.locator("input[type=password]").count():  # asked again before the factor is changed
        invited.page.fill("input[type=password]", PASSWORD)
        invited.page.keyboard.press("Enter")
        invited.page.wait_for_load_state()
    invited.page.locator("a[href*='totp/activate']").first.click()
    if invited.page.locator("input[type=password]").count():
        invited.page.fill("input[type=password]", PASSWORD)
        invited.page.keyboard.press("Enter")
    secret = invited.page.locator("#authenticator_secret").input_value()
    invited.page.fill("input[name=code]", code_of(secret))
    with invited.page.expect_navigation():
        invited.page.keyboard.press("Enter")
    invited.go("/desk/security/")
    assert "on" in invited.page.locator("section", has_text="Second factor").locator(".tag").inner_text()
    invited.go(f"/desk/accounts/{number}/")
    assert "Zhaoqing Enamel" in invited.page.locator("h1").inner_text()
    invited.go(f"/desk/accounts/{number}/people/")
    assert invited.page.locator("main table tbody tr").count() == 2, "the two who applied"


def account_is_opened(officer, name):
    """The form is filled in with what was applied for; the operator has only to look and press."""
    form = officer.page.locator("form#open")
    assert name in form.get_by_label("Name").input_value()
    form.get_by_role("button", name="Open", exact=True).click()
    officer.page.wait_for_load_state()
    officer.told()
    row = officer.page.locator("tr", has_text=name)
    return row.locator("code").inner_text()


def test_from_a_bid_to_a_certificate(people, site):
    exchange = people(site.url, "exchange-1")
    firm, checker = people(site.url, "cement-09:operator"), people(site.url, "cement-09:checker")
    buyer = people(site.url, "cement-10:operator")
    number = account_of(firm)
    auction_is_announced(exchange, site.host.clock)
    for bidder, theirs in ((firm, number), (buyer, account_of(buyer))):
        bid_is_entered(bidder, theirs)
    order_is_traded(firm, number, buyer, account_of(buyer))
    auction_is_cleared(exchange, firm, people(site.url, ""), number)
    units_are_surrendered(firm, checker, number)
    certificate_is_checked(firm, people(site.url, ""), number)


def auction_is_announced(exchange, clock):
    from capwright.web.clock import local

    exchange.go("/desk/exchange/auctions/")
    closes = f"{local(clock() + BIDDING_MS):%Y-%m-%dT%H:%M:%S}"
    exchange.page.locator("#a-closes").evaluate("field => { field.step = 1; }")  # nobody waits out a minute
    for field, value in {
        "id": "WALK-1", "vintage": YEAR, "opens": "2024-07-22T09:30", "closes": closes,
        "offered": 2000, "reserve": "40.00",
    }.items():  # fmt: skip
        exchange.page.fill(f"#a-{field}", str(value))
    exchange.press("Announce")
    exchange.told()


def bid_is_entered(firm, number):
    firm.go(f"/desk/accounts/{number}/auctions/")
    card = firm.page.locator("section.card", has_text="WALK-1")
    card.get_by_label("Price").fill("45.00")
    card.get_by_label("Tonnes").fill("1000")
    card.get_by_role("button", name="Bid", exact=True).click()
    firm.page.wait_for_load_state()
    assert "2,250.00" in firm.page.locator("section.card", has_text="WALK-1").inner_text(), "5 % are held"


def send_ticket(person):
    """Look over what the ticket says, and send it."""
    person.page.get_by_role("button", name="Review order").click()
    person.page.locator("#confirm-yes").click()
    person.page.locator("#confirm").wait_for(state="hidden")


def order_is_traded(seller, number, buyer, other):
    seller.go(f"/desk/accounts/{number}/trade/")
    seller.page.locator("#ticket label", has_text="Sell").click()
    seller.page.fill("#t-price", "39.00")
    seller.page.fill("#t-t", "110")
    send_ticket(seller)
    seller.page.locator("#orders tr", has_text="39.00").wait_for()
    buyer.go(f"/desk/accounts/{other}/trade/")
    row = buyer.page.locator("tr", has_text="39.00").filter(has=buyer.page.get_by_role("button"))
    row.get_by_role("button").first.click()
    buyer.page.fill("#t-t", "110")
    send_ticket(buyer)
    for person in (buyer, seller):
        person.page.locator("#trades tr", has_text="39.00").first.wait_for()


def auction_is_cleared(exchange, firm, anybody, number):
    """The bid wins; it is paid for and the units come; the public sees the price."""
    deadline = time.monotonic() + 30
    exchange.go("/desk/exchange/auctions/WALK-1/")
    while not exchange.page.get_by_role("button", name="Clear the auction").count():
        assert time.monotonic() < deadline, exchange.text
        time.sleep(0.5)
        exchange.page.reload()
    assert number in exchange.text, "bids are open after the close"
    exchange.press("Clear the auction")
    assert "The auction is cleared." in exchange.told()
    firm.go(f"/desk/accounts/{number}/auctions/")
    assert "You won 1,000 t. Pay 45,000.00 CNY" in firm.text
    exchange.press("Settle with who has paid")
    exchange.told()
    firm.go(f"/desk/accounts/{number}/auctions/")
    assert "You won" not in firm.text
    anybody.go("/auctions/")
    row = anybody.page.locator("tr", has_text="WALK-1").inner_text()
    assert "45.00" in row
    assert "Cleared" in row


def units_are_surrendered(firm, checker, number):
    firm.go(f"/desk/accounts/{number}/surrender/")
    firm.page.fill(f"#q{YEAR}", "123")
    firm.press("Surrender")
    assert "waits for a second person" in firm.told("warning")
    checker.task("Approve or reject: Surrender")
    checker.press("Approve")
    checker.told()


def certificate_is_checked(firm, anybody, number):
    firm.go(f"/desk/accounts/{number}/certificates/")
    row = firm.page.locator("tr", has_text="123")
    paper = firm.page.request.get(firm.site + row.get_by_role("link", name="PDF").get_attribute("href"))
    assert paper.body().startswith(b"%PDF-")
    anybody.go(row.get_by_role("link", name="Check").get_attribute("href"))
    assert "Valid." in anybody.text
    assert number in anybody.text
