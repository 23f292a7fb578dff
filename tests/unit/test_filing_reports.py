"""Emission reports as JSON and CSV: what is written is read back, and a fault is told with its place."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from capwright.filing.report_csv import COLUMNS, parse_reports_csv, reports_csv
from capwright.filing.report_json import parse_reports_json, report_json
from capwright.filing.reports import read_report, read_reports, write_report
from capwright.kernel.refusal import BadInput
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream
from tests.mrv_worlds import coal, datum, report

GOLDEN = Path(__file__).parents[1] / "golden" / "filing-report.json"
PROOF = Evidence(
    "ab" * 32, "lab", "煤质检验", "L-7", 3, "2023-03-01", "2023-03-02", "2023-03-05", "Lab", True
)
FULL = EmissionReport(
    "guangzhou-cement",
    2023,
    "test@1",
    (
        coal(
            Datum(
                "FC",
                "t",
                months=(Decimal("100.5"), None, *[Decimal(0)] * 9, Decimal("1234567.000001")),
                evidence=(PROOF,),
            ),
            Datum("NCV", "MJ/kg", "measured", Decimal("20.304"), tier="2", uncertainty=Decimal("0.025")),
            facility="1# 窑",
            form="heat_content",
        ),
        Stream("grid", "electricity", data=(datum("bought", "kWh", 1000000, note="含生活区, 已扣减"),)),
        Stream("idle", "heat"),
    ),
    outputs=(datum("clinker@1# 窑", "t", 900), datum("clinker", "t", months=(Decimal(1),) * 12)),
    area="guangdong",
    plan=2,
    digest="d" * 64,
    note="年度报告",
)

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=12)
FIGURE = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=6)
SERIES = st.one_of(
    st.builds(lambda value: {"value": value}, FIGURE),
    st.builds(
        lambda values: {"months": tuple(values)}, st.lists(FIGURE | st.none(), min_size=12, max_size=12)
    ),
)
PROOFS = st.builds(
    Evidence, TEXT, st.sampled_from(["invoice", "other"]), TEXT, month=st.integers(0, 12),
    accredited=st.sampled_from([None, True, False]),
)  # fmt: skip
DATA = st.builds(
    lambda symbol, unit, how, series, proofs, note: Datum(
        symbol, unit, how, evidence=proofs, note=note, **series
    ),
    TEXT, TEXT, st.sampled_from(["measured", "default", "estimated"]), SERIES,
    st.lists(PROOFS, max_size=2).map(tuple), TEXT | st.just(""),
)  # fmt: skip
SOME = st.lists(DATA, max_size=3, unique_by=lambda one: one.symbol).map(tuple)
STREAMS = st.builds(Stream, TEXT, TEXT, TEXT, TEXT | st.just(""), TEXT | st.just(""), SOME)
REPORTS = st.builds(
    EmissionReport, TEXT, st.integers(1990, 2100), TEXT,
    st.lists(STREAMS, max_size=3, unique_by=lambda one: one.code).map(tuple), SOME, TEXT | st.just(""),
    st.integers(0, 9), TEXT | st.just(""), TEXT | st.just(""),
)  # fmt: skip


@given(REPORTS)
def test_json_is_read_back_as_it_was_written(made):
    assert parse_reports_json(report_json(made), "x.json") == [made]


@given(st.lists(REPORTS, min_size=1, max_size=3, unique_by=lambda one: (one.enterprise, one.year)))
def test_csv_is_read_back_as_it_was_written(made):
    assert parse_reports_csv(reports_csv(made).encode(), "x.csv") == made


def test_the_json_of_a_report_stays_as_it_is():
    assert report_json(FULL).decode() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["json", "csv", "JSON"])
def test_a_file_is_read_by_its_suffix(tmp_path, suffix):
    path = tmp_path / f"report.{suffix}"
    write_report(FULL, path)
    assert read_report(path) == FULL


def test_several_reports_in_one_file(tmp_path):
    path = tmp_path / "many.json"
    path.write_bytes(b"[" + report_json(FULL) + b"," + report_json(report(coal())) + b"]")
    assert read_reports(path) == [FULL, report(coal())]
    with pytest.raises(BadInput) as refused:
        read_report(path)
    assert refused.value.refusal.code == "CW-9511"


def refused_json(text: str) -> BadInput:
    with pytest.raises(BadInput) as refused:
        parse_reports_json(text.encode("utf-8", "surrogatepass"), "r.json")
    return refused.value


def test_a_wrong_value_in_json_is_told_with_path_line_and_column():
    text = report_json(FULL).decode().replace('"unit": "kWh"', '"unit": 7')
    found = refused_json(text)
    line = next(n for n, row in enumerate(text.split("\n"), start=1) if '"unit": 7' in row)
    assert found.refusal.code == "CW-9504"
    assert found.refusal.details["at"] == "streams[1].data[0].unit"
    column = text.split("\n")[line - 1].index("7") + 1
    assert found.place == f"r.json:{line}:{column}"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"enterprise": "x",\n "year": }', "CW-9503", "r.json:2:10"),
        ('{"year": 1,\n "year": 2}', "CW-9505", "r.json:2"),
        ("", "CW-9503", "r.json:1:1"),
        ("[" * 100_000, "CW-9503", "r.json"),
        ('{"enterprise": "\ud800"}', "CW-9503", "r.json:1"),
        (
            '{"enterprise": "x", "year": 1, "method": "m", "streams": [], "streems": []}',
            "CW-9504",
            "r.json:1:1",
        ),
        ("7", "CW-9504", "r.json:1:1"),
    ],
)
def test_unsound_json_is_refused_with_its_place(text, code, place):
    found = refused_json(text)
    assert (found.refusal.code, found.place) == (code, place)


HEAD = "enterprise,year,method,stream,component,item,symbol,month,value,unit,obtained\n"


@pytest.mark.parametrize(
    ("rows", "code", "place"),
    [
        ("e,2023,m,s,fuel,coal,FC,13,1,t,measured", "CW-9507", "r.csv:2:8"),
        ("e,2023,m,s,fuel,coal,FC,1,1 t,t,measured", "CW-9509", "r.csv:2:9"),
        ("e,2023,m,s,fuel,coal,FC,1,1e5,t,measured", "CW-9509", "r.csv:2:9"),
        ("e,2023,m,s,fuel,coal,FC,1,1,t,guessed", "CW-9215", "r.csv:2:11"),
        ("e,2023,m,s,fuel,coal,FC,1,1,t,\ne,2023,m,s,fuel,coal,FC,1,2,t,", "CW-9508", "r.csv:3:8"),
        ("e,2023,m,s,fuel,coal,FC,,1,t,\ne,2023,m,s,fuel,coal,FC,1,2,t,", "CW-9508", "r.csv:3:8"),
        ("e,2023,m,s,fuel,coal,FC,1,1,t,\ne,2023,m,s,fuel,coal,FC,2,2,kg,", "CW-9506", "r.csv:3:10"),
        ("e,2023,m,s,fuel,coal,FC,1,1,t,\ne,2023,n,,,,o,,2,t,", "CW-9506", "r.csv:3:3"),
    ],
)
def test_a_bad_row_is_refused_with_line_and_cell(rows, code, place):
    with pytest.raises(BadInput) as refused:
        parse_reports_csv((HEAD + rows).encode(), "r.csv")
    assert (refused.value.refusal.code, refused.value.place) == (code, place)


def test_a_row_may_leave_out_what_was_said_before():
    rows = "e,2023,m,s,fuel,coal,FC,1,1.50,t,measured\ne,2023,,s,,,FC,3,2,,\n"
    (made,) = parse_reports_csv((HEAD + rows).encode(), "r.csv")
    values = (Decimal("1.5"), None, Decimal(2), *[None] * 9)
    assert made == EmissionReport(
        "e", 2023, "m", (Stream("s", "fuel", "coal", data=(Datum("FC", "t", months=values),)),)
    )


def test_an_unknown_kind_of_file_is_refused(tmp_path):
    for name in ("report.pdf", "report"):
        with pytest.raises(BadInput) as refused:
            read_report(tmp_path / name)
        assert refused.value.refusal.code == "CW-9510"
    with pytest.raises(BadInput) as refused:
        read_report(tmp_path / "none.json")
    assert refused.value.refusal.code == "CW-9201"


def test_the_examples_of_the_documentation_are_read():
    page = (Path(__file__).parents[2] / "docs/howto/emission-report-files.md").read_text(encoding="utf-8")
    as_json, _beside = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (as_csv,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    (one,) = parse_reports_json(as_json.encode(), "page")
    (other,) = parse_reports_csv(as_csv.encode(), "page")
    assert (one.enterprise, one.streams[0].item) == (other.enterprise, other.streams[0].item)
    assert other.streams[0].data[0].months[:3] == (Decimal("1000.5"), Decimal(980), None)
    listed = set(re.findall(r"`(\w+)`", page)) | set(as_csv.partition("\n")[0].split(","))
    assert set(COLUMNS) <= listed


# ---- nothing is lost, nothing is guessed ----

HEADS = "enterprise,year,method,stream,component,item,symbol,value,unit,evidence_sha256\n"
FUEL_ROW = f"A,2023,everything@1,coal,fuel,anthracite,FC,1000,t,{'a' * 64}\n"


def refused(raw: bytes, parse) -> BadInput:
    with pytest.raises(BadInput) as no:
        parse(raw, "f")
    return no.value


def test_a_figure_beside_its_evidence_is_read():
    """It was dropped."""
    (report,) = parse_reports_csv((HEADS + FUEL_ROW).encode(), "f")
    (datum,) = report.streams[0].data
    assert (datum.value, [one.sha256 for one in datum.evidence]) == (1000, ["a" * 64])


@pytest.mark.parametrize("row", ["A,2023,,,,,,5,t,", "A,2023,,coal,,,,5,t,", f"A,2023,,,,,,,,{'b' * 64}"])
def test_a_row_that_belongs_to_nothing_is_no_empty_row(row):
    no = refused(f"{HEADS}{FUEL_ROW}{row}\n".encode(), parse_reports_csv)
    assert (no.refusal.code, no.line, no.column) == ("CW-9514", 3, 7)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '"1_5"', '"１５"', '" 5"', '"5\\n"'])
def test_json_takes_no_number_that_needs_guessing(text):
    raw = '{"enterprise":"A","year":2023,"method":"m@1","streams":[{"code":"s","component":"c",\n"data":['
    raw += f'{{"symbol":"FC","unit":"t",\n"value":{text}}}]}}]}}'
    no = refused(raw.encode(), parse_reports_json)
    assert no.refusal.code == "CW-9509"
    assert no.line in {0, 3}
    assert "{" not in no.refusal.message("zh")


def test_json_may_begin_with_a_byte_order_mark():
    assert parse_reports_json(b"\xef\xbb\xbf" + report_json(FULL), "f") == [FULL]


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ('{"year":"x"}', "year 处有误：应为整数，实为文本。"),
        ('{"years":1}', "$ 处有误：含有未知的键 years。"),
        ("{}", "$ 处有误：缺少必填的键 enterprise。"),
    ],
)
def test_what_is_wrong_with_a_shape_is_said_in_chinese(text, zh):
    assert zh in refused(text.encode(), parse_reports_json).refusal.message("zh")


@pytest.mark.parametrize(
    "change",
    [{"sha256": "zz"}, {"sha256": "A" * 64}, {"month": 13}, {"month": -1}, {"tested_on": "2023-02-30"}],
)
def test_evidence_names_a_file_a_month_and_a_day(change, tmp_path):
    (stream, *_) = FULL.streams
    proof = structs.replace(Evidence("a" * 64, "invoice"), **change)
    report = structs.replace(
        FULL, streams=(structs.replace(stream, data=(structs.replace(stream.data[0], evidence=(proof,)),)),)
    )
    path = tmp_path / "r.json"
    path.write_bytes(report_json(report))
    with pytest.raises(BadInput) as no:
        read_reports(path)
    assert (no.value.refusal.code, no.value.file) == ("CW-5286", str(path))


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    from capwright.filing import files

    path = tmp_path / "one.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.write_bytes(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_bytes(path, b"newer")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["one.json"]


def test_a_link_keeps_leading_where_it_led(tmp_path):
    from capwright.filing.files import write_bytes

    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    write_bytes(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"
    write_bytes(Path("/dev/null"), b"x")
