"""Import of the EU transaction log: a hand-made extract, a small country, and all of it (`slow`)."""

from __future__ import annotations

import csv
import gzip
import itertools
from collections import defaultdict

import pytest

from capwright.audit import audit
from capwright.importers import eutl, eutl_compare
from capwright.importers.eutl import import_eutl
from capwright.importers.eutl_compare import (
    AVIATION_LATER,
    CORRECTED,
    FIGURE_LATER,
    MADE_GOOD,
    NOT_ASKED,
    OUTSIDE,
    UNJUDGED,
    Rate,
)
from capwright.importers.eutl_files import identifier, read_eutl
from capwright.importers.eutl_plan import make_plan
from capwright.importers.eutl_schemes import vintage_scheme
from capwright.importers.eutl_words import REASONS, RULES
from capwright.journal import open_store
from capwright.kernel.refusal import BadInput, Refused
from tests.cli_calls import call

INSTALLATIONS = """\
installation_id,country,activity_code,activity,first_year,last_year
AT-1,AT,20,Combustion of fuels,2005,0
AT-2,AT,20,Combustion of fuels,2005,2006
AT-3,AT,29,Production of cement clinker,2005,0
BE-200004,BE,10,Aircraft operator activities,2012,2014
BE-5,BE,20,Combustion of fuels,2006,2005
"""
# AT-1 buys 40 for 2007, because units of 2008 do not serve it, and 10 for 2008. AT-2 closes with 150 t left,
# which are cancelled on 1 May 2008. BE-200004 buys 20 for 2012; its 2013 is surrendered with 2014.
COMPLIANCE = """\
installation_id,year,allocated_t,verified_t,surrendered_t,cumulative_surrendered_t,cumulative_verified_t,compliance_code
AT-1,2005,100,120,120,120,120,A
AT-1,2006,100,90,90,210,210,A*
AT-1,2007,100,130,130,340,340,A
AT-1,2008,50,60,60,60,60,B
AT-2,2005,100,30,30,30,30,A
AT-2,2006,100,20,20,50,50,A
AT-2,2007,,,,50,50,A
AT-3,2005,,10,,0,10,B
AT-3,2006,,,,0,10,A
AT-3,2007,,10,,0,,C
AT-3,2008,,0,,0,0,D*
BE-200004,2012,10,30,30,30,30,A
BE-200004,2013,0,5,,0,0,A
BE-200004,2014,4,6,11,11,11,A
BE-5,2006,,7,7,7,7,
"""


def extract(folder, installations=INSTALLATIONS, compliance=COMPLIANCE):
    folder.mkdir(exist_ok=True)
    (folder / "installations.csv").write_text(installations, encoding="utf-8")
    with gzip.open(folder / "compliance.csv.gz", "wt", encoding="utf-8") as file:
        file.write(compliance)
    return folder


@pytest.fixture
def sample(tmp_path):
    return extract(tmp_path / "eutl")


@pytest.fixture
def report(sample, tmp_path):
    return import_eutl(sample, str(tmp_path / "eu.sqlite"))


def audited(db):
    store = open_store(db, read_only=True)
    try:
        return audit(itertools.chain.from_iterable(store.scan()))
    finally:
        store.close()


# What goes through.


def test_tonnes_come_out_as_the_files_and_a_hand_calculation_say(report):
    assert report.allocated_t == 200 + 200 + 100 + 50 + 10 + 4 == 564
    assert (report.bridge_t, report.bridge_transfers) == (40 + 10 + 20 + 7 + 7, 5)
    assert report.surrendered_t == 120 + 90 + 130 + 60 + 30 + 20 + 30 + 11 + 7 == 498
    assert report.cancelled_t == 150
    assert report.held_t == 0
    assert report.issued_t == 564 + 84 == 498 + 150


def test_each_vintage_says_what_it_gave_and_sold(report):
    by_year = {v.vintage: (v.free_t, v.bridge_t, v.verified_t, v.surrendered_for_t) for v in report.years}
    assert by_year[2005] == (200, 0, 160, 150)
    assert by_year[2006] == (200, 7, 117, 117)
    assert by_year[2007] == (100, 40, 140, 130)
    assert by_year[2008] == (50, 10, 60, 60)
    assert by_year[2009] == (0, 0, 0, 0)
    assert by_year[2012] == (10, 20, 30, 30)
    assert by_year[2014] == (4, 7, 6, 11)


def test_accounts_are_the_installations_and_seven_of_the_system(report):
    assert report.accounts == 5 + 7


def test_the_journal_verifies(report, tmp_path):
    found = audited(str(tmp_path / "eu.sqlite"))
    assert found.ok
    assert found.head == report.head
    assert sum(totals["surrender"] for totals in found.series.values() if "surrender" in totals) == 498


def test_what_the_market_refuses_is_reported_with_its_line(report):
    assert report.refused_count == 1
    (refused,) = report.refused
    assert (refused.line, refused.command, refused.refusal.code) == (6, "SetReportingYears", "CW-4105")
    assert refused.file.endswith("installations.csv")


def test_codes_are_compared_and_differences_explained(report):
    found = report.agreement
    assert found.pairs == {
        "-/A": 1,
        "A/-": 1,
        "A/A": 7,
        "A/B": 1,
        "A/C": 1,
        "B/A": 1,
        "B/B": 1,
        "C/C": 1,
        "D/A": 1,
    }
    reasons = {(d.log, d.market): d.reason for d in found.differences}
    assert reasons == {
        ("A", "-"): OUTSIDE,
        ("A", "B"): AVIATION_LATER,
        ("A", "C"): NOT_ASKED,
        ("B", "A"): MADE_GOOD,
        ("-", "A"): UNJUDGED,
        ("D", "A"): CORRECTED,
    }
    assert found.by_code["A*"] == Rate.make(1, 1)
    assert found.by_year[2007] == Rate.make(2, 3)
    assert found.overall == Rate.make(9, 13)


def test_a_figure_entered_late_is_told_from_one_never_asked_for(tmp_path):
    folder = extract(
        tmp_path / "eutl", compliance=COMPLIANCE.replace("AT-3,2005,,10,,0,10,B", "AT-3,2005,,0,,0,,C")
    )
    found = import_eutl(folder, "memory:").agreement
    assert [d.reason for d in found.differences if (d.log, d.market) == ("C", "A")] == [FIGURE_LATER]


def test_other_ways_to_count_are_tried_on_the_same_rows(report):
    rules = report.agreement.rules
    assert rules["period"] == report.agreement.overall  # the market and the plain rule judge alike
    assert rules["log_totals"].of == rules["year"].of == 13


def test_a_debt_of_one_trading_period_does_not_follow_into_the_next(tmp_path):
    rows = ["AT-1,2007,,10,,0,10,B", "AT-1,2008,5,5,5,5,5,A", "AT-1,2009,,3,2,7,8,B", "AT-1,2010,,1,2,9,9,A"]
    installations = INSTALLATIONS.replace("AT-1,AT,20,Combustion of fuels,2005", "AT-1,AT,20,Combustion,2007")
    compliance = "\n".join([COMPLIANCE.splitlines()[0], *rows, ""])
    folder = extract(tmp_path / "eutl", installations, compliance)
    found = import_eutl(folder, "memory:", countries=("AT",)).agreement
    assert (found.overall, found.rules["life"]) == (Rate.make(4, 4), Rate.make(2, 4))


# Countries, resuming, other journals.


def test_one_country_at_a_time(sample, tmp_path):
    report = import_eutl(sample, "memory:", countries=("BE",))
    assert (report.installations, report.rows, report.countries) == (2, 4, ("BE",))
    assert report.surrendered_t == 30 + 11 + 7
    with pytest.raises(BadInput) as no:
        import_eutl(sample, "memory:", countries=("XX",))
    assert no.value.refusal.code == "CW-9405"


def test_an_import_cut_short_goes_on_and_ends_with_the_same_journal(sample, tmp_path, monkeypatch, report):
    monkeypatch.setattr(eutl, "_BATCH", 7)
    db = str(tmp_path / "again.sqlite")

    class PulledPlugError(Exception): ...

    def pull(done, _total, _label):
        if done >= 50:
            raise PulledPlugError

    with pytest.raises(PulledPlugError):
        import_eutl(sample, db, progress=pull)
    rest = import_eutl(sample, db)
    assert rest.repeated == 56
    assert rest.head == report.head
    assert rest.agreement == report.agreement
    whole = import_eutl(sample, db)
    assert (whole.repeated, whole.head) == (whole.commands, report.head)


def test_a_journal_of_something_else_is_left_alone(sample, tmp_path, report):
    db = tmp_path / "eu.sqlite"
    before = db.read_bytes()
    other = extract(tmp_path / "other", compliance=COMPLIANCE.replace("AT-2,2005,100", "AT-2,2005,101"))
    for folder, countries in ((other, None), (sample, ("AT",))):
        with pytest.raises(Refused) as no:
            import_eutl(folder, str(db), countries=countries)
        assert no.value.refusal.code == "CW-9410"
    assert db.read_bytes() == before


def test_postgres_gets_the_same_journal(sample, postgres_url, report):
    assert import_eutl(sample, postgres_url).head == report.head
    assert import_eutl(sample, postgres_url).repeated == report.commands


# The command line.


def test_the_command_prints_volumes_reasons_and_refused_rows(sample, tmp_path, capsys):
    said = call(capsys, "import", "eutl", sample, "--db", tmp_path / "en.sqlite").out
    assert "Issued 648 t: 564 allocated free, 84 sold" in said
    assert "9 of 13 agree with the log (69.23 %)" in said
    assert "installations.csv:6: CW-4105" in said
    assert all(words[0][:40] in said for words in RULES.values())
    said = call(capsys, "import", "eutl", sample, "--db", tmp_path / "zh.sqlite", "--lang", "zh").out
    assert "签发648吨" in said


def test_every_reason_has_words():
    slugs = {value for name, value in vars(eutl_compare).items() if name.isupper() and isinstance(value, str)}
    assert set(REASONS) == slugs - {eutl_compare.NONE}
    assert all(en and zh for en, zh in [*REASONS.values(), *RULES.values()])


# Bad input: one clear refusal, nothing written.


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "line", "column"),
    [
        ("installations.csv", "AT-2,AT", "AT-1,AT", "CW-9216", 3, 1),
        ("installations.csv", "AT-2,AT", "../2,AT", "CW-9402", 3, 1),
        ("installations.csv", "2005,2006", "2005,20066", "CW-9404", 3, 6),
        ("installations.csv", "2005,2006", "1905,2006", "CW-9404", 3, 5),
        ("installations.csv", "activity_code", "activity_kode", "CW-9206", 1, 3),
        ("compliance.csv.gz", "allocated_t,", "", "CW-9205", 1, 0),
        ("compliance.csv.gz", "AT-2,2006,100", "AT-2,2006,-100", "CW-9101", 7, 3),
        ("compliance.csv.gz", "AT-2,2006,100", "AT-2,2006,99.5", "CW-9101", 7, 3),
        ("compliance.csv.gz", "AT-2,2006,100", "AT-2,2006,1e300", "CW-9101", 7, 3),
        ("compliance.csv.gz", "AT-2,2006,", "AT-2,2005,", "CW-9216", 7, 1),
        ("compliance.csv.gz", "AT-2,2006,", "AT-9,2006,", "CW-9403", 7, 1),
        ("compliance.csv.gz", "AT-2,2006,", "AT-2,1066,", "CW-9404", 7, 2),
        ("compliance.csv.gz", "AT-2,2006,100", "AT-2,2006", "CW-9208", 7, 7),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path, file, old, new, code, line, column):
    texts = {"installations.csv": INSTALLATIONS, "compliance.csv.gz": COMPLIANCE}
    assert texts[file].count(old) == 1
    texts[file] = texts[file].replace(old, new)
    folder = extract(tmp_path / "eutl", texts["installations.csv"], texts["compliance.csv.gz"])
    db = tmp_path / "eu.sqlite"
    with pytest.raises(BadInput) as no:
        import_eutl(folder, str(db))
    assert no.value.refusal.code == code
    assert no.value.place == ":".join(str(p) for p in (folder / file, line, column) if p)
    assert not db.exists()


def test_missing_empty_and_damaged_files_are_refused(tmp_path):
    db = tmp_path / "eu.sqlite"

    def refused(folder):
        with pytest.raises(BadInput) as no:
            import_eutl(folder, str(db))
        assert not db.exists()
        return no.value.refusal.code

    assert refused(tmp_path / "nowhere") == "CW-9401"
    folder = extract(tmp_path / "eutl")
    packed = folder / "compliance.csv.gz"
    raw = packed.read_bytes()
    packed.write_bytes(raw[:-20])
    assert refused(folder) == "CW-9201"
    half = len(raw) // 2
    packed.write_bytes(raw[:half] + bytes([raw[half] ^ 0xFF]) + raw[half + 1 :])
    assert refused(folder) == "CW-9201"
    packed.unlink()
    assert refused(folder) == "CW-9401"
    (folder / "compliance.csv").write_text(COMPLIANCE.splitlines()[0] + "\n", encoding="utf-8")
    assert refused(folder) == "CW-9407"
    (folder / "compliance.csv").write_bytes(b"\xff\xfe\x00")
    assert refused(folder) in {"CW-9202", "CW-9203"}


# Numbers and schemes.


def test_account_identifiers_are_made_from_the_installation_alone():
    assert identifier("AT-200103") == 102900200103  # A is 10, T is 29
    assert identifier("CY-210000000000001") == 210000000000001
    assert identifier("at-1") is identifier("AT-01") is identifier("AT-") is None


def test_the_scheme_of_a_vintage_cites_the_data_and_bars_the_next_period(sample):
    plan = make_plan(read_eutl(sample))
    scheme = vintage_scheme(plan[2007])
    assert scheme.body.cap.total_t == 140
    assert scheme.citations["cap.controlled_t"].confidence == "derived"
    borrowing = {
        year: vintage_scheme(plan[year]).body.compliance.borrowing for year in (2006, 2007, 2008, 2012)
    }
    assert borrowing == {2006: True, 2007: False, 2008: True, 2012: False}
    since = {
        year: vintage_scheme(plan[year]).body.compliance.status_since for year in (2007, 2008, 2012, 2013)
    }
    assert since == {2007: 2005, 2008: 2008, 2012: 2008, 2013: 2013}


# The real log.


def raw_rows(shared_dir, name):
    with gzip.open(
        shared_dir / "data" / "eutl" / f"{name}.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        yield from csv.DictReader(file)


def total(rows, column):
    return sum(int(row[column] or 0) for row in rows)


def test_two_small_registries_of_the_real_log(shared_dir, tmp_path):
    db = str(tmp_path / "eu.sqlite")
    report = import_eutl(shared_dir / "data" / "eutl", db, countries=("LU", "MT"))
    rows = [r for r in raw_rows(shared_dir, "compliance") if r["installation_id"][:2] in {"LU", "MT"}]
    assert report.rows == len(rows) == 570
    assert report.refused == ()
    assert report.allocated_t == total(rows, "allocated_t")
    assert report.surrendered_t == total(rows, "surrendered_t") == 65_531_141
    assert report.issued_t == report.surrendered_t + report.cancelled_t + report.held_t
    assert report.agreement.rules["period"] == report.agreement.overall
    assert report.agreement.overall.percent > 80
    assert audited(db).ok


def test_the_log_counts_by_trading_period(shared_dir):
    """The running totals are the sums since 2005, 2008, 2013 and 2021, but for later corrections."""
    sums = defaultdict(int)
    right = of = 0
    for row in raw_rows(shared_dir, "compliance"):
        year = int(row["year"])
        period = max(start for start in (2005, 2008, 2013, 2021) if start <= year)
        key = row["installation_id"], period
        sums[key] += int(row["surrendered_t"] or 0)
        if row["cumulative_surrendered_t"]:
            right += sums[key] == int(row["cumulative_surrendered_t"])
            of += 1
    assert right / of > 0.985


@pytest.mark.slow
def test_the_whole_log_goes_through_in_time_and_memory_and_verifies(shared_dir, tmp_path):
    db = str(tmp_path / "eu.sqlite")
    report = import_eutl(shared_dir / "data" / "eutl", db)
    assert (report.installations, report.rows, report.commands) == (17_957, 225_834, 639_831)
    assert report.surrendered_t == total(raw_rows(shared_dir, "compliance"), "surrendered_t")
    assert [r.refusal.code for r in report.refused] == ["CW-4105"]
    assert report.agreement.rules["period"] == report.agreement.overall
    assert report.agreement.overall.percent > 90
    assert report.seconds < 120
    assert report.peak_memory_mb < 2048
    assert audited(db).ok
