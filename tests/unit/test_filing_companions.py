"""Companions in files: read with the place of a fault, and put beside the report that they name."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from capwright.filing.companions import FiledCompanion, beside, read_companions
from capwright.kernel.refusal import BadInput
from capwright.mrv.quality.checking import check
from capwright.mrv.quality.companion import Companion, LabSample, Prior, Stock
from tests.mrv_worlds import coal, datum, method, report

ONE = """{
  "enterprise": "firm",
  "year": 2023,
  "stocks": [
    { "stream": "coal", "opening": "100", "bought": "1050.5", "closing": 100, "unit": "t" }
  ],
  "lab": [{ "stream": "coal", "month": 3, "hydrogen": "3.1", "number": "L-7", "sealed": true }],
  "prior": { "emissions": "1900", "product": "950" },
  "verifier": "v1",
  "verified": "1920"
}"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "beside.json"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as no:
        read_companions(path)
    return no.value


def test_a_file_holds_one_companion_or_a_list(tmp_path):
    wanted = FiledCompanion(
        enterprise="firm",
        year=2023,
        stocks=(Stock("coal", Decimal(100), Decimal("1050.5"), Decimal(100)),),
        lab=(LabSample("coal", 3, Decimal("3.1"), number="L-7", sealed=True),),
        prior=Prior(Decimal(1900), Decimal(950)),
        verifier="v1",
        verified=Decimal(1920),
    )
    assert read_companions(write(tmp_path, ONE)) == [wanted]
    assert read_companions(write(tmp_path, f"[{ONE}]")) == [wanted]


@pytest.mark.parametrize(
    ("slip", "instead", "code", "line"),
    [
        ('"bought": "1050.5"', '"bought": "1_050"', "CW-9509", 5),
        ('"year": 2023,', '"yaer": 2023,', "CW-9515", 1),
        ('"sealed": true', '"sealed": "yes"', "CW-9515", 7),
        ('"closing": 100', '"closing": NaN', "CW-9509", 5),
        ('"verifier": "v1"', '"verifier": "v1", "verifier": "v2"', "CW-9505", 9),
        ('"prior": {', '"prior": ', "CW-9503", 8),
    ],
)
def test_a_slip_is_told_with_its_line(tmp_path, slip, instead, code, line):
    assert slip in ONE
    no = refused(write(tmp_path, ONE.replace(slip, instead)))
    assert (no.refusal.code, no.line) == (code, line)


def test_a_companion_belongs_to_a_report(tmp_path):
    found = read_companions(write(tmp_path, ONE))
    other = report(coal()).__class__("other", 2023, "test@1", (coal(),))
    assert beside([other, report(coal())], found, "f") == [Companion(), found[0]]
    with pytest.raises(BadInput) as no:
        beside([other], found, "f")
    assert no.value.refusal.code == "CW-9517"
    assert "other (2023)" in no.value.refusal.message()
    with pytest.raises(BadInput) as no:
        beside([report(coal())], found * 2, "f")
    assert no.value.refusal.code == "CW-9516"


def test_stocks_of_a_file_find_coal_that_is_not_reported(tmp_path):
    told = report(coal(datum("FC", "t", 900)))
    found = read_companions(write(tmp_path, ONE))
    # 100 + 1,050.5 − 100 = 1,050.5 t by stock against 900 t: 16.72 % apart
    findings = check(method(), told, beside([told], found, "f")[0])
    stocks = [one for one in findings if one.rule == "R05"]
    assert [(one.severity, one.observed) for one in stocks] == [("fail", "16.72 %")]


def test_the_example_of_the_documentation_is_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs/howto/emission-report-files.md").read_text(encoding="utf-8")
    text = re.findall(r"```json\n(.*?)```", page, re.DOTALL)[1]
    (found,) = read_companions(write(tmp_path, text))
    assert (found.enterprise, found.year, found.lab[0].number) == ("guangzhou-cement", 2023, "L-7")
