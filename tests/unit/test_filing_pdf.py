"""The PDF report: what it says, that its characters are there, that nothing but data gets into it."""

from __future__ import annotations

import struct
import sys
from decimal import Decimal
from importlib import resources

import pytest
from msgspec.structs import replace

from capwright.filing.fonts_of import covered
from capwright.filing.pdf import pdf_bytes, typeset, write_pdf
from capwright.filing.pdf_data import report_data
from capwright.filing.report_json import report_hash
from capwright.kernel.refusal import Refused
from capwright.mrv.calculation import compute
from capwright.mrv.library import method, methods
from capwright.mrv.records import Datum, EmissionReport, Stream
from capwright.web.language import traditional
from tests.filing_worlds import full, world
from tests.mrv_worlds import datum
from tests.papers import ink_of, pages_of

WORLD, REPORT = world(), full()
RESULT = compute(WORLD, REPORT)


def texts(data: object) -> str:
    """All texts of the report, one a line, without the marks where a word may break."""
    if isinstance(data, str):
        return data.replace("\u200b", "")
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return "\n".join(texts(part) for part in parts)


def dense(text: str) -> str:
    """A text without the places where a line may break."""
    return "".join(text.replace("\u200b", "").split())


def test_the_report_says_what_was_worked_out():
    said = texts(report_data(WORLD, REPORT, RESULT, "en"))
    # coal: 0.02749 x 0.99 x 44/12 = 0.0997887 tCO2/GJ, times the sum of t x GJ/t of the months:
    # sum (1000 + 17 n)(20.1 + n/100), n = 0..11: 12 x 1000 x 20.1 + 20.1 x 17 x 66 + 10 x 66 + 0.17 x 506
    # = 241200 + 22552.2 + 660 + 86.02 = 264498.22 GJ -> 26393.9335... t
    assert "26,393.93" in said
    # gas: 12.5 x 389.31 x 0.0153 x 0.99 x 44/12 = 270.2736... t; electricity: 2500 MWh x 0.6379 = 1594.75 t
    assert "12.5 × 389.31 × 0.0153 × 0.99 × 44/12 = 270.273" in said
    assert "2,500 × 0.6379 = 1,594.75 t CO₂" in said
    # together 28258.957... t
    assert "28,259" in said
    for word in ("everything@1", WORLD.digest, report_hash(REPORT), "1# 窑", "锅炉", "L-7"):
        assert word in said
    for factor in RESULT.provisional:
        assert factor.name in said


def test_the_report_speaks_the_language_asked_for():
    said = texts(report_data(WORLD, REPORT, RESULT, "zh"))
    assert "温室气体排放报告" in said
    assert "燃料燃烧 · 无烟煤" in said
    assert "combustion" not in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_has_its_pages_and_its_characters(lang):
    raw = pdf_bytes(WORLD, REPORT, RESULT, lang)
    assert raw.startswith(b"%PDF-")
    pages = pages_of(raw)
    assert len(pages) == len(typeset(WORLD, REPORT, RESULT, lang, "png")) == 3
    text = dense("".join(pages))
    for said in (REPORT.enterprise, "28,259", "1#窑", report_hash(REPORT)):
        assert dense(said) in text
    assert all(ink > 0.005 for ink in ink_of(raw))  # what is said is drawn too


def test_the_same_report_gives_the_same_bytes():
    assert pdf_bytes(WORLD, REPORT, RESULT) == pdf_bytes(WORLD, REPORT, RESULT)


def test_the_file_is_written(tmp_path):
    write_pdf(WORLD, REPORT, RESULT, tmp_path / "r.pdf", "en")
    assert (tmp_path / "r.pdf").read_bytes() == pdf_bytes(WORLD, REPORT, RESULT, "en")


def test_what_a_report_says_is_never_read_as_markup():
    wild = '#read("/etc/passwd") $x$ *b* = h \\ `c` <l> @r // [i] #include "x"'
    report = replace(
        REPORT, enterprise=wild, note=wild, outputs=(datum("clinker", "t", 30000),),
        streams=(replace(REPORT.streams[0], code=wild, facility=wild), *REPORT.streams[1:]),
    )  # fmt: skip
    raw = pdf_bytes(WORLD, report, compute(WORLD, report), "en")
    text = dense("".join(pages_of(raw)))
    assert "root:" not in text
    assert dense(wild) in text


def test_long_names_and_many_streams_fit(tmp_path):
    coal = REPORT.streams[0]
    streams = tuple(replace(coal, code=f"{n}-" + "x" * 90, facility="厂" * 100) for n in range(40))
    outputs = (datum("clinker", "t", 1000000),)
    report = replace(REPORT, streams=streams, outputs=outputs, enterprise="企" * 100)
    pages = typeset(WORLD, report, compute(WORLD, report), "zh", "svg")
    assert len(pages) > 10


def test_a_character_that_no_font_has_is_refused(monkeypatch):
    report = replace(REPORT, enterprise="\U0001f3ed厂")
    result = compute(WORLD, report)
    monkeypatch.setattr("capwright.filing.pdf.OTHER_FAMILIES", ())
    monkeypatch.setattr("capwright.filing.pdf._whole", lambda *_: False)  # a machine without a Chinese font
    with pytest.raises(Refused) as refused:
        pdf_bytes(WORLD, report, result)
    assert refused.value.refusal.code == "CW-9541"
    assert "U+1F3ED" in refused.value.refusal.message()


def cmap(font: bytes) -> set[int]:
    """The characters that an OpenType font maps to glyphs (formats 4 and 12)."""
    count = struct.unpack_from(">H", font, 4)[0]
    records = {
        font[12 + 16 * n : 16 + 16 * n]: struct.unpack_from(">II", font, 20 + 16 * n) for n in range(count)
    }
    at = records[b"cmap"][0]
    found: set[int] = set()
    for n in range(struct.unpack_from(">H", font, at + 2)[0]):
        below = at + struct.unpack_from(">I", font, at + 8 + 8 * n)[0]
        kind = struct.unpack_from(">H", font, below)[0]
        if kind == 12:
            groups = struct.unpack_from(">I", font, below + 12)[0]
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, below + 16 + 12 * group)
                found.update(range(first, last + 1))
        elif kind == 4:
            half = struct.unpack_from(">H", font, below + 6)[0]
            ends = struct.unpack_from(f">{half // 2}H", font, below + 14)
            starts = struct.unpack_from(f">{half // 2}H", font, below + 16 + half)
            for first, last in zip(starts, ends, strict=True):
                found.update(range(first, last + 1))
    return found


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_fonts_have_all_of_gb_2312_and_latin_1(weight):
    path = resources.files("capwright.filing") / "fonts" / f"NotoSansCJKsc-{weight}-subset.otf"
    there = cmap(path.read_bytes())
    wanted = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x100))]
    for high in range(0xA1, 0xF8):
        wanted += bytes(n for low in range(0xA1, 0xFF) for n in (high, low)).decode("gb2312", "ignore")
    assert len(wanted) > 7_500  # 7,445 of GB 2312, and the rest
    assert [letter for letter in wanted if ord(letter) not in there] == []
    assert all(covered(letter) for letter in wanted)


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_fonts_have_the_traditional_characters(weight):
    fonts = resources.files("capwright.filing") / "fonts"
    there = cmap((fonts / f"NotoSansCJKhk-{weight}-subset.otf").read_bytes())
    simplified = bytes(n for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF) for n in (high, low))
    written = set(traditional(" ".join(simplified.decode("gb2312", "ignore")))) - {" "}
    common = [
        bytes((high, low)) for high in range(0xA4, 0xC6) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    ]
    written |= {letter for pair in common for letter in pair.decode("big5", "ignore")}
    assert len(written) > 7_000
    assert [letter for letter in written if not covered(letter)] == []
    assert [letter for letter in written if not in_gb_2312(letter) and ord(letter) not in there] == []


def in_gb_2312(letter: str) -> bool:
    return bool(letter.encode("gb2312", "ignore"))


def test_a_report_in_traditional_characters():
    raw = pdf_bytes(WORLD, REPORT, RESULT, "zh", traditional)
    text = dense("".join(pages_of(raw)))
    assert "温室氣體排放報告" in text
    assert "报" not in text
    assert raw == pdf_bytes(WORLD, REPORT, RESULT, "zh", traditional)


def test_every_word_of_every_shipped_method_can_be_shown():
    for name in methods():
        body = method(name).body
        said = [body.en, body.zh, body.standard_zh, body.boundary_zh]
        for component in body.components:
            said += [component.en, component.zh, *(x for s in component.symbols for x in (s.en, s.zh))]
        for table in method(name).tables.values():
            said += [x for item in table.body.items for x in (item.en, item.zh)]
        assert [letter for text in said for letter in text + traditional(text) if not covered(letter)] == []


def test_a_shipped_method_makes_a_report():
    made = method("cement@2015.1")
    streams = (
        Stream("kiln", "fuel", "bituminous", data=(Datum("FC", "t", value=Decimal(100000)),)),
        Stream(
            "clinker", "clinker",
            data=(Datum("Q", "t", value=Decimal(900000)), Datum("FR1", "%", value=Decimal(65)),
                  Datum("FR2", "%", value=Decimal("1.5"))),
        ),
    )  # fmt: skip
    report = EmissionReport("firm", 2023, made.id, streams)
    result = compute(made, report)
    assert "水泥生产企业" in dense("".join(pages_of(pdf_bytes(made, report, result, "zh"))))
    # 900000 t x (0.65 x 44/56 + 0.015 x 44/40) = 900000 x (0.510714... + 0.0165) = 474492.857... t
    assert "474,492.86" in texts(report_data(made, report, result, "zh"))


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(Refused) as refused:
        pdf_bytes(WORLD, REPORT, RESULT)
    assert refused.value.refusal.code == "CW-9501"
    assert "pip install capwright[pdf]" in refused.value.refusal.message()
