"""`run` and `scenario …`."""

import json
import sqlite3
from pathlib import Path

import jsonschema
import pytest

from tests.cli_calls import call, spawn


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch, tmp_path):
    monkeypatch.delenv("CAPWRIGHT_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.chdir(tmp_path)


def test_list_says_whether_figures_are_real(capsys):
    found = {
        each["name"]: each["nature"] for each in json.loads(call(capsys, "scenario", "list", "--json").out)
    }
    assert found["guangdong-2023"] == "synthetic"
    assert found["guangdong-auctions"] == "reconstructed"
    assert "重构" in call(capsys, "scenario", "list", "--lang", "zh").out


def test_show_and_check(capsys):
    said = call(capsys, "scenario", "show", "guangdong-auctions")
    assert said.code == 0
    assert "bids.csv" in said.out
    found = json.loads(call(capsys, "scenario", "show", "guangdong-auctions", "--json").out)
    assert found["rows"]["rounds.csv"] == 20
    assert call(capsys, "scenario", "check", "guangdong-auctions").out == "guangdong-auctions: sound\n"
    assert json.loads(call(capsys, "scenario", "check", "guangdong-auctions", "--json").out)["ok"] is True


def test_schema_is_a_json_schema(capsys):
    jsonschema.Draft202012Validator.check_schema(json.loads(call(capsys, "scenario", "schema").out))


@pytest.mark.parametrize(
    ("content", "code"), [(None, "CW-9301"), ("name = ", "CW-9302"), ("name = 'x'", "CW-9302")]
)
def test_a_bad_folder_is_refused_before_anything_is_written(capsys, tmp_path, content, code):
    folder = tmp_path / "mine"
    folder.mkdir()
    if content is not None:
        (folder / "scenario.toml").write_text(content, encoding="utf-8")
    for args in (
        ["scenario", "check", folder],
        ["scenario", "show", folder],
        ["run", folder, "--db", "x.db"],
    ):
        said = call(capsys, *args)
        assert (said.code, said.out) == (2, "")
        assert f"error[{code}]" in said.err
    assert not Path("x.db").exists()


def test_a_run_says_what_came_of_it_and_verifies(capsys):
    said = call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite")
    assert said.code == 0
    assert said.err == ""  # no progress bar where nobody looks
    assert "The twenty allowance auctions of Guangdong" in said.out
    # All 20 rounds come out as published: GZETS, 815,460,455 CNY in all.
    assert "815,460,455" in said.out
    found = json.loads(call(capsys, "verify", "a.sqlite", "--json").out)
    assert found["ok"]
    assert found["head"] in said.out


def test_a_run_in_json_and_in_chinese(capsys):
    found = json.loads(call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite", "--json").out)
    assert (found["scenario"], found["nature"]) == ("guangdong-auctions", "reconstructed")
    head = json.loads(call(capsys, "verify", "a.sqlite", "--json").out)["head"]
    assert found["head"] == head
    assert found["summary"]["revenue_fen"] == 815_460_455_00
    again = call(capsys, "run", "guangdong-auctions", "--db", "b.sqlite", "--lang", "zh")
    assert head in again.out  # the same story, the same journal
    assert "守恒定律全部成立" in again.out


def test_report_of_a_journal_and_as_a_page(capsys, tmp_path):
    run = call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite", "--report", "run.html")
    assert run.code == 0
    assert "run.html" in run.out
    said = call(capsys, "report", "a.sqlite", "-o", "report.html")
    assert said.code == 0
    assert "815,460,455.00" in said.out
    for name in ("run.html", "report.html"):
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert "815,460,455" in page
    found = json.loads(call(capsys, "report", "a.sqlite", "--json").out)
    assert found["revenue_fen"] == 815_460_455_00
    assert "CW-8801" in call(capsys, "report", "lost.sqlite").err
    assert "CW-9007" in call(capsys, "report", "a.sqlite", "-o", ".").err


def test_a_journal_is_never_overwritten(capsys):
    assert call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite").code == 0
    before = Path("a.sqlite").read_bytes()
    said = call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite")
    assert (said.code, said.out) == (2, "")
    assert "error[CW-9310]: a.sqlite holds a journal already" in said.err
    assert Path("a.sqlite").read_bytes() == before


def test_other_files_are_left_alone(capsys):
    Path("notes.txt").write_text("mine", encoding="utf-8")
    connection = sqlite3.connect("other.sqlite")
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    for name in ("notes.txt", "other.sqlite"):
        before = Path(name).read_bytes()
        said = call(capsys, "run", "guangdong-auctions", "--db", name)
        assert said.code == 2
        assert "error[CW-8802]" in said.err
        assert Path(name).read_bytes() == before
    assert "CW-8804" in call(capsys, "run", "guangdong-auctions", "--db", "no/such/folder.sqlite").err
    assert "CW-8802" in call(capsys, "run", "guangdong-auctions", "--db", ".").err


@pytest.mark.parametrize("report", [".", "no/such/report.html"])
def test_a_report_that_cannot_be_written_is_refused_before_the_run(capsys, report):
    said = call(capsys, "run", "guangdong-auctions", "--db", "a.sqlite", "--report", report)
    assert said.code == 2
    assert f"{report}: error[CW-9007]" in said.err
    assert not Path("a.sqlite").exists()


def test_a_run_into_postgres(capsys, postgres_url):
    assert call(capsys, "run", "guangdong-auctions", "--db", postgres_url).code == 0
    assert call(capsys, "verify", postgres_url).code == 0
    assert "CW-9310" in call(capsys, "run", "guangdong-auctions", "--db", postgres_url).err


def test_an_unreachable_database_is_one_message():
    said = spawn("run", "guangdong-auctions", "--db", "postgresql://localhost:1/none")
    assert said.code == 2
    assert said.err.startswith("error[CW-8804]: ")
    assert "Traceback" not in said.err


def test_import_says_what_is_missing(capsys, tmp_path):
    said = call(capsys, "import", "eutl", tmp_path, "--db", "e.sqlite")
    assert (said.code, said.out) == (2, "")
    assert f"{tmp_path}: error[CW-9401]" in said.err
    assert not Path("e.sqlite").exists()


def test_import_of_a_small_registry(capsys, shared_dir):
    said = call(capsys, "import", "eutl", shared_dir / "data" / "eutl", "--db", "e.sqlite", "--country", "mt")
    assert said.code == 0
    assert "Compliance codes: " in said.out
    assert call(capsys, "verify", "e.sqlite").code == 0
    again = call(
        capsys, "import", "eutl", shared_dir / "data" / "eutl", "--db", "e.sqlite", "--country", "LU"
    )
    assert "CW-9410" in again.err
