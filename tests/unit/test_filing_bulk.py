"""Recalculation in bulk gives what one report at a time gives, to the last digit that is settled."""

import csv
import gzip
import json
from decimal import Decimal
from fractions import Fraction

import duckdb
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from capwright.filing.bulk import compare, recalculate, varied
from capwright.filing.polynomial import NotPolynomialError, expand, range_of, value_of
from capwright.kernel.refusal import Refused
from capwright.mrv.calculation import compute, round_t, work_out
from capwright.mrv.library import method
from capwright.mrv.records import Datum, EmissionReport, Stream
from tests.cli_calls import call

PAPER = method("guangdong-paper@2022.1")
HEAD = ["enterprise", "year", "component", "stream", "item", "area", "FC", "NCV", "bought"]
UNITS = {"natural_gas": {"FC": "10^4 Nm3", "NCV": "GJ/10^4 Nm3"}, "": {"bought": "MWh"}}
SOLID = {"FC": "t", "NCV": "GJ/t"}


def write(path, rows, head=HEAD):
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([head, *rows])
    return path


def one_by_one(used, rows, head=HEAD):
    """The sums by enterprise and year that the exact path gives."""
    found = {}
    for row in rows:
        said = dict(zip(head, row, strict=True))
        units = UNITS.get(said["item"], SOLID)
        data = tuple(
            Datum(code, units[code], value=Decimal(said[code]))
            for code in ("FC", "NCV", "bought")
            if said[code]
        )
        stream = Stream(said["stream"], said["component"], said["item"], data=data)
        report = EmissionReport(said["enterprise"], int(said["year"]), used.id, (stream,), area=said["area"])
        key = said["enterprise"], int(said["year"])
        for result in work_out(used, report):
            if result.counted:
                found[key] = found.get(key, Decimal(0)) + result.emissions
    return found


figure = st.decimals("0", "90000", places=3).map(lambda value: f"{value:f}")
row = st.one_of(
    st.tuples(
        st.sampled_from("AB"), st.sampled_from(["2022", "2023"]), st.just("fuel"), st.just("s"),
        st.sampled_from(["bituminous", "anthracite"]), st.just("guangdong"), figure,
        st.one_of(st.just(""), st.decimals("2", "60", places=4).map(lambda value: f"{value:f}")), st.just(""),
    ),
    st.tuples(
        st.sampled_from("AB"), st.just("2023"), st.just("electricity"), st.just("e"), st.just(""),
        st.just("guangdong"), st.just(""), st.just(""), figure,
    ),
    st.tuples(
        st.sampled_from("AB"), st.just("2023"), st.just("fuel"), st.just("g"), st.just("natural_gas"),
        st.just("guangdong"), figure, st.just(""), st.just(""),
    ),
)  # fmt: skip


@settings(max_examples=25)
@given(rows=st.lists(row, min_size=1, max_size=30), threads=st.sampled_from([1, 2]))
def test_the_sum_is_that_of_single_reports(tmp_path_factory, rows, threads):
    path = write(tmp_path_factory.mktemp("bulk") / "rows.csv", rows)
    result = recalculate(path, PAPER, threads=threads)
    expected = one_by_one(PAPER, rows)
    assert {(one.enterprise, one.year) for one in result.totals} == set(expected)
    for one in result.totals:
        assert abs(one.emissions - expected[one.enterprise, one.year]) < Decimal("1e-20")
        assert one.emissions_t == round_t(expected[one.enterprise, one.year])
    assert (result.rows, result.exact_rows) == (len(rows), 0)


def test_by_hand(tmp_path):
    # 42,000 t x 23.1 GJ/t x 0.0261 tC/GJ x 0.93 x 44/12 = 86,348.7702 t; 31,500 MWh x 0.6379 = 20,093.85 t.
    rows = [
        ["mill", 2023, "fuel", "c", "bituminous", "guangdong", "42000", "23.1", ""],
        ["mill", 2023, "electricity", "e", "", "guangdong", "", "", "31500"],
    ]
    (one,) = recalculate(write(tmp_path / "rows.csv", rows), PAPER).totals
    assert one.components == {"fuel": Decimal("86348.7702"), "electricity": Decimal("20093.85")}
    assert one.emissions_t == 106_443


def test_a_stated_unit_is_converted(tmp_path):
    rows = [["mill", 2023, "fuel", "c", "bituminous", "guangdong", "42000000", "23.1", ""]]
    head = [*HEAD[:6], "FC:kg", "NCV", "bought"]
    (one,) = recalculate(write(tmp_path / "rows.csv", rows, head), PAPER).totals
    assert one.emissions == Decimal("86348.7702")


# Rows of a power station, a cement works, a chemical works, a smelter and a chip maker: component, item, and
# of each column the least figure, the most, and the decimals.
FUELS = [
    ("fuel", "diesel", {"FC:t": (0, 9000, 3)}),
    ("fuel", "diesel", {"FC:t": (0, 9000, 3), "NCV:GJ/t": (40, 44, 4)}),
    ("fuel", "natural_gas", {"FC:10^4 Nm3": (0, 900, 2)}),
    ("electricity", "", {"bought:MWh": (100, 900_000, 3)}),
    ("electricity", "", {"bought:MWh": (100, 900_000, 3), "sold:MWh": (0, 100, 3)}),
]
PLANTS = {
    "power@2022.1": [
        *FUELS,
        ("coal", "", {"FC:t": (0, 2_000_000, 1), "C_ar:tC/t": (0.3, 0.7, 5)}),
        ("coal", "", {"FC:t": (0, 2_000_000, 1), "NCV_ar:GJ/t": (15, 28, 4)}),
        ("coal", "", {"FC:t": (0, 9, 1), "C_ad:%": (40, 70, 2), "M_ar:%": (10, 20, 1), "M_ad:%": (1, 9, 1)}),
    ],
    "cement@2024.1": [*FUELS, ("clinker", "portland", {"Q:t": (0, 3_000_000, 2)})],
    "cement@2015.1": [
        ("clinker", "", {"Q:t": (0, 3_000_000, 2), "FR1:%": (60, 68, 2), "FR2:%": (1, 3, 2)}),
        ("clinker", "", {"Q:t": (0, 9000, 2), "FR1:%": (60, 68, 2), "FR10:%": (0, 3, 2), "FR2:%": (1, 3, 2)}),
        ("raw_meal_carbon", "", {"Q:t": (0, 3_000_000, 2), "FR0:%": (0, 2, 3)}),
    ],
    "chemicals@2015.1": [
        *FUELS,
        ("nitric_acid", "*", {"Q:t": (0, 90_000, 2), "eta:%": (0, 99, 1), "mu:1": (0, 1, 3)}),
        ("carbonate", "*", {"AD:t": (0, 9000, 2), "PUR:%": (50, 100, 1), "TR:1": (0, 1, 2)}),
    ],
    "aluminium@2024.1": [
        ("pfc_cf4", "", {"Al:tAl": (0, 900_000, 1), "EF:kgCF4/tAl": (0, 1, 4)}),
        ("pfc_c2f6", "", {"Al:tAl": (0, 900_000, 1), "EF:kgC2F6/tAl": (0, 1, 4)}),
    ],
    "semiconductor@2015.1": [("process_gas", "C2F6", {"FC:kgC2F6": (0, 900, 3), "h:%": (1, 20, 1)})],
}  # fmt: skip


def drawn(name):
    """Rows of a method: enterprise, year, component, item, figures by column."""
    used = method(name)

    def row_of(template):
        component, item, columns = template
        part = used.component(component)
        items = [one.code for one in used.tables[part.table].body.items] if item == "*" else [item]
        return st.tuples(
            st.sampled_from("AB"),
            st.sampled_from([2021, 2022]),
            st.just(component),
            st.sampled_from(items),
            st.fixed_dictionaries(
                {
                    column: st.decimals(str(least), str(most), places=places).map(lambda value: f"{value:f}")
                    for column, (least, most, places) in columns.items()
                }
            ),
        )

    return st.lists(st.one_of([row_of(template) for template in PLANTS[name]]), min_size=1, max_size=25)


SETTLED = Fraction(1, 10**30)


def reported(used, rows):
    """What `compute` says of the same rows as reports: by enterprise and year."""
    streams = {}
    for n, (enterprise, year, component, item, figures) in enumerate(rows):
        data = []
        for column, value in figures.items():
            symbol, _, unit = column.partition(":")
            data.append(Datum(symbol, unit, value=Decimal(value)))
        made = Stream(f"s{n}", component, item, data=tuple(data))
        streams.setdefault((enterprise, year), []).append(made)
    outputs = tuple(Datum(one.code, one.unit, value=Decimal(1)) for one in used.body.outputs if one.required)
    return {
        (enterprise, year): compute(
            used, EmissionReport(enterprise, year, used.id, tuple(made), outputs, area="guangdong")
        )
        for (enterprise, year), made in streams.items()
    }


@pytest.mark.parametrize("name", PLANTS)
def test_any_rows_come_to_what_their_reports_come_to(tmp_path_factory, name):
    used = method(name)
    columns = list(dict.fromkeys(column for _, _, given in PLANTS[name] for column in given))
    head = ["enterprise", "year", "component", "item", "area", *columns]

    @settings(max_examples=12)
    @given(rows=drawn(name))
    def holds(rows):
        lines = [[*row[:4], "guangdong", *(row[4].get(column, "") for column in columns)] for row in rows]
        path = write(tmp_path_factory.mktemp("bulk") / "rows.csv", lines, head)
        result = recalculate(path, used, threads=1)
        assert recalculate(path, used, threads=2) == result
        expected = reported(used, rows)
        assert [(one.enterprise, one.year) for one in result.totals] == sorted(expected)
        for one in result.totals:
            exact = expected[one.enterprise, one.year]
            assert one.emissions_t == exact.emissions_t
            assert abs(Fraction(one.emissions) - Fraction(exact.emissions)) < SETTLED
            for component, amount in one.components.items():
                parts = [Fraction(found.emissions) for found in exact.streams if found.component == component]
                assert abs(Fraction(amount) - sum(parts)) < SETTLED
        assert (
            abs(Fraction(result.emissions) - sum(Fraction(one.emissions) for one in result.totals)) < SETTLED
        )
        assert result.components.keys() == {name for one in result.totals for name in one.components}

    holds()


def test_what_cannot_be_summed_is_counted(tmp_path):
    # C_ar = C_ad x (1 - M_ar) / (1 - M_ad) = 0.6 x 0.9 / 0.96 = 0.5625 tC/t, and 1,000 t x 0.5625
    # x 0.99 x 44/12 = 2,041.875 t: a quotient, so row by row.
    # A product: 1,000 t x 0.5 tC/t x 0.99 x 44/12 = 1,815 t.
    head = ["enterprise", "year", "component", "FC:t", "C_ar:tC/t", "C_ad:1", "M_ar:1", "M_ad:1"]
    rows = [
        ["A", 2022, "coal", "1000", "", "0.6", "0.1", "0.04"],
        ["B", 2022, "coal", "1000", "0.5", "", "", ""],
    ]
    result = recalculate(write(tmp_path / "rows.csv", rows, head), method("power@2022.1"))
    assert (result.rows, result.exact_rows) == (2, 1)
    assert [one.emissions for one in result.totals] == [Decimal("2041.875"), Decimal(1815)]


def test_a_check_that_the_least_and_greatest_figures_settle_costs_nothing(tmp_path):
    # Calcium oxide that was no carbonate (FR10) may not be above all of it (FR1).
    head = ["enterprise", "year", "component", "Q:t", "FR1:%", "FR10:%", "FR2:%"]
    used = method("cement@2015.1")
    rows = [["A", 2022, "clinker", "100", "66", "2", "1"], ["A", 2022, "clinker", "100", "64", "3", "1"]]
    settled = recalculate(write(tmp_path / "rows.csv", rows, head), used)
    # 100 t x ((0.66 - 0.02 + 0.64 - 0.03) x 44/56 + 0.02 x 44/40) = 100 t x 1.25 x 44/56 + 2.2 t
    assert abs(Fraction(settled.totals[0].emissions) - (125 * Fraction(44, 56) + Fraction("2.2"))) < SETTLED
    assert settled.exact_rows == 0
    rows.append(["A", 2022, "clinker", "100", "70", "65", "1"])  # sound, but 65 is above the least FR1
    assert recalculate(write(tmp_path / "rows.csv", rows, head), used).exact_rows == 3
    rows.append(["B", 2022, "clinker", "100", "60", "61", "1"])
    with pytest.raises(Refused, match="CW-5254") as no:
        recalculate(write(tmp_path / "rows.csv", rows, head), used)
    assert no.value.refusal.details["where"] == "B/clinker"


# Plausible rows of methods of other kinds.
OTHERS = [
    ("cement@2015.1", "clinker", "", {"Q": "900000 t", "FR1": "65.5 %", "FR2": "1.4 %"}),
    ("road-transport@2015.1", "fuel", "diesel", {"FC": "1200 t"}),
    ("grid-sf6@2015.1", "sf6_retired", "", {"cap": "120 kgSF6", "rec": "90.5 kgSF6"}),
]


@pytest.mark.parametrize(("name", "component", "item", "figures"), OTHERS)
def test_methods_of_other_kinds_agree_too(tmp_path, name, component, item, figures):
    used = method(name)
    part = used.component(component)
    assert part is not None, [one.code for one in used.body.components]
    said = {code: text.split(" ") for code, text in figures.items() if part.symbol(code) is not None}
    data = tuple(Datum(code, unit, value=Decimal(value)) for code, (value, unit) in said.items())
    report = EmissionReport("A", 2022, used.id, (Stream("s", component, item, data=data),), area="guangdong")
    expected = sum((one.emissions for one in work_out(used, report) if one.counted), Decimal(0))
    assert expected > 0
    head = [
        "enterprise",
        "year",
        "component",
        "item",
        "area",
        *(f"{c}:{unit}" for c, (_, unit) in said.items()),
    ]
    row = ["A", 2022, component, item, "guangdong", *(value for value, _ in said.values())]
    (total,) = recalculate(write(tmp_path / "rows.csv", [row] * 3, head), used).totals
    assert abs(total.emissions - 3 * expected) < Decimal("1e-20")


def test_parquet_gives_what_csv_gives(tmp_path):
    rows = [["mill", 2023, "fuel", "c", "bituminous", "guangdong", f"{n}.25", "23.1", ""] for n in range(500)]
    path = write(tmp_path / "rows.csv", rows)
    with duckdb.connect() as base:
        base.execute(
            f"COPY (SELECT enterprise, CAST(year AS INTEGER) AS year, component, stream, item, area,"
            f" CAST(FC AS DECIMAL(12, 2)) AS FC, CAST(NCV AS DECIMAL(6, 1)) AS NCV FROM '{path}')"
            f" TO '{tmp_path / 'rows.parquet'}' (FORMAT parquet)"
        )
    assert recalculate(tmp_path / "rows.parquet", PAPER).totals == recalculate(path, PAPER).totals


def test_a_symbol_may_have_a_column_for_each_unit(tmp_path):
    head = ["enterprise", "year", "component", "item", "FC:t", "FC:kg"]
    rows = [["A", 2023, "fuel", "diesel", "10", ""], ["B", 2023, "fuel", "diesel", "", "10000"]]
    first, second = recalculate(write(tmp_path / "rows.csv", rows, head), PAPER).totals
    assert first.emissions == second.emissions > 0
    with pytest.raises(Refused, match="CW-5242"):
        recalculate(write(tmp_path / "both.csv", [["A", 2023, "fuel", "diesel", "10", "10"]], head), PAPER)
    head[4] = "FC:10^4 Nm3"
    with pytest.raises(Refused, match="CW-5255"):
        recalculate(write(tmp_path / "gas.csv", rows, head), PAPER)


def test_a_unit_that_is_not_stated_may_not_change_between_two_methods(tmp_path):
    # Natural gas is counted in 10^4 Nm3 here and in t there: 5 of them are not the same gas.
    items = PAPER.tables["fuel"].body.items
    tonnes = [replace(one, per="t") if one.code == "natural_gas" else one for one in items]
    changed = replace(PAPER.tables["fuel"], body=replace(PAPER.tables["fuel"].body, items=tuple(tonnes)))
    other = replace(PAPER, tables={**PAPER.tables, "fuel": changed})
    head = ["enterprise", "year", "component", "item", "FC"]
    rows = [["A", 2023, "fuel", "natural_gas", "5"]]
    with pytest.raises(Refused, match="CW-9559"):
        compare(write(tmp_path / "rows.csv", rows, head), PAPER, other)
    head[4] = "FC:10^4 Nm3"
    with pytest.raises(Refused, match="CW-5255"):
        compare(write(tmp_path / "rows.csv", rows, head), PAPER, other)


def test_an_enterprise_stays_in_the_list_though_nothing_of_it_counts(tmp_path):
    used = method("power@2022.1")
    part = next(one for one in used.body.components if one.code == "fuel")
    memo = [replace(one, scope="memo") if one is part else one for one in used.body.components]
    other = replace(used, body=replace(used.body, components=tuple(memo)))
    path = write(
        tmp_path / "rows.csv",
        [["A", 2022, "fuel", "diesel", "10"], ["B", 2022, "fuel", "gasoline", "0"]],
        ["enterprise", "year", "component", "item", "FC"],
    )
    first, second = compare(path, used, other).changes
    assert (first.after_t, second.before_t, second.after_t) == (0, 0, 0)
    assert first.before_t > 0


def test_less_than_nothing_is_refused_as_in_a_report(tmp_path):
    head = ["enterprise", "year", "component", "bought", "sold"]
    rows = [["A", 2023, "electricity", "10", "50"]]
    with pytest.raises(Refused, match="CW-5252"):
        recalculate(write(tmp_path / "rows.csv", rows, head), PAPER)
    rows.append(["A", 2023, "electricity", "100", "0"])  # (10 - 50 + 100) MWh x 0.6379 = 38.274 t
    (one,) = recalculate(write(tmp_path / "rows.csv", rows, head), PAPER).totals
    assert one.emissions == Decimal("38.274")


def test_by_products_reported_beside_their_gas_are_refused(tmp_path):
    head = ["enterprise", "year", "component", "item", "FC:kgC2F6", "h:1"]
    rows = [["A", 2022, "process_gas", "C2F6", "9", "0.1"], ["A", 2022, "byproduct_cf4", "C2F6", "9", "0.1"]]
    path = write(tmp_path / "rows.csv", rows, head)
    with pytest.raises(Refused, match="CW-9560"):
        recalculate(path, method("semiconductor@2015.1"))
    alone = recalculate(write(tmp_path / "rows.csv", rows[1:], head), method("semiconductor@2015.1"))
    assert alone.components.keys() == {"byproduct_cf4"}


def test_a_component_that_the_scheme_must_allow_is_refused(tmp_path):
    switched = [
        replace(one, switch="later") if one.code == "electricity" else one for one in PAPER.body.components
    ]
    used = replace(PAPER, body=replace(PAPER.body, components=tuple(switched)))
    head = ["enterprise", "year", "component", "bought"]
    with pytest.raises(Refused, match="CW-5253"):
        recalculate(write(tmp_path / "rows.csv", [["A", 2023, "electricity", "1"]], head), used)


LINE = "A,2023,electricity,1\n"


@pytest.mark.parametrize(
    "text",
    [
        "a title\nenterprise,year,component,bought\n" + LINE,
        "enterprise,year,component,bought\n#a remark\n" + LINE * 30,
        "enterprise,year,component,bought\n" + LINE * 30 + "A,2023\n",
        "enterprise,year,component,bought\n" + LINE * 30 + "A,2023,electricity,1,2\n",
        "enterprise;year;component;bought\nA;2023;electricity;1\n",
        'enterprise,year,component,bought\n"A" x,2023,electricity,1\n',
        "enterprise,year,component,bought\n广州,2023,electricity,1\n".encode("gbk"),
        gzip.compress(b"enterprise,year", mtime=0)[:-6],
        b"\x00\xff",
        b"",
    ],
)
def test_nothing_about_a_file_is_guessed(tmp_path, text):
    path = tmp_path / ("rows.csv.gz" if text[:2] == b"\x1f\x8b" else "rows.csv")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(Refused, match=r"CW-955[01]"):
        recalculate(path, PAPER)


@pytest.mark.parametrize(
    "name", ["r*.csv", "row[s].csv", "row?.csv", "r'x.csv", "area=other/rows.csv", "ROWS.CSV"]
)
def test_a_name_stands_for_one_file(tmp_path, name):
    head = "enterprise,year,component,bought\n"
    (tmp_path / "rows.csv").write_text(head + LINE * 5)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(("\ufeff" + head + LINE).replace("\n", "\r\n").encode())
    assert recalculate(path, PAPER).rows == 1


def test_symbols_may_differ_by_capitals_only(tmp_path):
    used = method("paper@2015.1")
    assert {"W", "w"} <= {symbol.code for part in used.body.components for symbol in part.symbols}
    path = tmp_path / "rows.parquet"
    head = "enterprise,year,component,area,W,w,bought\n"
    (tmp_path / "rows.csv").write_text(head + "A,2021,electricity,guangdong,,,1\n")
    assert recalculate(tmp_path / "rows.csv", used).rows == 1
    with duckdb.connect() as base:
        base.execute(
            "COPY (SELECT 'A' AS enterprise, 2021 AS year, 'electricity' AS component, 'guangdong' AS area,"
            " NULL::INT AS W, 1 AS bought)"
            f" TO '{path}' (FORMAT parquet)"
        )
    assert recalculate(path, used).totals == recalculate(tmp_path / "rows.csv", used).totals


def test_another_factor_table_moves_the_total(tmp_path):
    rows = [["mill", 2023, "electricity", "e", "", "guangdong", "", "", "1000"]]
    path = write(tmp_path / "rows.csv", rows)
    other = varied(PAPER, tables={})
    assert [one.change_t for one in compare(path, PAPER, other).changes] == [0]
    assert PAPER.digest
    assert not other.digest


def test_another_gwp_set_moves_what_is_no_carbon_dioxide(tmp_path):
    # (120 - 90.5) kg of SF6 = 0.0295 t; SAR 23,900 gives 705.05 t, AR5 23,500 gives 693.25 t (IPCC).
    used = method("grid-sf6@2015.1")
    head = ["enterprise", "year", "component", "cap", "rec"]
    path = write(tmp_path / "rows.csv", [["grid", 2023, "sf6_retired", "120", "90.5"]], head)
    before = recalculate(path, used)
    assert before.totals[0].emissions == Decimal("705.05")
    assert recalculate(path, varied(used, gwp="ar5")).totals[0].emissions == Decimal("693.25")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"FC": "1e5"}, "CW-9553"),
        ({"FC": "NaN"}, "CW-9553"),
        ({"FC": "1,000"}, "CW-9553"),
        ({"NCV": "23100"}, "CW-5243"),
        ({"FC": "-1"}, "CW-5243"),
        ({"component": "nothing"}, "CW-9557"),
        ({"component": ""}, "CW-9554"),
        ({"year": "20x3"}, "CW-9554"),
        ({"year": "2023.7"}, "CW-9554"),
        ({"enterprise": "m" * 101}, "CW-9103"),
        ({"component": "electricity", "item": "", "FC": "", "NCV": ""}, "CW-5250"),
        ({"item": "peat of the moor"}, "CW-5220"),
        ({"component": "transferred_co2", "item": "", "FC": "", "NCV": ""}, "CW-5250"),
        ({"component": "green_power", "item": "", "FC": "", "NCV": ""}, "CW-9556"),
    ],
)
def test_what_no_report_could_say_is_refused(tmp_path, cells, code):
    good = ["mill", 2023, "fuel", "c", "bituminous", "guangdong", "42000", "23.1", ""]
    bad = [cells.get(name, value) for name, value in zip(HEAD, good, strict=True)]
    with pytest.raises(Refused, match=code):
        recalculate(write(tmp_path / "rows.csv", [good, bad]), PAPER)


def test_an_impossible_figure_is_told_with_its_enterprise(tmp_path):
    rows = [["mill", 2023, "fuel", "c", "bituminous", "guangdong", "1", "23.1", ""] for _ in range(50)]
    rows.append(["other", 2023, "fuel", "boiler 9", "bituminous", "guangdong", "1", "61", ""])
    with pytest.raises(Refused) as no:
        recalculate(write(tmp_path / "rows.csv", rows), PAPER)
    assert no.value.refusal.details["where"].startswith("other/boiler 9")


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (["enterprise", "year", "FC"], "CW-9551"),
        (["enterprise", "year", "component", "mass"], "CW-9551"),
        (["enterprise", "year", "component", "FC", "FC"], "CW-9551"),
        (["enterprise", "year", "component", "FC", "fc"], "CW-9551"),
        (["enterprise", "year", "component", "FC:"], "CW-9551"),
        ([], "CW-9551"),
    ],
)
def test_columns_that_are_not_known_are_refused(tmp_path, head, code):
    with pytest.raises(Refused, match=code):
        recalculate(write(tmp_path / "rows.csv", [["1"] * len(head)], head), PAPER)


def test_floats_and_broken_files_are_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    with duckdb.connect() as base:
        base.execute(
            f"COPY (SELECT 'A' AS enterprise, 2023 AS year, 'fuel' AS component, 1.5::DOUBLE AS FC)"
            f" TO '{path}' (FORMAT parquet)"
        )
    with pytest.raises(Refused, match="CW-9552"):
        recalculate(path, PAPER)
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(Refused, match="CW-9550"):
        recalculate(path, PAPER)
    with pytest.raises(Refused, match="CW-9550"):
        recalculate(tmp_path / "none.csv", PAPER)
    with pytest.raises(Refused, match="CW-9555"):
        recalculate(write(tmp_path / "rows.csv", []), PAPER, threads=0)
    with pytest.raises(Refused, match="CW-9555"):
        recalculate(write(tmp_path / "rows.csv", []), PAPER, memory="much")


def test_a_product_too_long_for_the_database_goes_the_exact_way(tmp_path):
    longest = "123456789012345.123456789"  # 24 digits: with 24 more they do not fit into a decimal of 38
    head = ["enterprise", "year", "component", "item", "FC", "C"]
    rows = [["mill", 2023, "fuel", "bituminous", longest, "0.523456789"]]
    path = write(tmp_path / "rows.csv", [*rows, ["mill", 2023, "fuel", "bituminous", longest, "0.1"]], head)
    result = recalculate(path, PAPER)
    assert (result.rows, result.exact_rows) in {(2, 0), (2, 2)}
    # 123456789012345.123456789 x (0.523456789 + 0.1) x 0.93 x 44/12, multiplied out as whole numbers.
    above = 123456789012345123456789 * 623456789 * 93 * 44
    assert abs(Fraction(result.totals[0].emissions) - Fraction(above, 10**9 * 10**9 * 100 * 12)) < Fraction(
        1, 10**15
    )


small = st.integers(-50, 50).map(Fraction)


@given(x=small, y=small)
def test_an_expanded_formula_is_the_formula(x, y):
    made = expand("(x - y) * a * (1 - y / b) + x * max(a, b)", {"a": Decimal(3), "b": Decimal(4)})
    assert value_of(made, {"x": x, "y": y}) == (x - y) * 3 * (1 - y / 4) + x * 4


@given(x=small, y=small, low=small, high=small)
def test_a_formula_stays_within_its_range(x, y, low, high):
    ends = {"x": (min(low, x, high), max(low, x, high)), "y": (min(y, 3), max(y, 3))}
    text = "(x - y) * x * 2 - max(x, y) / 4 + min(x, 5)"
    least, most = range_of(text, ends)
    assert least <= (x - y) * x * 2 - max(x, y) / 4 + min(x, 5) <= most


@pytest.mark.parametrize("text", ["a / x", "max(x, a)", "x / (x + a)", "x / 0"])
def test_what_is_no_sum_of_products_is_said(text):
    with pytest.raises(NotPolynomialError):
        expand(text, {"a": Decimal(3)})


def test_the_command(tmp_path, capsys):
    rows = [["mill", 2023, "electricity", "e", "", "guangdong", "", "", "31500"]]
    path = write(tmp_path / "rows.csv", rows)
    said = json.loads(call(capsys, "mrv", "recalculate", path, "--method", PAPER.id, "--json").out)
    assert (said["rows"], said["totals"][0]["emissions_t"]) == (1, 20_094)
    text = call(capsys, "mrv", "recalculate", path, "--method", PAPER.id, "--gwp", "ar5", "--lang", "en")
    assert (text.code, "20,094" in text.out) == (0, True)
    bad = call(capsys, "mrv", "recalculate", path, "--method", PAPER.id, "--gwp", "ar9", "--lang", "en")
    assert (bad.code, "CW-9558" in bad.err) == (2, True)


def test_the_command_compares_two_methods(tmp_path, capsys):
    # 1,000 MWh x 0.6379 = 637.9 t in Guangdong's own method; the national one takes another factor.
    rows = [["mill", 2023, "electricity", "e", "", "guangdong", "", "", "1000"]]
    path = write(tmp_path / "rows.csv", rows)
    given = ("mrv", "recalculate", path, "--method", PAPER.id, "--against", "paper@2015.1", "--threads", "1")
    said = json.loads(call(capsys, *given, "--json").out)
    assert (said["before"]["totals"][0]["emissions_t"], said["after"]["method"]) == (638, "paper@2015.1")
    after_t = said["after"]["totals"][0]["emissions_t"]
    assert after_t != 638
    assert f"{after_t - 638:+,}" in call(capsys, *given, "--lang", "en").out
