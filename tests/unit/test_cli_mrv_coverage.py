"""`mrv coverage`: tables of firms and energy in, standings, reasons and the covered share out."""

import csv
import io
import json
from decimal import Decimal

import pytest

from capwright.filing.coverage_csv import read_firms
from capwright.kernel.refusal import BadInput
from tests.cli_calls import call

HEAD = "enterprise,sector,year,emissions_t,energy_tce,racks,opted_in\n"
ENERGY = "enterprise,year,item,quantity,unit\n"
THREE = "A,cement,2022,10000,,,\nB,cement,2022,6000,,,\nC,glass,2022,10,,,\n"


@pytest.fixture
def tables(tmp_path):
    def write(firms, energy=None, head=HEAD):
        (tmp_path / "firms.csv").write_text(head + firms, encoding="utf-8")
        if energy is not None:
            (tmp_path / "energy.csv").write_text(ENERGY + energy, encoding="utf-8")
        return tmp_path / "firms.csv", (tmp_path / "energy.csv" if energy is not None else None)

    return write


@pytest.mark.parametrize(
    ("firms", "energy", "code", "place"),
    [
        ("A,cement,2022,1,,,\nA,cement,2022,2,,,\n", None, "CW-5504", "firms.csv:3:3"),
        ("A,cement,2022,1,,,\nA,steel,2021,2,,,\n", None, "CW-5503", "firms.csv:3:2"),
        ("A,cement,2022,1,,,2020\nA,cement,2021,2,,,\n", None, "CW-5503", "firms.csv:3:7"),
        ("A,cement,2022,1,5,,\n", "A,2022,raw_coal,1,t\n", "CW-5506", "firms.csv:2:5"),
        ("A,cement,2022,1,,,\n", "B,2022,raw_coal,1,t\n", "CW-5505", "energy.csv:2:1"),
        ("A,cement,2022,1,,,\n", "A,2022,raw_coal,1,m3\n", "CW-5202", "energy.csv:2:5"),
        ("A,cement,2022,1,,,\n", "A,2022,raw_coal,1,sack\n", "CW-5201", "energy.csv:2:5"),
        ("A,cement,2022,1,,,\n", "A,2022,peat,1,t\n", "CW-5220", "energy.csv:2:3"),
        ("A,cement,2022,1,,,\n", "A,2022,raw_coal,-1,t\n", "CW-5511", "energy.csv:2:4"),
        ("A,cement,2022,1.5,,,\n", None, "CW-", "firms.csv:2:4"),
        ("A,cement,2022,-1,,,\n", None, "CW-", "firms.csv:2:4"),
        ("A,cement,2022,1,-3,,\n", None, "CW-5511", "firms.csv:2:5"),
        ("A,cement,2022,1,1e9,,\n", None, "CW-5511", "firms.csv:2:5"),
        ("A,cement,2022,1,,1000.5,\n", None, "CW-5511", "firms.csv:2:6"),
        ("A,cement,22,1,,,\n", None, "CW-5512", "firms.csv:2:3"),
        ("A,cement,2022,1,,,9999\n", None, "CW-5512", "firms.csv:2:7"),
        (",cement,2022,1,,,\n", None, "CW-9209", "firms.csv:2:1"),
        ("A,cement,2022,1,,\n", None, "CW-9208", "firms.csv:2"),
    ],
)
def test_a_fault_in_a_table_is_told_with_its_cell(tables, firms, energy, code, place):
    with pytest.raises(BadInput) as no:
        read_firms(*tables(firms, energy))
    assert no.value.refusal.code.startswith(code)
    assert no.value.place.endswith(place) or f"{place}:" in no.value.place


def test_energy_is_added_up_over_its_kinds(tables):
    read = read_firms(*tables("A,ceramics,2024,9000,,,\n", "A,2024,raw_coal,5000,t\nA,2024,heat,10,TJ\n"))
    # 5,000 t x 0.7143 = 3,571.5; 10,000 GJ x 0.0341 = 341; together 3,912.5
    assert read.firms[0].figures[0].energy_tce == Decimal("3912.5")
    assert [factor.item for factor in read.factors] == ["heat", "raw_coal"]


def test_the_command_says_who_is_in_and_why(tables, capsys):
    firms, _ = tables(THREE)
    done = call(
        capsys, "mrv", "coverage", str(firms), "--scheme", "guangdong-2023", "--total", "20,000", "--json"
    )
    said = json.loads(done.out)
    assert [one["standing"] for one in said["decisions"]] == ["controlled", "reporting", "outside"]
    assert said["decisions"][0]["reasons"][0]["source"] == "GZETS 2024-01-12"
    assert (said["share"]["covered_t"], said["share"]["year"], said["deciding_years"]) == (
        10_000,
        2022,
        [2022],
    )
    assert said["share"]["targets"][0]["short_t"] == 4_000  # 70 % of 20,000 is 14,000
    text = call(
        capsys,
        "mrv",
        "coverage",
        str(firms),
        "--scheme",
        "guangdong-2023",
        "--total",
        "20000",
        "--lang",
        "zh",
    ).out
    assert "控排企业 1" in text
    assert "2025年目标70 %，还差4,000吨。" in text


def test_as_csv_each_firm_is_a_row(tables, capsys):
    firms, _ = tables(THREE)
    done = call(
        capsys, "mrv", "coverage", str(firms), "--scheme", "guangdong-2023", "--total", "20000", "--csv"
    )
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["enterprise"], row["standing"]) for row in rows] == [
        ("A", "controlled"),
        ("B", "reporting"),
        ("C", "outside"),
    ]
    assert rows[0]["keys"] == "coverage.threshold_t"
    assert "Covered in 2022: 10,000 t of 20,000 t, 50.00 %." in done.err


def test_electricity_by_its_equal_value_can_bring_a_firm_in(tables, capsys):
    # 20 GWh = 2,000 x 10^4 kWh: 2,458 tce by calorific value, 6,110 tce at 305.5 g/kWh; 5,000 are needed.
    firms, energy = tables("A,paper,2022,4000,,,\n", "A,2022,electricity,20000,MWh\n")
    words = ["mrv", "coverage", str(firms), "--energy", str(energy), "--scheme", "guangdong-2023", "--json"]
    own = json.loads(call(capsys, *words).out)
    assert own["decisions"][0]["standing"] == "outside"
    assert "coverage.electricity_basis" in [one["path"] for one in own["relied_on"]]
    burned = json.loads(call(capsys, *words, "--coal-per-kwh", "305.5").out)
    assert burned["decisions"][0]["standing"] == "controlled"
    assert burned["decisions"][0]["reasons"][0]["en"] == "6,110 tce in 2022, at least 5,000."
    assert burned["factors"][0]["citation"]["source"] == "given: 305.5 gce/kWh"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--scheme", "guangdong-2023", "--total", "9999"], "CW-5502"),
        (["--scheme", "guangdong-2023", "--total", "20000", "--year", "2023"], "CW-5514"),
        (["--scheme", "guangdong-2023", "--coal-per-kwh", "much"], "CW-5513"),
        (["--scheme", "guangdong-2023", "--coal-per-kwh", "NaN"], "CW-5513"),
        (["--scheme", "uk-ets"], "CW-"),
    ],
)
def test_what_cannot_be_said_is_refused(tables, capsys, more, code):
    firms, _ = tables(THREE)
    done = call(capsys, "mrv", "coverage", str(firms), *more)
    assert done.code == 2
    assert code in done.err
    assert done.out == ""


def test_a_table_without_rows_gives_none(tables, capsys):
    firms, _ = tables("")
    done = call(capsys, "mrv", "coverage", str(firms), "--scheme", "guangdong-2023", "--json")
    assert json.loads(done.out)["decisions"] == []
