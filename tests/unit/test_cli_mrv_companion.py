"""`mrv check` and `mrv rank` with what stands beside the reports, and with thresholds of one's own."""

from __future__ import annotations

import json

import pytest

from tests.cli_calls import call


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    """A cement plant that reports 900 t of coal, and its stocks, which say 1,000."""
    coal = {
        "code": "kiln", "component": "fuel", "item": "bituminous",
        "data": [{"symbol": "FC", "unit": "t", "value": "900"}],
    }  # fmt: skip
    report = {"enterprise": "plant", "year": 2023, "method": "cement@2015.1", "streams": [coal]}
    stock = {"stream": "kiln", "opening": "100", "bought": "1000", "closing": "100"}
    beside = {"enterprise": "plant", "year": 2023, "stocks": [stock]}
    return write(tmp_path / "report.json", report), write(tmp_path / "beside.json", beside), beside


def rules(capsys, *args) -> list[str]:
    return [one["rule"] for one in json.loads(call(capsys, "mrv", *args, "--json").out)]


def test_a_companion_lets_the_rules_on_stocks_speak(capsys, files):
    report, beside, _ = files
    # (1,000 − 900) / 900 = 11.11 % apart
    assert "R05" in rules(capsys, "check", report, "--companion", beside)
    assert "R05" not in rules(capsys, "check", report)
    said = call(capsys, "mrv", "check", report, "--companion", beside)
    assert said.code == 1
    assert "11.11 %" in said.out


def test_a_ranking_takes_companions_of_all_firms(capsys, files):
    report, beside, _ = files
    other = json.loads(report.read_text())
    other["enterprise"] = "other"
    second = write(report.parent / "other.json", other)
    said = json.loads(call(capsys, "mrv", "rank", report, second, "--companion", beside, "--json").out)
    first = said[0]
    assert first["enterprise"] == "plant"
    assert any("11.11 %" in reason for reason in first["reasons_en"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enterprise": "plnat"}, "CW-9517"),
        ({"stocks": [{"stream": "kilm", "opening": 0, "bought": 1, "closing": 0}]}, "CW-5304"),
        ({"lab": [{"stream": "kiln", "month": 13}]}, "CW-5307"),
        ({"stock": []}, "CW-9515"),
    ],
)
def test_a_companion_that_does_not_fit_is_refused_with_its_file(capsys, files, change, code):
    report, path, beside = files
    write(path, beside | change)
    for command in ("check", "rank"):
        said = call(capsys, "mrv", command, report, "--companion", path)
        assert said.code == 2
        assert code in said.err
        assert str(path) in said.err


def test_thresholds_come_from_a_file(capsys, files):
    report, beside, _ = files
    wide = report.parent / "wide.toml"
    wide.write_text("[R05]\nstock_share = 0.12\n")  # 11.11 % is allowed then
    args = (report, "--companion", beside, "--thresholds", wide)
    assert "R05" not in rules(capsys, "check", *args)
    ranked = json.loads(call(capsys, "mrv", "rank", *args, "--json").out)
    assert not any("11.11 %" in reason for reason in ranked[0]["reasons_en"])


@pytest.mark.parametrize(
    ("text", "code"),
    [("stock_shair = 1", "CW-5300"), ("stock_share = -1", "CW-5301"), ("stock_share", "CW-5303")],
)
def test_thresholds_that_make_no_sense_are_refused_with_their_file(capsys, files, text, code):
    bad = files[0].parent / "bad.toml"
    bad.write_text(text)
    for command in ("check", "rank"):
        said = call(capsys, "mrv", command, files[0], "--thresholds", bad)
        assert said.code == 2
        assert code in said.err
        assert str(bad) in said.err
