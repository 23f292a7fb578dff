"""Reporting workbooks: written, filled in, read back; bad cells told all at once; hostile files harmless."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import sys
import time
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from capwright.filing import excel_layout as layout
from capwright.filing.excel import BadCells, read_workbook, template_bytes, write_template
from capwright.filing.excel_layout import alternatives
from capwright.filing.reports import read_report
from capwright.kernel.refusal import BadInput, Refused
from capwright.kernel.unit import unit
from capwright.mrv.calculation import compute
from capwright.mrv.library import method, methods
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream
from tests.filing_worlds import full, world
from tests.filing_worlds import methods as known

WORLD = world()
EMPTY = {lang: template_bytes(WORLD, lang) for lang in ("zh", "en")}


def read(raw: bytes, tmp_path: Path, suffix: str = ".xlsx") -> EmissionReport:
    path = tmp_path / f"report{suffix}"
    path.write_bytes(raw)
    return read_report(path, known)


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(lang: str = "en", raw: bytes = b""):
    return openpyxl.load_workbook(io.BytesIO(raw or EMPTY[lang]))


def put(sheet, row: int, **cells) -> None:
    """Fill cells of a component's sheet by the names of their columns."""
    for name, value in cells.items():
        sheet.cell(row, layout.STREAM_COLUMNS.index(name) + 1).value = value


def filled(lang: str = "en"):
    """A template with the least that makes a report: a coal stream and the clinker."""
    book = opened(lang)
    guide = book.worksheets[0]
    guide["B4"], guide["B5"], guide["B6"] = "firm", 2023, "guangdong"
    put(book.worksheets[1], 4, stream="coal", item="anthracite", unit="t", obtained="measured", year=1000)
    outputs = book["Outputs" if lang == "en" else "产出"]
    outputs["D4"], outputs["E4"], outputs["F4"] = "t", "measured", 3000
    return book


def as_read(report: EmissionReport) -> EmissionReport:
    """A report in the order of the sheets: by component, symbol, output."""
    order = {
        component.code: ([symbol.code for symbol in component.symbols], at)
        for at, component in enumerate(WORLD.body.components)
    }
    streams = sorted(report.streams, key=lambda one: order[one.component][1])
    return replace(
        report,
        streams=tuple(
            replace(one, data=tuple(sorted(one.data, key=lambda d: order[one.component][0].index(d.symbol))))
            for one in streams
        ),
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_comes_back_as_it_was(lang, tmp_path):
    assert read(template_bytes(WORLD, lang, full()), tmp_path) == full()


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=12).filter(
    lambda text: "|" not in text
)
SMALL = st.decimals(3, 39, allow_nan=False, allow_infinity=False, places=12)
LONG = st.decimals(3, 39, allow_nan=False, allow_infinity=False, places=20)
FIGURE = SMALL | LONG | st.integers(3, 39).map(Decimal)
SERIES = st.one_of(
    st.builds(lambda value: {"value": value}, FIGURE),
    st.lists(FIGURE | st.none(), min_size=12, max_size=12)
    .filter(any)
    .map(lambda values: {"months": tuple(values)}),
)
PROOFS = st.builds(
    Evidence, st.text("0123456789abcdef", min_size=64, max_size=64), st.sampled_from(["invoice", "other"]),
    TEXT, month=st.integers(0, 12), sampled_on=st.dates().map(str),
    accredited=st.sampled_from([None, True, False]),
)  # fmt: skip


def data(symbol: str, unit_text: str):
    return st.builds(
        lambda how, series, proofs, note: Datum(symbol, unit_text, how, evidence=proofs, note=note, **series),
        st.sampled_from(["measured", "calculated", "default", "estimated"]), SERIES,
        st.lists(PROOFS, max_size=2).map(tuple), TEXT | st.just(""),
    )  # fmt: skip


FUELS = st.builds(
    lambda code, place, form, tonnes, heat: Stream(code, "fuel", "anthracite", place, form, (tonnes, heat)),
    TEXT, TEXT | st.just(""), st.sampled_from(["", "heat"]), data("FC", "kg"), data("NCV", "GJ/t"),
)  # fmt: skip
METERS = st.builds(
    lambda code, datum: Stream(code, "electricity", data=(datum,)), TEXT, data("bought", "kWh")
)
REPORTS = st.builds(
    lambda firm, year, streams, output, plan, note: EmissionReport(
        firm, year, "everything@1", tuple(streams), (output,), "guangdong", plan, WORLD.digest, note
    ),
    TEXT, st.integers(1990, 2100),
    st.lists(FUELS | METERS, max_size=3, unique_by=lambda one: one.code), data("clinker@窑1", "t"),
    st.integers(0, 9), TEXT | st.just(""),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REPORTS, st.sampled_from(["zh", "en"]))
def test_what_is_written_is_read_back(tmp_path, report, lang):
    assert read(template_bytes(WORLD, lang, report), tmp_path) == as_read(report)


def test_a_template_filled_in_by_hand_can_be_worked_out(tmp_path):
    report = read(saved(filled()), tmp_path)
    assert report == EmissionReport(
        "firm", 2023, "everything@1",
        (Stream("coal", "fuel", "anthracite", data=(Datum("FC", "t", value=Decimal(1000)),)),),
        (Datum("clinker", "t", value=Decimal(3000)),), "guangdong", digest=WORLD.digest,
    )  # fmt: skip
    # 1000 t x 20.304 GJ/t x 0.02749 tC/GJ x 0.99 x 44/12 = 2026.100... t: 20304 x 0.02749 = 558.15696;
    # x 0.99 = 552.5753904; x 44/12 = 2026.1097648
    assert compute(WORLD, report).emissions == Decimal("2026.1097648")


def test_both_languages_stand_on_the_sheets():
    for lang, first in (("zh", "排放源\nStream"), ("en", "Stream\n排放源")):
        sheet = opened(lang).worksheets[1]
        assert sheet.cell(3, 1).value == first
        assert "1号锅炉煤" in sheet.cell(3, 1).comment.text
        assert "short name" in sheet.cell(3, 1).comment.text


def test_choices_come_from_the_method_in_either_language(tmp_path):
    book = filled("zh")
    put(book.worksheets[1], 4, item="anthracite | 无烟煤", obtained="实测", form="heat | 热值法")
    put(
        book.worksheets[1], 11, stream="gas", item="natural gas", unit="万Nm3", obtained="estimated", year="2"
    )
    streams = read(saved(book), tmp_path).streams
    assert [(one.item, one.form, one.data[0].obtained) for one in streams] == [
        ("anthracite", "heat", "measured"),
        ("gas", "", "estimated"),
    ]


@pytest.mark.parametrize("name", methods())
def test_every_shipped_method_has_sheets_with_names_of_their_own(name):
    for lang in ("zh", "en"):
        titles = list(layout.sheet_titles(method(name), lang).values())
        assert len({title.casefold() for title in titles}) == len(titles)
        assert all(0 < len(title) <= 31 and not set(title) & set("[]:*?/\\'") for title in titles)


@pytest.mark.parametrize(
    "name", ["cement@2015.1", "power@2022.1", "steel@2025.1", "semiconductor@2015.1", "eu-pfc@2018.1"]
)
def test_shipped_methods_have_templates(name):
    book = opened(raw=template_bytes(method(name), "zh"))
    assert book[layout.PINS].sheet_state == "veryHidden"
    assert book[layout.PINS]["B2"].value == name
    assert book[layout.PINS]["B3"].value == method(name).digest
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            assert sheet.protection.sheet
            assert sheet.protection.password is None
            assert not any(cell.data_type == "f" for row in sheet.iter_rows(max_row=40) for cell in row)
    lists = [rule for sheet in book.worksheets for rule in sheet.data_validations.dataValidation]
    assert all(rule.formula1.startswith("lists!$") for rule in lists)


def test_cells_to_fill_in_are_open_and_coloured_and_the_rest_is_locked():
    sheet = opened().worksheets[1]
    asked = sheet.cell(4, layout.STREAM_COLUMNS.index("year") + 1)
    assert (asked.protection.locked, asked.fill.fgColor.rgb) == (False, "00FFF4CE")
    assert sheet.cell(4, layout.STREAM_COLUMNS.index("symbol") + 1).protection.locked
    assert sheet.cell(5, 1).protection.locked  # a stream is named in its first row


def options(sheet, column: str, row: int, book) -> list[str]:
    """What the drop-down of a cell offers."""
    letter = openpyxl.utils.get_column_letter(layout.STREAM_COLUMNS.index(column) + 1)
    rule = next(r for r in sheet.data_validations.dataValidation if f"{letter}{row}" in r.sqref)
    name, _, reach = rule.formula1.partition("!")
    return [cell.value for (cell,) in book[name][reach.replace("$", "")]]


def test_drop_downs_offer_items_units_and_ways():
    book = opened("en")
    sheet = book.worksheets[1]
    assert options(sheet, "item", 4, book) == [
        "anthracite | anthracite", "slurry | coal slurry", "gas | natural gas",
    ]  # fmt: skip
    units = options(sheet, "unit", 4, book)
    assert {"t", "kg", "10^4 Nm3", "Nm3"} <= set(units)
    assert options(sheet, "obtained", 5, book)[0] == "measured | measured"
    assert options(sheet, "form", 4, book) == ["measured | measured carbon", "heat | heat content"]


@pytest.mark.parametrize("text", ["t", "GJ/t", "tC/10^4 Nm3", "1", "tCO2/MWh", "kgCF4/tAl/mV", "t*km"])
def test_every_unit_offered_converts(text):
    found = alternatives(text)
    assert found[0] == text
    assert all(unit(one).alike(unit(text)) for one in found)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0.1 + 0.2, "0.3"),  # a spreadsheet keeps fifteen digits
        (123456789.123456, "123456789.123456"),
        ("12345678901234567890.5", "12345678901234567890.5"),  # a text keeps all of them
        ("1,234,567.50", "1234567.50"),
        (" 7 ", "7"),
        (10**12, "1000000000000"),
        (0, "0"),
    ],
)
def test_figures_are_read_exactly(cell, value, tmp_path):
    book = filled()
    put(book.worksheets[1], 4, year=cell)
    assert read(saved(book), tmp_path).streams[0].data[0].value == Decimal(value)


def faults(book, tmp_path) -> dict[str, str]:
    with pytest.raises(BadCells) as refused:
        read(saved(book), tmp_path)
    for one in refused.value.faults:
        for lang in ("en", "zh"):
            assert "{" not in one.refusal.message(lang)
    return {one.place: one.refusal.code for one in refused.value.faults}


def test_all_bad_cells_are_told_at_once(tmp_path):
    book = filled()
    fuel = book.worksheets[1]
    put(fuel, 4, unit="MWh", m1="20%")
    put(fuel, 9, unit="kcal/kg", obtained="guessed", year=90000)  # NCV: 376.8 GJ/t is no fuel
    put(fuel, 11, stream="coal", item="peat", form="fast")
    book.worksheets[0]["B4"] = None
    book.worksheets[0]["B5"] = 23
    book["Evidence"]["B4"], book["Evidence"]["C4"], book["Evidence"]["H4"] = "FC", "abc", "March"
    assert faults(book, tmp_path) == {
        "Guide!B4": "CW-9524",
        "Guide!B5": "CW-9525",
        "Fuel burned!G4": "CW-5202",
        "Fuel burned!J4": "CW-9523",
        "Fuel burned!I4": "CW-9526",
        "Fuel burned!H9": "CW-9525",
        "Fuel burned!I9": "CW-5243",
        "Fuel burned!A11": "CW-9527",
        "Fuel burned!C11": "CW-9525",
        "Fuel burned!D11": "CW-9525",
        "Evidence!B4": "CW-9530",
        "Evidence!C4": "CW-9532",
        "Evidence!H4": "CW-9531",
    }


def test_the_refusal_names_the_first_cell_and_the_exception_tells_all(tmp_path):
    book = filled()
    put(book.worksheets[1], 4, year="many", unit="sacks")
    with pytest.raises(BadCells) as refused:
        read(saved(book), tmp_path)
    assert refused.value.refusal.message("en") == "Cells that need mending: 2, the first is Fuel burned!I4."
    assert refused.value.refusal.message("zh") == "需要改正的单元格：2个，首处为Fuel burned!I4。"
    lines = str(refused.value).splitlines()
    assert lines[1].startswith("  Fuel burned!I4: CW-9523 'many' is not a figure.")
    assert lines[2].startswith("  Fuel burned!G4: CW-5201 ")


@pytest.mark.parametrize(
    ("cells", "place", "code"),
    [
        ({"stream": None}, "Fuel burned!A4", "CW-9524"),
        ({"item": None}, "Fuel burned!C4", "CW-9524"),
        ({"unit": None}, "Fuel burned!G4", "CW-9524"),
        ({"obtained": None}, "Fuel burned!H4", "CW-9524"),
        ({"unit": "tonnes"}, "Fuel burned!G4", "CW-5201"),
        ({"year": True}, "Fuel burned!I4", "CW-9523"),
        ({"year": -1}, "Fuel burned!I4", "CW-5243"),
        ({"symbol": "XX"}, "Fuel burned!E4", "CW-9529"),
        ({"year": "=1+1"}, "Fuel burned!I4", "CW-9528"),
        ({"note": "x" * 600}, "Fuel burned!X4", "CW-9103"),
    ],
)
def test_a_bad_cell_is_told_with_its_place(cells, place, code, tmp_path):
    book = filled()
    put(book.worksheets[1], 4, **cells)
    assert faults(book, tmp_path)[place] == code


def test_a_template_of_another_version_is_refused(tmp_path):
    book = filled()
    book[layout.PINS]["B3"] = "0" * 64
    with pytest.raises(BadInput) as refused:
        read(saved(book), tmp_path)
    assert refused.value.refusal.code == "CW-9522"
    book[layout.PINS]["B2"] = "cement@1066.1"
    with pytest.raises(BadInput) as refused:
        read(saved(book), tmp_path)
    assert refused.value.refusal.code in {"CW-5230", "CW-5233"}


def test_a_workbook_that_is_no_template_is_refused(tmp_path):
    with pytest.raises(BadInput) as refused:
        read(saved(openpyxl.Workbook()), tmp_path)
    assert refused.value.refusal.code == "CW-9521"


# Hostile files.


def parts_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def refused_code(raw: bytes, tmp_path) -> str:
    with pytest.raises(BadInput) as refused:
        read(raw, tmp_path)
    return refused.value.refusal.code


SHEET = "xl/worksheets/sheet2.xml"


@pytest.mark.parametrize("raw", [b"", b"hello", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_workbook_is_refused(raw, tmp_path):
    assert refused_code(raw, tmp_path) == "CW-9512"


def test_a_zip_bomb_is_refused(tmp_path):
    parts = parts_of(EMPTY["en"])
    parts["xl/bomb.xml"] = b" " * (70 * 1024 * 1024)
    raw = packed(parts)
    assert len(raw) < 200_000
    assert refused_code(raw, tmp_path) == "CW-9513"


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    parts = parts_of(EMPTY["en"])
    parts["xl/bomb.xml"] = b"a" * 1_000_000
    raw = bytearray(packed(parts))
    at = raw.rindex(b"xl/bomb.xml") - 46  # its entry in the central directory
    struct.pack_into("<I", raw, at + 24, 10)  # says that it unpacks to ten bytes
    assert refused_code(bytes(raw), tmp_path) == "CW-9512"


@pytest.mark.parametrize("opening", [b"<row ", b"<c ", b"<mergeCell ", b"<x:row "])
def test_tags_that_do_not_end_take_no_longer_than_others(opening, tmp_path):
    """Each was searched for its end through the whole part: a file of 90 kB took hours of a processor."""
    parts = parts_of(EMPTY["en"])
    parts[SHEET] = b"<worksheet><sheetData>" + opening * 2_000_000
    began = time.process_time()
    assert refused_code(packed(parts), tmp_path) == "CW-9512"
    assert time.process_time() - began < 20


def test_too_many_parts_are_refused(tmp_path):
    parts = parts_of(EMPTY["en"]) | {f"xl/x{n}.xml": b"" for n in range(600)}
    assert refused_code(packed(parts), tmp_path) == "CW-9513"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>', "CW-9513"),
        (b"</sheetData>", b'<x:row xmlns:x="y"><x:c r="ZZZ1"/></x:row></sheetData>', "CW-9513"),
        (b"</sheetData>", b"<row/>" * 6000 + b"</sheetData>", "CW-9513"),
        (b"</sheetData>", b"<row><c><v>1</v></c></row></sheetData>", "CW-9512"),
        (b"</sheetData>", b"<row x='<' r='1048576'/></sheetData>", "CW-9512"),
        (b"<worksheet", b"<!DOCTYPE w [<!ENTITY a 'b'>]><worksheet", "CW-9512"),
        (b"</sheetData>", b"</sheetData>\0", "CW-9512"),
    ],
)
def test_a_monstrous_sheet_is_refused(old, new, code, tmp_path):
    parts = parts_of(EMPTY["en"])
    parts[SHEET] = parts[SHEET].replace(old, new, 1)
    assert refused_code(packed(parts), tmp_path) == code
    # the same under a name that does not look like a sheet's
    moved = {name.replace("worksheets/sheet2.xml", "elsewhere.xml"): part for name, part in parts.items()}
    rels = moved["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet2.xml", b"elsewhere.xml")
    moved["xl/_rels/workbook.xml.rels"] = rels
    assert refused_code(packed(moved), tmp_path) == code


def test_macros_and_links_are_left_alone(tmp_path):
    parts = parts_of(saved(filled()))
    parts["xl/vbaProject.bin"] = b"macro"
    parts["xl/externalLinks/externalLink1.xml"] = b"<externalLink/>"
    assert read(packed(parts), tmp_path, ".xlsm").enterprise == "firm"


def test_a_formula_is_not_worked_out_its_stored_result_is_taken(tmp_path):
    book = filled()
    put(book.worksheets[1], 4, year="=500+500")
    parts = parts_of(saved(book))
    written = re.sub(rb"(<f>500\+500</f>)<v ?(/|></v)>", rb"\1<v>7</v>", parts[SHEET])
    assert written != parts[SHEET]
    parts[SHEET] = written
    assert read(packed(parts), tmp_path).streams[0].data[0].value == 7


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_workbook_is_refused_or_read(tmp_path, data):
    parts = parts_of(DAMAGE)
    name = data.draw(st.sampled_from(sorted(parts)))
    part = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(part) - 1))
        part[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    parts[name] = bytes(part)
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(packed(parts))
    with contextlib.suppress(Refused):
        read_workbook(path, known)


DAMAGE = saved(filled())


def test_a_missing_extra_says_how_to_get_it(monkeypatch, tmp_path):
    for package in ("openpyxl", "python_calamine"):
        monkeypatch.setitem(sys.modules, package, None)
    for doing in (
        lambda: write_template(WORLD, tmp_path / "x.xlsx"),
        lambda: read(EMPTY["en"], tmp_path),
    ):
        with pytest.raises(Refused) as refused:
            doing()
        assert refused.value.refusal.code == "CW-9501"
        assert "pip install capwright[excel]" in refused.value.refusal.message()


def test_a_sheet_that_was_renamed_or_deleted_is_missed(tmp_path):
    """The fuel went out of the total without a word."""
    book = filled()
    book.worksheets[1].title = "fuel"
    assert faults(book, tmp_path) == {"Fuel burned": "CW-9533", "fuel": "CW-9534"}
    book = filled()
    del book["Evidence"]
    assert faults(book, tmp_path) == {"Evidence": "CW-9533"}


def test_a_copied_sheet_would_not_be_read_and_one_of_ones_own_is_left_alone(tmp_path):
    book = filled()
    book.create_sheet("scratch")["A3"] = "mine"
    assert read(saved(book), tmp_path).enterprise == "firm"
    book.copy_worksheet(book.worksheets[1])
    assert faults(book, tmp_path) == {"Fuel burned Copy": "CW-9534"}


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!"])
def test_a_cell_with_an_error_is_not_an_empty_one(error, tmp_path):
    """A heating value of #DIV/0! was taken for none, and the default in its place."""
    book = filled()
    put(book.worksheets[1], 9, unit="GJ/t", obtained="measured", m3=error)
    book.worksheets[0]["B6"] = error
    assert faults(book, tmp_path) == {"Fuel burned!L9": "CW-9528", "Guide!B6": "CW-9528"}


def test_figures_of_merged_cells_would_be_those_of_one_month(tmp_path):
    book = filled()
    sheet = book.worksheets[1]
    put(sheet, 4, year=None, **{f"m{n}": 10 for n in range(1, 13)})
    put(sheet, 9, unit="GJ/t", obtained="measured", m1=20)
    sheet.merge_cells("J9:L9")
    sheet.merge_cells("A4:A8")
    assert faults(book, tmp_path) == {"Fuel burned!K9": "CW-9535", "Fuel burned!L9": "CW-9535"}


@pytest.mark.parametrize("reference", ["A1:XFD1048576", "A1:A100"])
def test_merges_are_bounded(reference, tmp_path):
    parts = parts_of(saved(filled()))
    merge = b'<mergeCell ref="%s"/>' % reference.encode()
    parts[SHEET] = parts[SHEET].replace(
        b"</sheetData>", b"</sheetData><mergeCells>" + merge * 1001 + b"</mergeCells>"
    )
    assert refused_code(packed(parts), tmp_path) == "CW-9513"


@pytest.mark.parametrize("value", [1e308, -1e300, 1e-300])
def test_a_figure_that_nobody_measures_is_told_with_its_cell(value, tmp_path):
    book = filled()
    put(book.worksheets[1], 4, year=value)
    assert faults(book, tmp_path) == {"Fuel burned!I4": "CW-9523"}


def test_a_workbook_in_other_characters_is_read_back_all_the_same(tmp_path):
    """Sheets are found by the titles that the file itself keeps, choices by their codes."""
    from openpyxl import load_workbook

    def respell(text):
        return text.replace("说", "說").replace("证", "證").replace("产", "產")

    path = tmp_path / "other.xlsx"
    path.write_bytes(template_bytes(WORLD, "zh", None, respell))
    book = load_workbook(path)
    assert "填报說明" in book.sheetnames
    book["填报說明"]["B4"] = "甲说"
    book["填报說明"]["B5"] = 2023
    book.save(path)
    report = read(path.read_bytes(), tmp_path)
    assert (report.enterprise, report.year, report.streams) == ("甲说", 2023, ())
