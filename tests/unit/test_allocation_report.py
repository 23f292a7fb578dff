"""The table behind `capwright allocate`: totals, sources relied on, refusals with their place."""

from pathlib import Path

import msgspec
import pytest

from capwright.allocation.activity import ActivityRow, RowPlaces
from capwright.allocation.report import allocate_table, render
from capwright.kernel.refusal import BadInput, Refused
from capwright.scheme.loader import load_text
from capwright.table import parse_table

SCHEME = """
name = "test-2021"
en = "Test"
zh = "测试"
jurisdiction = "testland"
vintage = 2021
source = "a notice"
confidence = "official"

[coverage]
threshold_t = 10_000

[[coverage.sectors]]
code = "cement"
en = "Cement"
zh = "水泥"
free_share = { value = 0.96, source = "a newspaper", confidence = "secondary" }

[cap]
controlled_t = 2_000_000
reserve_t = 100_000

[allocation]
base_years = { value = [2018, 2019, 2020], source = "no source found", confidence = "default" }
pre_issue = "last_approved"

[[allocation.processes]]
code = "clinker"
sector = "cement"
en = "Clinker"
zh = "熟料"
method = "benchmark"
benchmark = { value = 0.884, source = "recollection", confidence = "memory", note = "5,000 t/d" }
decline = 0.99
capacity_factor = 1.2

[[allocation.processes]]
code = "mine"
sector = "cement"
en = "Mining"
zh = "矿山"
method = "historical_emissions"
decline = 0.99
"""
HEADER = b"enterprise,process,year,activity,licensed_capacity,emissions_t,last_approved_t\n"


def report(body: bytes, header: bytes = HEADER):
    table = parse_table(header + body, "activity.csv", ActivityRow)
    places = RowPlaces(table.file, table.lines, table.columns)
    return allocate_table(load_text(SCHEME), table, places=places)


def refusal(body: bytes, header: bytes = HEADER) -> BadInput:
    with pytest.raises(BadInput) as caught:
        report(body, header)
    return caught.value


GOOD = b"Red,clinker,2021,2500000,1500000,,1600000\nRed,mine,2020,,,1000,\nBlue,mine,2019,,,500,\n"


def test_totals_and_order():
    done = report(GOOD)
    assert [each.enterprise for each in done.enterprises] == ["Red", "Blue"]
    totals = done.totals
    # Red 1,575,288 + 990, Blue 495; free 0.96 of each, rounded down by enterprise: 1,513,226.88 and 475.2.
    assert totals.approved_t == 1_576_278 + 495
    assert totals.free_t == 1_513_226 + 475
    assert totals.paid_t == totals.approved_t - totals.free_t
    assert totals.pre_issued_t == 1_600_000
    assert totals.true_up_recall_t == 1_600_000 - 1_513_226
    assert totals.issue_t == 0


def test_memory_and_default_values_are_named_once_and_only_when_used():
    done = report(GOOD)
    assert [(item.path, item.value, item.confidence) for item in done.relied_on] == [
        ("allocation.processes.clinker.benchmark", "0.884", "memory"),
        ("allocation.base_years", "2018, 2019, 2020", "default"),
    ]
    only_mine = report(b"Blue,mine,2019,,,500,\n")
    assert [item.path for item in only_mine.relied_on] == ["allocation.base_years"]


def test_cap_statement_compares_with_the_plan():
    lines = {line.key: line for line in report(GOOD).cap.lines}
    assert lines["controlled"].difference_t == 1_576_773 - 2_000_000


def test_text_in_both_languages():
    english, chinese = render(report(GOOD)), render(report(GOOD), "zh")
    assert "= min(2,500,000, 1.2 × 1,500,000) × 0.884 × 0.99 = 1,575,288 tCO2" in english
    assert "true-up: Δ = 1,513,226 - 1,600,000 = -86,774 t (recall)" in english
    assert "allocation.processes.clinker.benchmark = 0.884 [memory] recollection" in english
    assert "多退少补: Δ = 1,513,226 - 1,600,000 = -86,774 t (收回)" in chinese
    assert "= min(2,500,000, 1.2 × 1,500,000)" in chinese


def test_report_is_plain_json():
    data = msgspec.json.decode(msgspec.json.encode(report(GOOD)))
    red = data["enterprises"][0]
    assert red["quota"]["free_t"] == 1_513_226
    assert red["true_up"]["delta_t"] == -86_774
    assert red["quota"]["steps"][0]["value"] == "1575288"


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        (b"Red,clay,2021,1,,,\n", "CW-5005", "activity.csv:2:2"),
        (b"Red,clinker,2021,1,,,\nRed,clinker,2022,1,,,\n", "CW-5004", "activity.csv:3:3"),
        (b"Red,clinker,2021,1,,,\n\nRed,clinker,,1,,,\n", "CW-5003", "activity.csv:4:1"),
        (b"Red,clinker,2021,-1,,,\n", "CW-5001", "activity.csv:2:4"),
        (b"Red,clinker,2021,1e9,,,\n", "CW-5001", "activity.csv:2:4"),
        ("Red,clinker,2021,１,,,\n".encode(), "CW-5001", "activity.csv:2:4"),
        (b"Red,clinker,2021,9999999999999999,,,\n", "CW-5001", "activity.csv:2:4"),
        (b"Red,mine,2020,,,10.5,\n", "CW-9101", "activity.csv:2:6"),
        (b"Red,mine,2020,,,-3,\n", "CW-9101", "activity.csv:2:6"),
        (b"Blue,mine,2020,,,7,\nRed,mine,2020,7,,,\n", "CW-5011", "activity.csv:3:6"),
        (b"Red,mine,2017,,,7,\n", "CW-5010", "activity.csv:2"),
        (b"Blue,mine,2020,,,7,\nRed,clinker,2021,,,,\n", "CW-5014", "activity.csv:3:4"),
        (b"Red,clinker,2021,1000000000000000,,,\n", "CW-5030", "activity.csv:2"),
    ],
)
def test_bad_rows_are_refused_with_their_place(body, code, place):
    fault = refusal(body)
    assert (fault.refusal.code, fault.place) == (code, place)
    assert "{" not in fault.refusal.message("en") + fault.refusal.message("zh")


def test_months_and_kinds():
    header = b"enterprise,process,activity,abnormal_months,kind\n"
    assert refusal(b"Red,clinker,1,13,\n", header).refusal.code == "CW-5002"
    mixed = refusal(b"Red,clinker,1,,\nRed,mine,1,,new_project\n", header)
    assert (mixed.refusal.code, mixed.place) == ("CW-5006", "activity.csv:3:5")


def test_a_scheme_without_allocation_is_refused():
    bare = SCHEME.partition("[coverage]")[0]
    with pytest.raises(Refused) as caught:
        allocate_table(load_text(bare), [])
    assert caught.value.refusal.code == "CW-5020"


def test_the_simplest_file_is_enough():
    done = report(b"Red,clinker,100\n", b"enterprise,process,activity\n")
    assert done.enterprises[0].quota.approved_t == 87  # 100 × 0.884 × 0.99 = 87.516


def test_files_are_read_by_others():
    """The room is pure: its modules import nothing that opens files."""
    room = Path(__file__).resolve().parents[2] / "src" / "capwright" / "allocation"
    for module in room.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert "open(" not in text.replace("objection_open(", ""), module.name
        assert "capwright.table" not in text, module.name
