"""`scheme list | show | check | diff | schema`."""

import json

import jsonschema
import pytest

from capwright.scheme.loader import list_schemes, load_scheme
from tests.cli_calls import call

MINI = """
name = "toyland"
extends = ["guangdong-2023"]
en = "Toyland"
zh = "玩具国"
jurisdiction = "TL"
vintage = 2023
"""


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch):
    monkeypatch.delenv("CAPWRIGHT_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


def test_list_names_every_scheme_once(capsys):
    found = json.loads(call(capsys, "scheme", "list", "--json").out)
    names = [each["name"] for each in found]
    assert {f"guangdong-{year}" for year in range(2013, 2026)} <= set(names)
    assert not [each for each in found if each["abstract"]]
    packs = json.loads(call(capsys, "scheme", "list", "--packs", "--json").out)
    assert len(packs) > len(found)
    printed = call(capsys, "scheme", "list").out
    assert [line.split()[0] for line in printed.splitlines()[2:] if line.strip()] == names
    assert "广东2023年度" in call(capsys, "scheme", "list", "--lang", "zh").out


def test_show_has_values_with_units_sources_and_sureness(capsys):
    said = call(capsys, "scheme", "show", "guangdong-2023")
    assert said.code == 0
    for words in ("Guangdong, vintage 2023", "Cap, in all", "297,000,000 t", "GZETS 2024-01-12", "official"):
        assert words in said.out
    chinese = call(capsys, "scheme", "show", "guangdong-2023", "-s", "cap", "--lang", "zh").out
    assert "配额总量" in chinese
    assert "297,000,000 吨" in chinese
    assert "官方" in chinese


def test_show_json_has_the_raw_values(capsys):
    found = json.loads(call(capsys, "scheme", "show", "guangdong-2023", "-s", "cap", "--json").out)
    assert found["digest"] == load_scheme("guangdong-2023").digest
    values = {value["path"]: value for value in found["values"]}
    assert {path.split(".")[0] for path in values} == {"cap"}
    assert values["cap.controlled_t"]["value"] == 283_000_000
    assert values["cap.controlled_t"]["confidence"] == "official"


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_tables_fit_the_terminal(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    for args in (
        ["scheme", "show", "guangdong-2023"],
        ["scheme", "diff", "guangdong-2022", "guangdong-2023"],
    ):
        lines = call(capsys, *args).out.splitlines()
        assert max(len(line) for line in lines) <= int(width)


def test_diff_says_what_changed_with_both_sources(capsys):
    said = call(capsys, "scheme", "diff", "guangdong-2022", "guangdong-2023")
    assert said.code == 0
    # Published: the cap rose from 266 to 297 Mt.
    assert "266,000,000 → 297,000,000 t (+11.7 %)" in said.out
    assert "GZETS 2022-12-05" in said.out
    assert "GZETS 2024-01-12" in said.out
    found = json.loads(call(capsys, "scheme", "diff", "guangdong-2022", "guangdong-2023", "--json").out)
    cap = next(change for change in found["changes"] if change["path"] == "cap.total_t")
    assert (cap["old"], cap["new"], cap["unit"], cap["kind"]) == (
        "266,000,000",
        "297,000,000",
        "t",
        "changed",
    )
    assert cap["old_source"]["source"].startswith("GZETS 2022-12-05")
    chinese = call(capsys, "scheme", "diff", "guangdong-2022", "guangdong-2023", "--lang", "zh").out
    assert "控排企业数" in chinese


def test_diff_of_a_scheme_with_itself_is_empty(capsys):
    said = call(capsys, "scheme", "diff", "uk-ets", "uk-ets")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Nothing differs.")


def test_diff_can_be_limited(capsys):
    found = json.loads(
        call(capsys, "scheme", "diff", "guangdong-2022", "guangdong-2023", "-s", "cap", "--json").out
    )
    assert {change["section"] for change in found["changes"]} == {"cap"}
    assert call(capsys, "scheme", "diff", "uk-ets", "eu-ets", "-s", "caps").code == 2


def test_check_all_that_is_shipped(capsys):
    said = call(capsys, "scheme", "check")
    assert (said.code, said.err) == (0, "")
    assert "sound" in said.out
    assert call(capsys, "scheme", "check", *(each.name for each in list_schemes())).code == 0


def test_check_reports_every_fault_with_its_place(capsys, tmp_path):
    path = tmp_path / "toyland.toml"
    path.write_text(MINI, encoding="utf-8")
    assert call(capsys, "scheme", "check", path).code == 0
    path.write_text(MINI + "[cap]\ncontrolled_t = 5\ncolour = 'red'\n", encoding="utf-8")
    said = call(capsys, "scheme", "check", path)
    assert (said.code, said.err) == (1, "")
    assert f"{path}:10:1: error[CW-8003]" in said.out
    assert "CW-8006" in said.out  # no source
    found = json.loads(call(capsys, "scheme", "check", path, "--json").out)
    assert found["ok"] is False
    assert {problem["code"] for problem in found["problems"]} == {"CW-8003", "CW-8006"}
    assert "错误[CW-8003]" in call(capsys, "scheme", "check", path, "--lang", "zh").out


@pytest.mark.parametrize(
    ("content", "code", "exit_code"),
    [(None, "CW-8017", 2), (b"name = ", "CW-8002", 1), (b"\xff\xfe\x00", "CW-80", 2), (b"", "CW-80", 1)],
)
def test_check_of_broken_files(capsys, tmp_path, content, code, exit_code):
    path = tmp_path / "toyland.toml"
    if content is not None:
        path.write_bytes(content)
    said = call(capsys, "scheme", "check", path)
    assert said.code == exit_code
    assert f"error[{code}" in said.out
    assert str(path) in said.out
    shown = call(capsys, "scheme", "show", path)
    assert (shown.code, shown.out) == (2, "")
    assert f"error[{code}" in shown.err


def test_unknown_names_get_a_suggestion(capsys):
    said = call(capsys, "scheme", "show", "guangdong-2032")
    assert said.code == 2
    assert "guangdong-2023" in said.err
    assert call(capsys, "scheme", "check", "guangdong-2032").code == 2
    assert "CW-9012" in call(capsys, "scheme", "show", "auction-eu", "-s", "cap").err
    assert "CW-9009" in call(capsys, "scheme", "show", "auction-eu", "-s", "cup").err


def test_a_file_of_that_name_is_pointed_at(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    alone = call(capsys, "scheme", "show", "port-city-2023").err
    assert "write port-city" not in alone
    (tmp_path / "port-city-2023.toml").write_text("", encoding="utf-8")
    assert "write port-city-2023.toml." in call(capsys, "scheme", "show", "port-city-2023").err
    assert "请写 port-city-2023.toml" in call(capsys, "scheme", "show", "port-city-2023", "--lang", "zh").err


@pytest.mark.parametrize("name", ["nope", "x" * 300, "a\tb"])
def test_an_unlike_name_gets_no_suggestion(capsys, name):
    said = call(capsys, "scheme", "show", name)
    assert said.code == 2
    assert "error[CW-8001]" in said.err
    assert "Did you mean" not in said.err
    assert "是否指" not in call(capsys, "scheme", "show", name, "--lang", "zh").err


def test_show_explains_the_sources_it_cites(capsys):
    said = call(capsys, "scheme", "show", "guangdong-2023", "-s", "auction").out
    after = said.partition("\nSources\n")[2]
    assert "GZETS  " in after
    assert "Guangzhou exchange" in after
    assert "CCXNN" not in after  # cited by the allocation rules alone
    chinese = call(capsys, "scheme", "show", "guangdong-2023", "-s", "auction", "--lang", "zh").out
    assert "广州碳排放权交易中心" in chinese.partition("\n来源\n")[2]


def test_schema_is_a_json_schema(capsys):
    schema = json.loads(call(capsys, "scheme", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Capwright scheme file"
