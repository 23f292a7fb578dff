"""Pages in a real browser: no error in its console, nothing that keeps people out (axe, WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest

from capwright.web.language import traditional
from tests.web.crawling import pages_of

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PUBLIC = [
    "/",
    "/market/",
    "/market/GDEA/",
    "/auctions/",
    "/entities/",
    "/rules/",
    "/statistics/",
    "/coverage/",
    "/announcements/",
    "/transparency/",
    "/apply/",
    "/demo/",
    "/identity/login/",
]
DESKS = [
    ("authority-1", "/desk/"),
    ("authority-1", "/desk/commands/"),
    ("authority-1", "/desk/act/AppointOfficer/"),
    ("authority-1", "/desk/act/RegisterNewProject/"),
    ("cement-05:operator", "/desk/act/SurrenderUnits/"),
    ("cement-05:operator", "/desk/act/SubmitReport/"),
    ("authority-1", "/desk/security/"),
    ("operator-1", "/desk/registry/applications/"),
    ("exchange-1", "/desk/exchange/"),
]


# What may differ in the dark: only colours change.
DARK = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What may differ on a phone: places and sizes.
SMALL = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}


def look(page, url):
    """Open a page; return what axe finds wrong with it, as short sentences."""
    answer = page.goto(url)
    assert answer.status == 200, url
    page.wait_for_timeout(150)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    wrong = [
        f"{url} {one['id']}: {node['target']} {node['failureSummary'][:160]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    return wrong + [f"{url} console: {text}" for text in page.faults]


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("zh-CN", 1280, "light"), ("en-US", 390, "light"), ("zh-CN", 1280, "dark")],
)
def test_public_pages_keep_nobody_out(surf, site, language, width, scheme):
    page = surf(language=language, width=width)
    page.emulate_media(color_scheme=scheme)
    assert [wrong for path in PUBLIC for wrong in look(page, site.url + path)] == []


@pytest.mark.parametrize(("person", "path"), DESKS)
def test_desks_keep_nobody_out(surf, site, person, path):
    assert look(surf(person), site.url + path) == []


def test_whoever_types_keeps_the_session(surf, site):
    """While a form is filled in the page says so, at most once a minute; alone it says nothing."""
    page = surf("investor-25:operator", language="en-US")
    page.clock.install()
    page.goto(f"{site.url}/desk/accounts/{site.account('investor-25:operator')}/trade/")
    said = []
    page.on("request", lambda one: said.append(one.url) if "/desk/in-use/" in one.url else None)
    page.clock.run_for(120_000)
    assert said == [], "nobody is there"
    field = page.locator("main input:visible").first
    with page.expect_request("**/desk/in-use/"):
        field.press("1")
    field.press("2")
    page.wait_for_timeout(0)
    assert len(said) == 1
    public = surf()
    public.clock.install()
    public.goto(site.url + "/statistics/")
    public.on("request", lambda one: said.append(one.url) if "/desk/in-use/" in one.url else None)
    public.clock.run_for(120_000)
    public.keyboard.press("Tab")
    assert len(said) == 1, "without a session there is none to keep"


def test_pages_do_not_scroll_sideways_on_a_phone(surf, site):
    page = surf(width=390)
    wide = []
    for path in PUBLIC:
        page.goto(site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wide.append(path)
    assert wide == []


SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
  }).observe({type: "layout-shift", buffered: true});
"""
STEADY = [
    ("", ["/", "/market/", "/market/GDEA/", "/market/CCER/", "/entities/", "/statistics/", "/transparency/"]),
    ("investor-25:operator", ["/desk/", "/desk/accounts/*/", "/desk/accounts/*/trade/"]),
    ("authority-1", ["/desk/authority/", "/desk/authority/reports/", "/desk/commands/"]),
    ("exchange-1", ["/desk/exchange/", "/desk/exchange/surveillance/"]),
]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_while_a_page_loads(surf, site, width):
    """Cumulative layout shift, all of it and not the worst second only: good is up to 0.1 (web.dev/cls)."""
    jumping = []
    for person, paths in STEADY:
        page = surf(person, width=width)
        page.add_init_script(SHIFTS)
        for path in paths:
            page.goto(site.url + (path.replace("*", site.account(person)) if "*" in path else path))
            page.wait_for_load_state("networkidle" if "trade" not in path else "load")
            page.wait_for_timeout(400)
            shifted = page.evaluate("window.shifted")
            if shifted > 0.1:
                jumping.append(f"{path}: {shifted:.3f}")
    assert jumping == []


def test_the_open_page_of_a_desk_is_in_sight_on_a_phone(surf, site):
    page = surf("investor-25:operator", width=390)
    page.goto(f"{site.url}/desk/security/")
    place = page.locator(".desk-nav [aria-current]").bounding_box()
    assert 0 <= place["x"] <= 390 - place["width"]


def test_the_language_stays_chosen(surf, site):
    page = surf()
    page.goto(site.url + "/?lang=en")
    page.goto(site.url + "/demo/")
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(site.url + "/?lang=zh")
    page.goto(site.url + "/demo/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_months_sort_by_time_however_they_are_written(surf, site, lang):
    page = surf()
    page.goto(f"{site.url}/market/GDEA/?lang={lang}")
    table = page.locator("table.sortable").last
    months = "tbody tr td:first-child"
    newest_first = table.locator(months).all_inner_texts()
    assert len(newest_first) == 13
    assert newest_first[0] == {"en": "Jul 2024", "zh": "2024年7月"}[lang]
    table.locator("th button").first.click()
    assert table.locator(months).all_inner_texts() == newest_first[::-1]
    table.locator("th button").first.click()
    assert table.locator(months).all_inner_texts() == newest_first


def test_scripts_leave_no_simplified_word_on_a_traditional_page(surf, site):
    page = surf("cement-05:operator")
    page.goto(f"{site.url}/desk/accounts/{site.account('cement-05:operator')}/trade/?lang=zh-Hant")
    page.wait_for_function("window.capwrightTrade !== undefined")
    page.keyboard.press("b")
    page.evaluate("document.querySelectorAll('a.lang').forEach((one) => one.remove())")
    text = page.locator("body").inner_text()
    assert "手續費" in text
    assert {run for run in re.findall("[\u4e00-\u9fff]+", text) if traditional(run) != run} == set()


def owing(site, person):
    """The account that a person acts for, and what it still owes for 2023."""
    number = site.account(person)
    with site.host.look() as market:
        duty = market.rooms["compliance"].state.duties[number][2023]
        return number, duty.owed_t - duty.surrendered_t


def test_from_an_application_to_an_open_account(surf, site):
    from django.core import mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        page = surf(language="en-US")
        page.goto(site.url + "/apply/")
        page.fill("#organisation", "Zhuhai Glass (synthetic)")
        page.fill("#contact", "Chen")
        page.fill("#email", "chen@example.org")
        page.fill("#contact2", "Lin")
        page.fill("#email2", "lin@example.org")
        page.click("text=Send")
        assert "Your application is in" in page.content()
        officer = surf("operator-1", language="en-US")
        officer.goto(site.url + "/desk/registry/applications/")
        officer.locator("section", has_text="Zhuhai Glass").locator("text=Accept and invite").click()
        bodies = "\n".join(one.body for one in mail.outbox if one.to == ["chen@example.org"])
        link = re.search(r"https?://\S+/invitation/\S+/", bodies)[0]
    invited = surf(language="en-US")
    invited.goto(link)
    invited.fill("#username", "chen")
    invited.fill("#password", "correct horse battery staple")
    invited.click("text=Go on")
    assert invited.url.endswith("/desk/security/")
    first = invited.locator("body").inner_text()
    assert "chen@example.org" in first


def test_what_is_owed_is_surrendered_and_the_task_is_gone(surf, site):
    person = "cement-08:operator"
    number, owed_t = owing(site, person)
    assert owed_t > 0
    page = surf(person, language="en-US")
    page.goto(site.url + "/desk/")
    assert f"Surrender {owed_t:,} t for 2023" in page.content()
    page.goto(f"{site.url}/desk/act/SurrenderUnits/?account={number}&vintage=2023&quantity_t={owed_t}")
    page.click("text=Try without effect")
    said = page.locator(".notice").last.inner_text()
    if "would be accepted" not in said:
        pytest.skip(f"the firm has not enough units yet: {said}")
    page.locator("form.card button", has_text="Send").click()
    page.wait_for_url("**/desk/")
    assert "waits for a second person" in page.locator(".notice.warning").inner_text()
    checker = surf("cement-08:checker", language="en-US")
    checker.goto(site.url + "/desk/")
    task = checker.locator("tr", has_text="Approve or reject: Surrender").locator("a").last
    transaction = task.get_attribute("href").removeprefix("/desk/transactions/").strip("/")
    checker.goto(f"{site.url}/desk/act/ApproveTransaction/?transaction_id={transaction}")
    checker.locator("form.card button", has_text="Send").click()
    checker.wait_for_url("**/desk/")
    assert "of the journal" in checker.locator(".notice.success").inner_text()
    page.goto(site.url + "/desk/")
    assert f"Surrender {owed_t:,} t" not in page.content()
    assert owing(site, person)[1] == 0


def test_two_people_decide_in_two_browsers(surf, site):
    first, second = surf("authority-1", language="en-US"), surf("authority-2", language="en-US")
    first.goto(site.url + "/desk/act/AppointOfficer/?person=helper-9")
    first.check("input[name=roles][value=auditor]")
    first.locator("form.card button", has_text="Send").click()
    assert "waits for a second person" in first.locator(".notice.warning").inner_text()
    second.goto(site.url + "/desk/")
    second.locator("tr", has_text="Appoint officer").locator("text=Open").first.click()
    second.click("button:has-text('Approve')")
    assert "Approved and carried out" in second.locator(".notice.success").inner_text()
    with site.host.look() as market:
        assert market.registry.state.officers["helper-9"] == ("auditor",)


PEOPLE = (
    "auditor-1",
    "authority-1",
    "operator-1",
    "exchange-1",
    "verifier-01:lead",
    "cement-05:operator",
    "investor-25:operator",
)


def faults_of(page, address):
    """What axe finds wrong with the open page, light, dark and on a phone; its console; its width."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for look, scheme, width, rules in (
        ("light", "light", 1280, RULES), ("dark", "dark", 1280, DARK), ("phone", "light", 390, SMALL),
    ):  # fmt: skip
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(DRAWN)
        wrong = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)["violations"]
        found += [
            f"{address} {look} {one['id']}: {node['target']} {node['failureSummary'][:160]}"
            for one in wrong
            for node in one["nodes"][:3]
        ]
    found += [f"{address} console: {text}" for text in page.faults]
    page.faults.clear()
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        found.append(f"{address} scrolls sideways on a phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_rows_are_filled_in_by_keyboard_alone(surf, site, language):
    page = surf("authority-1", language=language)
    page.goto(f"{site.url}/desk/act/RegisterNewProject/?account=GD-1&vintage=2023")
    page.focus('[name="lines.0.energy_tce"]')
    page.keyboard.type("much")
    page.locator("[name=more]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "lines.1.process", (
        "the new row is ready to fill in"
    )
    page.locator('[name="lines.1.energy_tce"]').fill("22")
    page.locator('[name=fewer][value="lines.0"]').press("Enter")
    assert page.evaluate("document.activeElement.name") == "more"
    assert page.locator("fieldset.line > legend").all_inner_texts() == [
        {"z": "第 1 行", "e": "Row 1"}[language[0]]
    ]
    page.locator("[name=more]").press("Enter")
    page.locator('[name="lines.2.energy_tce"]').fill("much")
    page.locator('[name="lines.2.energy_tce"]').press("Enter")  # sends the form; no row goes
    page.wait_for_selector(".fault")
    assert page.locator('[name="lines.0.energy_tce"]').input_value() == "22"
    assert page.locator('[name="lines.1.energy_tce"][aria-invalid]').input_value() == "much"
    assert faults_of(page, "a form with faults") == []


def test_a_monitoring_plan_is_a_form_for_everybody(surf, site):
    person = "cement-05:operator"
    page = surf(person)
    page.goto(f"{site.url}/desk/accounts/{site.account(person)}/reports/plan/form/?version=1")
    streams = page.locator('[name="more"][value="plan.streams"]')
    before = page.locator('fieldset[id="f-plan.streams"] > fieldset.line').count()
    streams.click()
    added = page.locator(f'fieldset[id="f-plan.streams.{before}"]')
    added.locator("[name=more]").click()
    names = added.locator("[name$=symbol]").evaluate_all("all => all.map(one => one.name)")
    assert names == [f"plan.streams.{before}.data.{n}.symbol" for n in range(2)]
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size == "
                         "document.querySelectorAll('[id]').length")  # fmt: skip
    assert faults_of(page, "plan form") == []


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_of_a_desk_opens_and_keeps_nobody_out(surf, site, person):
    page = surf(person)
    wrong, kinds = [], []
    for kind, address, status in pages_of(page, site.url, "/desk/", within="/desk/"):
        kinds.append(kind)
        wrong += faults_of(page, address) if status == 200 else [f"led to {address}: {status}"]
    assert wrong == []
    assert len(kinds) >= 6, kinds


@pytest.mark.parametrize(("person", "path", "status"), [
    ("", "/market/NONE/", 404), ("cement-05:operator", "/desk/authority/", 403),
    ("cement-05:operator", "/desk/accounts/none/", 404),
])  # fmt: skip
def test_a_page_that_is_not_to_be_had_says_so_in_words(surf, site, person, path, status):
    page = surf(person, language="zh-CN")
    assert page.goto(site.url + path).status == status
    page.faults.clear()  # the console names every 404
    assert page.locator("main a.button").count() >= 1, "a way on"
    assert faults_of(page, path) == []


def test_a_page_that_fetches_itself_again_runs_its_scripts_once(surf, site, monkeypatch):
    """The order of checks is being worked out at the first look: the page asks again, and is whole then."""
    from capwright.web.pages import authority

    real, looks = authority.order_of, []

    def later(*asked):
        looks.append(1)
        found, _ = real(*asked)
        return found, len(looks) > 1

    monkeypatch.setattr(authority, "order_of", later)
    page = surf("authority-1")
    page.goto(site.url + "/desk/authority/reports/?tab=order")
    page.locator("main [hx-get]").wait_for(state="detached", timeout=60_000)
    assert page.locator("nav.desk-nav").count() == page.locator("main").count() == 1
    assert faults_of(page, "order") == []
