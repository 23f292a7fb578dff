"""`capwright mrv …` as a carbon manager uses it, and as somebody who wishes it ill does."""

from __future__ import annotations

import json

import openpyxl
import pytest

from capwright.filing.excel_layout import STREAM_COLUMNS
from tests.cli_calls import call

REPORT = {
    "enterprise": "mill", "year": 2023, "method": "paper@2015.1", "area": "guangdong",
    "streams": [
        {"code": "boiler", "component": "fuel", "item": "anthracite", "facility": "boiler 1",
         "data": [{"symbol": "FC", "unit": "t", "value": "1000.50"}]},
        {"code": "grid", "component": "electricity",
         "data": [{"symbol": "bought", "unit": "MWh", "value": 1000}]},
    ],
    "outputs": [],
}  # fmt: skip


@pytest.fixture
def report(tmp_path):
    """Writes the report, changed or not, and returns its path."""

    def write(name="report.json", text=None, **change):
        path = tmp_path / name
        path.write_text(text if text is not None else json.dumps(REPORT | change), encoding="utf-8")
        return path

    return write


def put(sheet, row, columns=STREAM_COLUMNS, **cells):
    for name, value in cells.items():
        sheet.cell(row, columns.index(name) + 1).value = value


@pytest.fixture
def workbook(capsys, tmp_path):
    """A template of a method, and the sheets by what they are for; `save` writes it under another name."""

    class Book:
        def __init__(self, method="cement@2015.1", lang="en"):
            path = tmp_path / f"template-{lang}.xlsx"
            if not path.exists():
                assert call(capsys, "mrv", "template", method, "-o", path, "--lang", lang).code == 0
            self.book = openpyxl.load_workbook(path)
            guide, self.fuel, self.power = self.book.worksheets[:3]
            guide["B4"], guide["B5"], guide["B6"] = "works", 2023, "guangdong"
            put(self.fuel, 4, stream="kiln", item="anthracite", unit="t", obtained="measured")

        def save(self, name="filled.xlsx"):
            self.book.save(tmp_path / name)
            return tmp_path / name

    return Book


def refusal(capsys, *args) -> dict:
    """The error of a call that is refused, in JSON and in both languages as text."""
    said = call(capsys, *args, "--json")
    assert said.code == 2, said
    assert said.err == ""
    error = json.loads(said.out)["error"]
    for lang, key in (("en", "message_en"), ("zh", "message_zh")):
        told = call(capsys, *args, "--lang", lang)
        assert (told.code, told.out) == (2, "")
        assert f"[{error['code']}]" in told.err
        assert "Traceback" not in told.err
        assert "{" not in error[key]
    assert any("一" <= letter <= "鿿" for letter in error["message_zh"])
    return error


# ---- many faults at once ----


def test_all_faulty_cells_are_in_the_json_with_sheet_and_cell(capsys, workbook):
    book = workbook()
    put(book.fuel, 4, unit="m3", **{f"m{n}": "20%" for n in range(1, 13)})
    put(book.power, 4, stream="grid", unit="MWh", obtained="guess", m1=5, m2="=1+1")
    error = refusal(capsys, "mrv", "compute", book.save())
    found = {(one["sheet"], one["cell"]): one["code"] for one in error["faults"]}
    assert error["code"] == "CW-9520"
    assert error["details"]["count"] == len(error["faults"]) == 15
    months = {("Fuel burned", f"{letter}4"): "CW-9523" for letter in "JKLMNOPQRSTU"}
    assert found == months | {
        ("Fuel burned", "G4"): "CW-5202",
        ("Electricity bought less sold", "H4"): "CW-9525",
        ("Electricity bought less sold", "K4"): "CW-9528",
    }
    assert "20%" in error["faults"][0]["message_zh"]
    assert error["faults"][0]["details"] == {"text": "20%"}


def test_faulty_cells_have_a_line_each_and_an_end(capsys, workbook):
    book = workbook()
    for row in range(4, 9):
        put(book.fuel, row, unit="t", obtained="measured", **{f"m{n}": "much" for n in range(1, 13)})
    lines = call(capsys, "mrv", "check", book.save()).err.splitlines()
    assert lines[1].startswith("  Fuel burned!J4 [CW-9523] 'much' is not a figure.")
    assert len(lines) == 42
    assert lines[-1].endswith("more; --json lists all")


# ---- methods, show ----


def test_methods_are_listed_in_both_languages(capsys):
    listed = json.loads(call(capsys, "mrv", "methods", "--json").out)
    assert {"cement@2015.1", "power@2022.1", "eu-pfc@2021.1"} <= {one["id"] for one in listed}
    assert all(one["en"] and one["zh"] and len(one["digest"]) == 64 for one in listed)
    assert "水泥生产企业" in call(capsys, "mrv", "methods", "--lang", "zh").out
    assert "paper@2015.1" in call(capsys, "mrv", "methods").out


def test_a_method_is_shown_as_text_page_and_json(capsys, tmp_path):
    text = call(capsys, "mrv", "show", "paper@2015.1").out
    assert "E_fuel = FC × NCV × CC × OF × 44/12" in text
    assert "消耗量" in call(capsys, "mrv", "show", "paper@2015.1", "--lang", "zh").out
    page = tmp_path / "paper.html"
    said = call(capsys, "mrv", "show", "paper@2015.1", "--html", page)
    assert (said.code, said.out, said.err) == (0, "", f"Written: {page}\n")
    assert page.read_text().startswith("<!doctype html>")


def test_a_page_that_was_asked_for_is_written_beside_json_too(capsys, tmp_path):
    """With `--json` the page was forgotten, and the exit code said that all was well."""
    page = tmp_path / "paper.html"
    said = call(capsys, "mrv", "show", "paper@2015.1", "--html", page, "--json")
    shown = json.loads(said.out)
    assert (shown["id"], len(shown["digest"])) == ("paper@2015.1", 64)
    assert page.exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cement", "CW-9582"),  # two versions
        ("cemnt", "CW-9581"),
        ("", "CW-9581"),
        ("=1+1", "CW-9581"),
        ("cement\u200b", "CW-9581"),
        ("cement@", "CW-5233"),
        ("_common@1", "CW-5230"),
        ("../etc/passwd", "CW-9201"),
        ("nowhere.toml", "CW-9201"),
    ],
)
def test_a_method_that_is_not_there(capsys, name, code):
    assert refusal(capsys, "mrv", "show", name)["code"] == code


def test_a_sector_is_enough_where_it_has_one_method(capsys):
    of_sector = call(capsys, "mrv", "show", "data_centre").out
    assert of_sector == call(capsys, "mrv", "show", "guangdong-data-centre@2022.1").out


# ---- templates and what is written ----


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["cement@2015.1", "data_centre", "road-transport@2015.1"])
def test_a_template_is_a_workbook(capsys, tmp_path, name, lang):
    path = tmp_path / "t.xlsx"
    said = call(capsys, "mrv", "template", name, "--out", path, "--lang", lang)
    assert (said.code, said.out) == (0, "")
    assert str(path) in said.err
    assert openpyxl.load_workbook(path).worksheets[0]["B5"].value is None
    assert refusal(capsys, "mrv", "check", path)["code"] == "CW-9520"  # nobody has filled it in


def test_nothing_is_written_over(capsys, tmp_path, report):
    """A page of HTML, which a report in HTML may replace, was replaced by a workbook."""
    given, page, folder = report(), tmp_path / "page.html", tmp_path / "folder"
    page.write_text("<!doctype html>mine")
    folder.mkdir()
    before = given.read_bytes()
    for target, code in (
        (given, "CW-9008"),
        (page, "CW-9008"),
        (folder, "CW-9007"),
        (tmp_path / "none" / "x", "CW-9007"),
        (tmp_path / ("x" * 300), "CW-9007"),
        ("", "CW-9007"),
    ):
        for args in (("template", "paper@2015.1", "--out", target), ("compute", given, "--pdf", target)):
            assert refusal(capsys, "mrv", *args)["code"] == code, (args, target)
    for target in (given, folder):
        assert refusal(capsys, "mrv", "show", "paper@2015.1", "--html", target)["code"] in {
            "CW-9007",
            "CW-9008",
        }
    assert (given.read_bytes(), page.read_text()) == (before, "<!doctype html>mine")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "page.html", "report.json"]


def test_a_link_to_a_file_is_the_file(capsys, tmp_path, report):
    given, link = report(), tmp_path / "link.xlsx"
    link.symlink_to(given)
    assert refusal(capsys, "mrv", "template", "paper@2015.1", "-o", link)["code"] == "CW-9008"


# ---- compute ----


def test_a_report_is_worked_out(capsys, report):
    said = json.loads(call(capsys, "mrv", "compute", report(), "--json").out)
    streams = {one["stream"]: one for one in said["streams"]}
    assert said["enterprise"] == "mill"
    assert said["emissions"] == pytest.approx(streams["boiler"]["emissions"] + streams["grid"]["emissions"])
    assert "node" not in said
    explained = json.loads(call(capsys, "mrv", "compute", report(), "--json", "--explain").out)
    assert explained["node"]["children"]
    assert explained["emissions"] == said["emissions"]


def test_fuel_and_power_come_to_what_a_pocket_calculator_says(capsys, report):
    """1000.50 x 20 x 0.025 x 0.98 = 490.245 tC; x 44/12 = 1797.565 t."""
    boiler = REPORT["streams"][0]
    own = [("NCV", "GJ/t", "20"), ("CC", "tC/GJ", "0.025"), ("OF", "%", "98")]
    data = [*boiler["data"], *({"symbol": s, "unit": u, "value": v} for s, u, v in own)]
    path = report(streams=[boiler | {"data": data}])
    assert '"emissions": 1797.565,' in call(capsys, "mrv", "compute", path, "--json").out
    text = call(capsys, "mrv", "compute", path, "--explain").out
    assert "= 1,000.5 × 20 × 0.025 × 0.98 × 44/12" in text
    assert "1,797.57" in text
    assert "Whole tonnes, rounded half up: 1,798 t" in text
    zh = call(capsys, "mrv", "compute", path, "--lang", "zh").out
    assert "取整（四舍五入）：1,798吨" in zh
    assert "按类别：燃料燃烧 1,797.57" in zh


def test_a_report_becomes_a_pdf(capsys, tmp_path, report):
    pytest.importorskip("typst")
    path = tmp_path / "r.pdf"
    said = call(capsys, "mrv", "compute", report(), "--pdf", path, "--json")
    assert (said.code, said.err) == (0, f"Written: {path}\n")
    assert json.loads(said.out)["enterprise"] == "mill"
    assert path.read_bytes().startswith(b"%PDF-")


def test_no_pdf_of_a_report_that_is_refused(capsys, tmp_path, report):
    path = tmp_path / "r.pdf"
    assert refusal(capsys, "mrv", "compute", report(year=23), "--pdf", path)["code"] == "CW-3010"
    assert not path.exists()


def test_a_filled_in_workbook_is_worked_out_in_either_language(capsys, workbook):
    """1000 t a month, 20 GJ/t, 0.025 tC/GJ, 98 %: 12000 x 20 x 0.025 x 0.98 = 5880 tC, x 44/12 = 21560 t."""
    for lang in ("en", "zh"):
        book = workbook(lang=lang)
        put(book.fuel, 4, **{f"m{n}": 1000 for n in range(1, 13)})
        for row, unit, value in ((6, "GJ/t", 20), (7, "tC/GJ", 0.025), (8, "%", 98)):
            put(book.fuel, row, unit=unit, obtained="measured", year=value)
        said = call(capsys, "mrv", "compute", book.save(), "--json")
        assert json.loads(said.out)["emissions_t"] == 21560


def test_a_method_file_may_stand_in_for_the_shipped_one(capsys, tmp_path, report):
    path = report(method="paper@2015.1")
    assert refusal(capsys, "mrv", "compute", path, "--method", "cement@2015.1")["code"] == "CW-5240"
    broken = tmp_path / "m.toml"
    broken.write_text("code = ")
    assert refusal(capsys, "mrv", "compute", path, "--method", broken)["code"].startswith("CW-")
    said = call(capsys, "mrv", "compute", path, "--method", "paper@2015.1", "--json")
    assert json.loads(said.out)["method"] == "paper@2015.1"


@pytest.mark.parametrize("command", ["compute", "check"])
def test_an_empty_method_is_not_taken_for_none(capsys, report, command):
    assert refusal(capsys, "mrv", command, report(), "--method", "")["code"] == "CW-9581"


@pytest.mark.parametrize("command", ["compute", "check"])
def test_a_rule_that_the_method_does_not_have_cannot_be_allowed(capsys, report, command):
    """`--allow gren_power` was passed over, and the deduction then refused as not allowed."""
    error = refusal(capsys, "mrv", command, report(), "--allow", "gren_power")
    assert (error["code"], error["details"]["known"]) == ("CW-9584", "green_power")


def test_green_power_is_taken_off_where_it_is_allowed(capsys, report):
    green = {
        "code": "green",
        "component": "green_power",
        "data": [{"symbol": "certificates", "unit": "MWh", "value": 1000}],
    }
    path = report(streams=[*REPORT["streams"], green])
    assert refusal(capsys, "mrv", "compute", path)["code"] == "CW-5253"
    said = call(capsys, "mrv", "compute", path, "--allow", "green_power", "--json")
    streams = {one["stream"]: one["emissions"] for one in json.loads(said.out)["streams"]}
    assert streams["green"] == -streams["grid"] < 0


# ---- bad input ----


def test_files_that_are_none(capsys, tmp_path):
    (tmp_path / "d.json").mkdir()
    (tmp_path / "d.xlsx").mkdir()
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.xlsx").write_text("hello")
    (tmp_path / "e.json").write_text("")
    (tmp_path / "e.csv").write_text("")
    for name, code in (
        ("none.json", "CW-9201"),
        ("d.json", "CW-9201"),
        ("d.xlsx", "CW-9201"),
        ("a.txt", "CW-9510"),
        ("a.xlsx", "CW-9512"),
        ("e.json", "CW-9503"),
        ("e.csv", "CW-9204"),
        ("x" * 300 + ".json", "CW-9201"),
    ):
        for command in ("compute", "check", "rank"):
            error = refusal(capsys, "mrv", command, tmp_path / name)
            assert (error["code"], error["file"]) == (code, str(tmp_path / name)), name


def datum(**change):
    """The first datum of the report, changed."""
    boiler, grid = REPORT["streams"]
    return {"streams": [boiler | {"data": [boiler["data"][0] | change]}, grid]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"year": 23}, "CW-3010"),
        ({"year": 10**20}, "CW-3010"),
        ({"plan": -1}, "CW-5285"),
        ({"enterprise": ""}, "CW-9103"),
        ({"enterprise": "a\u202eb"}, "CW-9103"),
        ({"enterprise": "a\nb"}, "CW-9103"),
        ({"method": "paper@1066"}, "CW-5233"),
        ({"digest": "abc"}, "CW-5240"),
        ({"area": "atlantis"}, "CW-5220"),
        ({"surprise": 1}, "CW-9504"),
        (datum(value="1e999999"), "CW-5244"),
        (datum(value="NaN"), "CW-5244"),
        (datum(value="Infinity"), "CW-5244"),
        (datum(value=-1), "CW-5243"),
        (datum(value=None), "CW-5245"),
        (datum(value=None, months=[1, None, *[1] * 10]), "CW-5246"),
        (datum(unit="m3"), "CW-5255"),
        (datum(unit="%"), "CW-5255"),
        (datum(unit="t\u200b"), "CW-5255"),
        (datum(symbol="OF", unit="1", value=98), "CW-5243"),
        (datum(symbol="OF", unit="%", value=9800), "CW-5243"),
        (datum(evidence=[{"sha256": "zz"}]), "CW-5286"),
    ],
)
def test_a_bad_report_has_one_refusal_with_its_file(capsys, report, change, code):
    path = report(**change)
    for command in ("compute", "check"):
        error = refusal(capsys, "mrv", command, path)
        assert (error["code"], error["file"]) == (code, str(path))


def test_names_that_a_spreadsheet_would_run_are_only_names(capsys, report):
    said = call(capsys, "mrv", "compute", report(enterprise="=cmd|calc!A1"))
    assert said.code == 0
    assert said.out.startswith("=cmd|calc!A1 · 2023")


# ---- check and rank ----


def test_findings_have_the_exit_code_one(capsys, report):
    even = [1000 + n for n in range(12)]
    path = report(**datum(value=None, months=even))
    said = call(capsys, "mrv", "check", path, "--json")
    found = json.loads(said.out)
    assert said.code == 1
    assert {one["rule"] for one in found} >= {"R12"}
    zh = call(capsys, "mrv", "check", path, "--lang", "zh")
    assert zh.code == 1
    assert "2月" in zh.out
    assert "月 2" not in zh.out
    assert "数据质量发现不改变任何数据。" in zh.out
    assert " month 2 " in call(capsys, "mrv", "check", path).out


def test_nothing_odd_has_the_exit_code_nought(capsys, report):
    path = report(streams=[REPORT["streams"][1]])
    assert call(capsys, "mrv", "check", path, "--json") == (0, "[]\n", "")
    assert call(capsys, "mrv", "check", path).out == "Nothing odd was found.\n"


def test_reports_are_ranked_with_reasons(capsys, report):
    paths = [
        report(f"{n}.json", **({"enterprise": f"mill {n}"} | datum(value=str(1000 * 10**n))))
        for n in range(3)
    ]
    ranked = json.loads(call(capsys, "mrv", "rank", *paths, "--json").out)
    assert [one["place"] for one in ranked] == [1, 2, 3]
    assert {one["enterprise"] for one in ranked} == {"mill 0", "mill 1", "mill 2"}
    assert "检查排序" in call(capsys, "mrv", "rank", *paths, "--lang", "zh").out


def test_a_ranking_names_the_file_that_spoils_it(capsys, report):
    good, bad = report("good.json"), report("bad.json", method="paper@1066", enterprise="other")
    error = refusal(capsys, "mrv", "rank", good, bad)
    assert (error["code"], error["file"]) == ("CW-5233", str(bad))
    assert refusal(capsys, "mrv", "rank", good, good)["code"] == "CW-5308"
    assert refusal(capsys, "mrv", "rank")["code"] == "CW-9004"
