"""What desks say: tasks that are still to be done, and words instead of codes."""

import re

from capwright.projection.bucket_words import bucket_words

FIRM = "petrochem-11"


def figure(page, label):
    return re.search(rf'{label}</p><p class="value[^"]*">([^<]+)', page)[1].strip()


def test_a_surrender_that_waits_is_no_more_to_do(site, signed_in):
    number = site.account(f"{FIRM}:operator")
    desk = signed_in(f"{FIRM}:operator")
    before = desk.get(f"/desk/accounts/{number}/").content.decode()
    free, frozen = (
        int(re.search(rf"{word} ([0-9,]+)", before)[1].replace(",", ""))
        for word in ("free", "to surrender only")
    )
    assert figure(before, "Units that cover it") == f"{free + frozen:,}"
    with site.host.look() as market:
        duty = market.rooms["compliance"].state.duties[number][2023]
        left_t = duty.owed_t - duty.surrendered_t
    part_t = 1_000
    assert f"Surrender {left_t:,} t for 2023" in desk.get("/desk/").content.decode()
    balance = figure(before, "To (?:buy|spare)")
    desk.post(
        f"/desk/accounts/{number}/surrender/",
        {"vintage": "2023", "quantity_t": str(part_t), "command_id": "x-1"},
    )
    site.settle()
    home = desk.get("/desk/").content.decode()
    assert f"Surrender {left_t - part_t:,} t for 2023" in home
    after = desk.get(f"/desk/accounts/{number}/").content.decode()
    assert "waits for approval 1,000" in after
    assert figure(after, "To (?:buy|spare)") == balance, "units that are on their way are not missing"
    page = desk.get(f"/desk/accounts/{number}/surrender/").content.decode()
    assert "The surrender of 1,000 t waits for a second person" in page
    assert f'value="{left_t - part_t}"' in page
    task = signed_in(f"{FIRM}:checker").get("/desk/").content.decode()
    assert "Approve or reject: Surrender, 1,000 t" in task
    address = re.search(r'href="(/desk/transactions/[^"]+)"', task)[1]
    shown = signed_in(f"{FIRM}:checker").get(address).content.decode()
    assert re.search(r"GDEA-20[0-9]{2}</dt><dd>[0-9,]+ t", shown)
    assert "Petrochemical enterprise 11 (synthetic)" in shown
    zh = signed_in(f"{FIRM}:checker").get("/desk/", {"lang": "zh"}).content.decode()
    assert "复核交易：清缴，1,000吨" in zh


def test_buckets_are_said_in_words():
    assert bucket_words("", "en") == "free"
    assert bucket_words("frozen:2023", "en") == "frozen, to surrender only (2023)"
    assert bucket_words("frozen:2023", "zh") == "冻结，仅可清缴（2023年度）"
    assert bucket_words("held:t:2024-07-22", "en") == "held: bought on 2024-07-22, not to be sold yet"
    assert bucket_words("held:tx:T-7", "zh") == "占用（交易）"
    assert bucket_words("held:x:o-1", "en") == "held for an order or deal"
    assert bucket_words("held:2023-1", "en") == "held for an auction"


def test_an_investor_has_no_pages_of_who_surrenders(site, signed_in):
    number = site.account("investor-25:operator")
    page = signed_in("investor-25:operator").get(f"/desk/accounts/{number}/").content.decode()
    assert f"/desk/accounts/{number}/trade/" in page
    for absent in ("surrender/", "reports/", "allocation/"):
        assert f"/desk/accounts/{number}/{absent}" not in page
    assert "Still owed" not in page


def test_the_button_that_closes_the_day_sends_a_day(signed_in):
    for lang in ("en", "zh"):
        page = signed_in("exchange-1").get("/desk/exchange/", {"lang": lang}).content.decode()
        assert re.findall(
            r'name="action" value="close"><input type="hidden" name="on" value="([^"]*)"', page
        ) == ["2024-07-22"]


def test_trades_that_can_be_undone_are_offered(site, signed_in):
    page = signed_in("exchange-1").get("/desk/exchange/").content.decode()
    offered = re.search(r'<select id="b-trade".*?</select>', page, re.DOTALL)[0]
    with site.host.look() as market:
        undoable = market.rooms["settlement"].state.bustable
        assert len(undoable) >= 2
        assert all(f'value="{trade_id}"' in offered for trade_id in undoable)


def test_a_proposal_is_read_in_words(site, signed_in):
    desk = signed_in("exchange-1")
    asked = {"action": "reset", "product": "PHCER", "price": "64.10", "reason": "Stale", "command_id": "x-2"}
    desk.post("/desk/exchange/do/", asked)
    site.settle()
    second = signed_in("exchange-2")
    home = second.get("/desk/").content.decode()
    assert "Approve or reject: Reset price" in home
    address = re.findall(r'href="(/desk/approvals/[^"]+)"', home)[-1]
    page = second.get(address).content.decode()
    assert re.search(r"Price, CNY/t</dt><dd>64.10", page)
    assert "{" not in re.search(r'<dl class="pairs">.*?</dl>', page, re.DOTALL)[0]
    second.post(address, {"reject": "1", "reason": "No", "command_id": "x-3"})
    site.settle()
