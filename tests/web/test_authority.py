"""The authority's desk: figures that agree with the state, queues, and who may see it."""

import pytest

PAGES = (
    "",
    "allocation/",
    "compliance/",
    "reports/",
    "reports/?tab=plans",
    "reports/?tab=order",
    "verifiers/",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_opens(signed_in, path, lang):
    address = f"/desk/authority/{path}"
    page = signed_in("authority-1").get(f"{address}{'&' if '?' in path else '?'}lang={lang}")
    assert page.status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("person", ["operator-1", "exchange-1", "cement-24:operator", "verifier-05:lead"])
def test_it_is_the_authoritys_alone(signed_in, path, person):
    assert signed_in(person).get(f"/desk/authority/{path}").status_code == 403


def test_the_figures_are_those_of_the_state(site, signed_in):
    with site.host.look() as market:
        duties = market.rooms["compliance"].state.duties
        owed_t = sum(years[2023].owed_t for years in duties.values() if 2023 in years)
        cap = market.rooms["allocation"].cap_statement(2023)
    text = signed_in("authority-1").get("/desk/authority/?vintage=2023").content.decode()
    assert f"{owed_t:,}" in text
    for line in cap.lines:
        assert f"{line.actual_t:,}" in text


def test_a_name_finds_its_quota_and_its_duty(signed_in):
    client = signed_in("authority-1")
    for page in ("allocation", "compliance"):
        address = f"/desk/authority/{page}/?vintage=2023&show=all&q="
        text = client.get(address + "Cement enterprise 30").content.decode()
        assert "Cement enterprise 30" in text
        assert "Cement enterprise 31" not in text


def test_a_step_of_a_run_that_is_not_due_says_why(signed_in):
    text = signed_in("authority-1").get("/desk/authority/allocation/?vintage=2023").content.decode()
    assert text.count("disabled data-once") == 3


def test_one_cannot_judge_in_anothers_place(site, signed_in):
    head = site.settle()
    assert signed_in("operator-1").post("/desk/authority/compliance/?vintage=2023").status_code == 403
    assert site.settle() == head


def test_a_figure_is_not_approved_unseen(site, signed_in):
    """The list's button names the figure; another figure than the one that stands is refused."""
    number = site.account("cement-25:operator")
    form = {"action": "approve", "account": number, "year": "2023", "tonnes": "1"}
    page = signed_in("authority-1").post("/desk/authority/reports/", form, follow=True)
    assert "CW-5475" in page.content.decode(), "approved already"


def test_a_plan_waits_is_sent_back_and_comes_again(site, signed_in):
    import io
    import json

    firm, authority = signed_in("cement-26:operator"), signed_in("authority-1")
    number = site.account("cement-26:operator")
    address = f"/desk/accounts/{number}/reports/plan/"
    plan = json.loads(firm.get(address + "?format=json").content)

    def file(text):
        upload = io.BytesIO(json.dumps({**plan, "quality": text}).encode())
        upload.name = "plan.json"
        firm.post(address, {"action": "file", "file": upload, "text": text})
        site.settle()

    file("meters are read twice")
    assert address in authority.get("/desk/authority/reports/?tab=plans").content.decode()
    assert address in authority.get("/desk/").content.decode()
    authority.post(address, {"action": "return", "version": "2", "text": "Which meters?"})
    site.settle()
    assert "sent back" in firm.get("/desk/").content.decode()
    file("both kiln meters are read twice")
    authority.post(address, {"action": "approve", "version": "3"})
    site.settle()
    with site.host.look() as market:
        versions = market.rooms["mrv"].state.plans[number]
        assert [one.status for one in versions] == ["superseded", "returned", "approved"]


def test_a_plan_that_is_none_is_refused(site, signed_in):
    import io

    number = site.account("cement-27:operator")
    file = io.BytesIO(b'{"method": 1}')
    file.name = "plan.json"
    address = f"/desk/accounts/{number}/reports/plan/"
    page = signed_in("cement-27:operator").post(address, {"action": "file", "file": file})
    assert page.status_code == 422
    assert "CW-9720" in page.content.decode()


@pytest.mark.parametrize("action", ["assign", "approve", "nothing"])
def test_a_made_up_form_is_refused_and_breaks_nothing(site, signed_in, action):
    number = site.account("cement-27:operator")
    form = {"action": action, "purpose": "fun", "tonnes": "-5", "verifier": "x"}
    page = signed_in("authority-1").post(f"/desk/accounts/{number}/reports/2023/", form)
    assert page.status_code in {302, 403, 422}


def test_coverage_has_no_share_until_the_area_is_known(site, visitor, signed_in):
    """A market whose firms emitted x covers x / area; half of an area of 2 x."""
    page = visitor.get("/coverage/").content.decode()
    assert "no inventory recorded yet" in page
    assert "RecordInventory" not in page
    latest = site.api().get("/coverage").json()[0]
    assert "share" not in latest
    area_t, year = latest["emissions_t"] * 2, latest["year"]
    body = {"year": year, "emissions_t": area_t, "document": "Made for this test"}
    assert site.api("investor-01:operator").post("/commands/RecordInventory", json=body).status_code == 422
    assert site.api("authority-1").post("/commands/RecordInventory", json=body).status_code == 200
    site.settle()
    assert site.api().get("/coverage").json()[0]["share"] == "0.5"
    page = visitor.get("/coverage/").content.decode()
    assert "50.0%" in page
    # 70 % of 2 x, a fifth of the area is missing
    short_t = -(-area_t * 7 // 10) - latest["emissions_t"]
    assert f"{short_t:,} t more would have to be covered in {year}" in page
    assert "50.0%" in signed_in("authority-1").get(f"/desk/authority/?vintage={year}").content.decode()
    table = visitor.get("/coverage/?format=csv").content.decode("utf-8-sig").splitlines()
    firms, figures, emissions_t = (latest[name] for name in ("firms", "with_figure", "emissions_t"))
    assert table[1] == f"{year},{firms},{figures},{emissions_t},{area_t},0.5,Made for this test"
