"""A firm's page tells how its quota came about, from the rows of the journal."""

import re


def test_the_quota_is_shown_with_its_formula_and_figures(signed_in, site):
    number = site.account("cement-05:operator")
    page = signed_in("cement-05:operator").get(f"/desk/accounts/{number}/allocation/").content.decode()
    # By hand: 2,989,897 t of clinker × 0.884 × 1; capacity 3,523,000 t × 1.2 is not reached.
    assert "A = min(Q_2023, k × C) × BM × d" in page
    assert "min(2,989,897, 1.2 × 3,523,000) × 0.884 × 1 = 2,643,068.948" in page
    assert "/rules/?scheme=guangdong-2023&amp;section=allocation" in page
    seq = re.search(r"How the quota was worked out: 2,739,871 t.*?/journal/([0-9]+)/", page, re.DOTALL)[1]
    row = signed_in("auditor-1").get(f"/desk/auditor/journal/?open={seq}").content.decode()
    assert "QuotaApproved" in row


def test_what_was_decided_on_an_objection_stands_there(signed_in):
    # ceramics-24 of the tutorial: 282,108 t by the formula, 285,493 t after its objection.
    page = signed_in("authority-1").get("/desk/accounts/GD-100-10000238-0-73/allocation/").content.decode()
    decided = page[page.index("What was decided on the objection") :]
    assert "285,493 t" in decided
    assert "output corrected after re-check" in decided
    assert "How the quota was worked out: 282,108 t" in page
