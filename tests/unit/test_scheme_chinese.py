"""What scheme files say in English has Chinese: notes, remarks in sources, codes and values."""

import json
import re
import tomllib
from pathlib import Path

import pytest

import capwright.scenario
from capwright.kernel.refusal import BadInput
from capwright.scheme.loader import _shipped_text as text_of
from capwright.scheme.loader import (
    list_schemes,
    load_scheme,
    load_text,
    scheme_from_json,
    scheme_json_schema,
    shipped_names,
)
from capwright.scheme.reliance import relied_on
from capwright.scheme.shape import SCHEMA_DEFAULT
from capwright.scheme.show import show_scheme
from capwright.scheme.source_words import catalogue, note_in, source_in_chinese
from capwright.scheme.sources import SOURCES
from tests.cli_calls import call

SCENARIOS = Path(capwright.scenario.__file__).parent / "data"
SPELT = re.compile("[a-z]{3,}")
HAN = re.compile("[\u4e00-\u9fff]")


def said(value, key=""):
    """Every text of a file with the key it stands under, and every key."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield "", name
            yield from said(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from said(one, key)
    elif isinstance(value, str):
        yield key, value


SAID = {pair for name in shipped_names() for pair in said(tomllib.loads(text_of(name)))}
NOTES = {text for key, text in SAID if key in {"note", "due_on_source_note"}} | {SCHEMA_DEFAULT.note}
CITED = {text for key, text in SAID if key == "source"} | {SCHEMA_DEFAULT.source}
for path in SCENARIOS.glob("*/scenario.toml"):  # what their published figures cite
    told = tomllib.loads(path.read_text(encoding="utf-8"))["published"]
    CITED |= {told.get("source", ""), *told.get("sources", {}).values()} - {""}


def test_every_note_has_chinese_and_no_chinese_is_without_its_note():
    assert set(catalogue()["notes"]) == NOTES


def test_the_chinese_of_a_note_keeps_its_figures():
    """Days, months, shares and decimals, unless a unit of ten thousand takes them."""
    exact = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d)?\b|\d+(?:\.\d+)? %|\d+\.\d+")
    for en, zh in catalogue()["notes"].items():
        assert en == zh or HAN.search(zh), en
        if "万" in zh:
            continue
        for figure in exact.findall(en):
            year, _, month = figure.partition("-")
            others = figure.replace(" %", "%"), f"{year}年{month.lstrip('0')}月"
            assert any(one in zh for one in (figure, *others)), (en, zh)


def test_every_source_is_told_in_chinese():
    left = set()
    for source in CITED:
        words = source_in_chinese(source)
        for name in sorted(SOURCES, key=len, reverse=True):
            words = words.replace(name, "")
        left |= {source} if SPELT.search(re.sub(r"\S+\.(?:cn|com)|Capwright", "", words)) else set()
    assert left == set()


def test_no_remark_is_without_its_source():
    cited = "\n".join(CITED)
    parts = {part for one in CITED for part in re.split(r"; |: |, (?=[a-z])", one)} | CITED
    parts |= {part for one in CITED for part in one.split("; ")}
    assert set(catalogue()["remarks"]) - parts == set(), cited


@pytest.mark.parametrize("name", [one.name for one in list_schemes()])
def test_no_rule_is_shown_with_an_english_word(name):
    left = {
        text.zh
        for row in show_scheme(load_scheme(name))
        for text in (row.label, row.value, row.unit, row.note)
        if SPELT.search(re.sub(r"tkm|[A-Z]\w+/[A-Z]\w+", "", text.zh))
    }
    assert left == set()


def test_no_word_is_without_its_scheme():
    assert set(catalogue()["words"]) - {text for _, text in SAID} == set()


@pytest.mark.parametrize(
    ("source", "zh"),
    [
        ("no published figure found; synthetic", "未找到公布数值；合成值"),
        ("assignment not found: as in vintage 2016", "未找到方法归属：同2016年度"),
        ("GZETS compliance notices of vintage 2016; ICAP", "GZETS 2016年度履约通知；ICAP"),
        ("DECREE art. 17-18, 36", "DECREE 第17-18, 36条"),
        ("west3.cn", "west3.cn"),
    ],
)
def test_remarks_beside_a_source_are_in_chinese(source, zh):
    assert source_in_chinese(source) == zh


OWN = """
name = "harbour"
en = "Harbour"
zh = "港湾"
jurisdiction = "HB"
currency = "CNY"

[calendar]
timezone = { value = "Asia/Shanghai", source = "Ordinance 12", confidence = "official", %s }
country = { value = "cn", source = "Ordinance 12", confidence = "official", note = "yearly" }
"""


def test_a_scheme_of_ones_own_brings_its_chinese_along():
    scheme = load_text(OWN % 'note = "local time", note_zh = "当地时间"')
    for one in (scheme, scheme_from_json(scheme.json)):
        cited = one.citations["calendar.timezone"]
        assert (note_in("en", cited), note_in("zh", cited)) == ("local time", "当地时间")
        assert note_in("zh", one.citations["calendar.country"]) == "按年"
    plain = load_text(OWN % 'note = "local time"')
    assert note_in("zh", plain.citations["calendar.timezone"]) == "local time"
    assert b"note_zh" not in plain.json
    assert plain.digest != scheme.digest


def test_chinese_that_is_no_text_is_refused():
    with pytest.raises(BadInput) as refused:
        load_text(OWN % "note_zh = 3")
    assert refused.value.refusal.code == "CW-8007"
    assert "note_zh" in refused.value.refusal.message()


def test_editors_know_the_key():
    schema = scheme_json_schema()
    assert schema["$defs"]["SchemeBody"]["properties"]["note_zh"] == {"type": "string"}


def test_the_command_line_shows_notes_in_the_language_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    asked = ("scheme", "show", "guangdong-2023", "-s", "coverage")
    note = {"en": " (standard racks of a data centre)", "zh": "：数据中心标准机架数"}
    for lang, other in (("en", "zh"), ("zh", "en")):
        shown = call(capsys, *asked, "--lang", lang).out
        assert note[lang] in shown
        assert note[other] not in shown
    monkeypatch.setenv("CAPWRIGHT_LANG", "zh_CN.UTF-8")
    assert note["zh"] in call(capsys, *asked).out
    values = json.loads(call(capsys, *asked, "--json").out)["values"]
    assert "standard racks of a data centre" in {one["note"] for one in values}, "data stay as they are"


def test_changes_are_told_with_notes_in_the_language_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    asked = ("scheme", "diff", "guangdong-2022", "guangdong-2023", "-s", "compliance")
    assert "：其余两家于2024年9月前完成" in call(capsys, *asked, "--lang", "zh").out
    assert ": the other two by 2024-09" in call(capsys, *asked, "--lang", "en").out


def test_what_a_result_relied_on_is_told_in_the_language_asked_for():
    from capwright.cli.frame import settings
    from capwright.cli.scheme_tables import relied_words

    one = relied_on(load_scheme("guangdong-2023"), ["allocation.rounding"])[0]
    before = settings.lang
    try:
        settings.lang = "zh"
        assert relied_words(one) == "allocation.rounding = floor_enterprise [默认] 未找到"
        settings.lang = "en"
        assert relied_words(one) == "allocation.rounding = floor_enterprise [default] not found"
    finally:
        settings.lang = before
