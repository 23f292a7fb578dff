"""The database of measured indicators: what gets in, evidence by firm, ranges of peers; numbers by hand."""

from decimal import Decimal
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from capwright.kernel.refusal import Refused
from capwright.mrv.indicators import QUANTITIES, IndicatorDatabase, IndicatorEntry
from capwright.mrv.library import method as shipped
from capwright.mrv.library import methods
from capwright.mrv.measured_values import from_measured, from_report, of_market
from capwright.mrv.messages import MeasuredValue
from capwright.mrv.records import EmissionReport, Evidence, Stream
from capwright.mrv.reports import measured_values
from tests.mrv_workflow_worlds import ALPHA, YEAR, MrvWorld, figures
from tests.mrv_worlds import coal, datum, method, months, report

D = Decimal
SHA, OTHER_SHA = "a" * 64, "b" * 64
METHOD = method()


def entry(enterprise: str, value: object, **more) -> IndicatorEntry:
    given = {"year": 2023, "fuel": "anthracite", "quantity": "ncv", "unit": "GJ/t", **more}
    return IndicatorEntry(enterprise=enterprise, value=D(str(value)), **given)


def five() -> IndicatorDatabase:
    return IndicatorDatabase(
        entry(firm, ncv) for firm, ncv in zip("abcde", (20, 21, 23, 26, 40), strict=True)
    )


def code(doing) -> str:
    with pytest.raises(Refused) as refused:
        doing()
    return refused.value.refusal.code


# ---- what a report gives ----


def by_key(entries) -> dict[tuple[str, int], IndicatorEntry]:
    return {(e.quantity + (f"_{e.basis}" if e.basis else ""), e.month): e for e in entries}


def test_a_year_s_value_becomes_one_entry_with_its_evidence():
    ncv = datum("NCV", "MJ/kg", 20.5, evidence=(Evidence(SHA, "lab"),))
    given = report(coal(datum("FC", "kt", 3), ncv, facility="boiler"))
    assert from_report(METHOD, given, enterprise="GD-001", verified_by="V-1") == (
        IndicatorEntry(
            enterprise="GD-001", year=2023, fuel="anthracite", quantity="ncv", value=D("20.5"), unit="GJ/t",
            facility="boiler", stream="coal", amount=D(3000), per="t", evidence=(SHA,), method="test@1",
            verified_by="V-1",
        ),
    )  # fmt: skip


def test_monthly_values_become_months_and_a_weighted_year():
    # 300 t at 20, 100 t at 24, then nothing: (300 x 20 + 100 x 24) / 400 = 21 GJ/t. A plain mean would be 22.
    lab = Evidence(OTHER_SHA, "lab", month=2)
    ncv = datum("NCV", "GJ/t", months=months(20, 24, 99 / 3), evidence=(Evidence(SHA), lab))
    given = report(coal(datum("FC", "t", months=months(300, 100, 0)), ncv))
    found = by_key(from_report(METHOD, given))
    assert set(found) == {("ncv", 0), ("ncv", 1), ("ncv", 2)}
    assert (found["ncv", 1].value, found["ncv", 1].amount) == (D(20), D(300))
    assert found["ncv", 1].evidence == (SHA,)
    assert found["ncv", 2].evidence == (SHA, OTHER_SHA)
    year = found["ncv", 0]
    assert (year.value, year.amount, year.months) == (D(21), D(400), 2)


def test_a_month_filled_with_a_default_is_no_evidence():
    # 10 months measured at 20, two missing: the calculation takes 20.304 of the table, the database does not.
    values = (*[D(20)] * 10, None, None)
    given = report(coal(datum("FC", "t", months=months(100)), datum("NCV", "GJ/t", months=values)))
    year = by_key(from_report(METHOD, given))["ncv", 0]
    assert (year.value, year.months, year.amount) == (D(20), 10, D(1000))


@pytest.mark.parametrize("obtained", ["default", "estimated", "calculated"])
def test_only_what_was_measured_gets_in(obtained):
    given = report(coal(datum("FC", "t", 1000), datum("NCV", "GJ/t", 20, obtained=obtained)))
    assert from_report(METHOD, given) == ()


def test_carbon_per_heat_follows_from_measured_carbon_and_heat():
    # Two months: carbon 0.5 and 0.6, heat 20 and 25, coal 100 t and 300 t.
    # Month 1: 0.5 / 20 = 0.025; month 2: 0.6 / 25 = 0.024.
    # Year: carbon (50 + 180) / 400 = 0.575, heat (2000 + 7500) / 400 = 23.75; 0.575 / 23.75 = 230 / 9500.
    given = report(
        coal(
            datum("FC", "t", months=months(100, 300, 0)),
            datum("C", "tC/t", months=months("0.5", "0.6")),
            datum("NCV", "GJ/t", months=months(20, 25)),
        )
    )
    found = by_key(from_report(METHOD, given))
    assert (found["cc", 1].value, found["cc", 2].value) == (D("0.025"), D("0.024"))
    assert round(found["cc", 0].value, 12) == round(D(230) / D(9500), 12)
    assert found["cc", 0].obtained == "calculated"
    assert found["carbon", 0].value == D("0.575")


def test_measured_carbon_per_heat_is_not_worked_out_again():
    data = (
        datum("FC", "t", 10),
        datum("C", "tC/t", "0.5"),
        datum("NCV", "GJ/t", 20),
        datum("CC", "tC/GJ", "0.026"),
    )
    found = by_key(from_report(METHOD, report(coal(*data))))
    assert (found["cc", 0].value, found["cc", 0].obtained) == (D("0.026"), "measured")


def test_coal_of_a_power_plant_as_received():
    # C_ar = 0.6 x (1 - 0.1) / (1 - 0.04) = 0.5625; CC = 0.5625 / 22.5 = 0.025 tC/GJ.
    power = shipped("power@2022.1")
    data = (
        datum("FC", "t", months=months(1000)),
        datum("C_ad", "%", months=months(60), evidence=(Evidence(SHA, "lab"),)),
        datum("M_ar", "%", months=months(10)),
        datum("M_ad", "%", months=months(4)),
        datum("NCV_ar", "GJ/t", months=months("22.5")),
    )
    stream = Stream("unit1", "coal", facility="unit1", data=data)
    given = EmissionReport("firm", 2023, power.id, (stream,), (datum("supply", "MWh", 1000),))
    found = by_key(from_report(power, given))
    year = {key: e.value for (key, month), e in found.items() if month == 0}
    assert year == {
        "carbon_ad": D("0.60"), "moisture_ar": D("0.1"), "moisture_ad": D("0.04"), "ncv_ar": D("22.5"),
        "carbon_ar": D("0.5625"), "cc": D("0.025"),
    }  # fmt: skip
    assert {e.fuel for e in found.values()} == {"coal"}
    assert found["carbon_ar", 3].obtained == "calculated"
    assert found["carbon_ar", 3].evidence == found["cc", 0].evidence == (SHA,)
    assert len(found) == 6 * 13


def test_electricity_and_processes_are_no_fuels():
    grid = Stream("grid", "electricity", data=(datum("bought", "MWh", 5),))
    assert from_report(METHOD, report(grid)) == ()


def test_gas_is_kept_by_ten_thousand_cubic_metres():
    gas = coal(datum("FC", "Nm3", 5_000_000), datum("NCV", "GJ/Nm3", "0.0388"), item="gas")
    (found,) = from_report(METHOD, report(gas))
    assert (found.value, found.unit, found.amount, found.per) == (D(388), "GJ/10^4 Nm3", D(500), "10^4 Nm3")


def test_a_report_of_another_method_is_refused():
    assert code(lambda: from_report(METHOD, report(coal(), method="test@2"))) == "CW-5240"


def test_what_an_approval_carries_gives_the_same_values():
    given = report(
        coal(datum("FC", "t", months=months(300, 100, 0)), datum("NCV", "GJ/t", months=months(20, 24))),
        coal(datum("FC", "t", 7), datum("OF", "%", 97), code="other"),
    )
    carried = from_measured(METHOD, "firm", 2023, measured_values(METHOD, given))
    assert [(e.quantity, e.value) for e in carried] == [("ncv", D(21)), ("oxidation", D("0.97"))]
    full = [e for e in from_report(METHOD, given) if not e.month]
    assert [(e.key, e.value) for e in full] == [(e.key, e.value) for e in carried]
    nothing = MeasuredValue("s", "electricity", "EF", D(1), "tCO2/MWh")
    assert from_measured(METHOD, "firm", 2023, [nothing]) == ()


def test_what_rests_on_an_estimate_is_no_measurement():
    # The carbon is measured, the moisture is not: no carbon as received, and no carbon per unit of heat.
    power = shipped("power@2022.1")
    data = (
        datum("FC", "t", 1000), datum("C_d", "%", 60), datum("M_ar", "%", 10, obtained="estimated"),
        datum("NCV_ar", "GJ/t", "22.5"),
    )  # fmt: skip
    given = EmissionReport(
        "firm", 2023, power.id, (Stream("unit1", "coal", data=data),), (datum("supply", "MWh", 1000),)
    )
    assert {key for key, _ in by_key(from_report(power, given))} == {"carbon_d", "ncv_ar"}


def test_heat_of_another_basis_says_nothing_of_carbon_as_received():
    dry = method("""
[[components]]
code = "dry"
en = "dry coal"
zh = "干煤"
scope = "combustion"

  [[components.symbols]]
  code = "FC"
  en = "coal"
  zh = "煤"
  unit = "t"
  role = "activity"

  [[components.symbols]]
  code = "C"
  en = "carbon"
  zh = "碳"
  unit = "tC/t"

  [[components.symbols]]
  code = "NCV_d"
  en = "heat, dry"
  zh = "干基热值"
  unit = "GJ/t"

  [[components.forms]]
  code = "carbon"
  en = "carbon"
  zh = "碳"
  formula = "FC * C * CO2_C"
""")
    data = (datum("FC", "t", 10), datum("C", "tC/t", "0.5"), datum("NCV_d", "GJ/t", 25))
    found = by_key(from_report(dry, report(Stream("s", "dry", data=data))))
    assert set(found) == {("carbon", 0), ("ncv_d", 0)}


@pytest.mark.parametrize(
    ("component", "symbol", "unit", "item"),
    [
        ("fuel_ipcc", "NCV", "GJ/t", "anthracite"),  # a cross-check
        ("clinker", "C", "tC/t", ""),  # a process that names no material
        ("fuel", "C_in", "tC/t", "anthracite"),  # carbon of what goes in, not of the fuel
        ("fuel", "w", "1", "anthracite"),
        ("fuel", "M", "1", "anthracite"),  # moisture of which basis?
        ("fuel", "NCV", "GJ/MWh", "anthracite"),
        ("nothing", "NCV", "GJ/t", "anthracite"),
    ],
)
def test_what_is_no_indicator_of_a_fuel_stays_out(component, symbol, unit, item):
    cement = shipped("guangdong-cement@2022.1")
    value = MeasuredValue("s", component, symbol, D(1), unit, item)
    assert from_measured(cement, "firm", 2023, [value]) == ()
    kept = MeasuredValue("s", "fuel", "NCV", D(1), "GJ/t", "anthracite")
    assert len(from_measured(cement, "firm", 2023, [kept])) == 1


@pytest.mark.parametrize("name", methods())
def test_no_method_measures_one_quantity_of_a_stream_under_two_symbols(name):
    made = shipped(name)
    for component in made.body.components:
        if component.cross_check or not (component.table or component.scope == "combustion"):
            continue
        table = made.tables.get(component.table)
        item = (component.items or [row.code for row in table.body.items])[0] if table else ""
        per = table.item(item).per if table else "t"
        given = [
            MeasuredValue("s", component.code, symbol.code, D(1), symbol.unit.replace("{per}", per), item)
            for symbol in component.symbols
            if symbol.role != "activity" and "{gas}" not in symbol.unit
        ]
        assert IndicatorDatabase(from_measured(made, "firm", 2023, given)) is not None


def test_the_market_keeps_what_was_verified_and_approved():
    world = MrvWorld()
    ncv = datum("NCV", "MJ/kg", months=months(*[20] * 6, 23))
    amount = datum("FC", "t", months=months(*[100] * 6, 200))
    (submitted,) = world.submit(figures(coal(amount, ncv)))
    world.assign()
    world.state(submitted.emissions_t)
    world.accept()
    assert of_market(world.mrv.desk).entries == ()  # reported and verified, not approved yet
    world.approve(submitted.emissions_t)
    (found,) = of_market(world.mrv.desk).entries
    # (600 x 20 + 1200 x 23) / 1800 = 22
    assert (found.enterprise, found.year, found.fuel) == (ALPHA, YEAR, "anthracite")
    assert (found.value, found.unit, found.verified_by) == (D(22), "GJ/t", "v1")
    assert of_market(world.restored().rooms["mrv"].desk).entries == (found,)


# ---- evidence ----


def test_evidence_is_asked_for_by_firm_fuel_quantity_and_year():
    held = IndicatorDatabase(
        [
            entry("a", 20), entry("a", 21, year=2022), entry("a", 30, fuel="coke"), entry("b", 20),
            entry("a", "0.6", quantity="carbon", unit="tC/t", evidence=(SHA,)),
        ]
    )  # fmt: skip
    assert {e.enterprise for e in held.evidence("a")} == {"a"}
    assert len(held.evidence("a")) == 4
    assert [e.value for e in held.evidence("a", fuel="anthracite", quantity="ncv")] == [D(21), D(20)]
    assert [e.evidence for e in held.evidence("a", quantity="carbon", year=2023)] == [(SHA,)]
    assert held.evidence("nobody") == ()


def test_a_corrected_year_takes_the_place_of_what_was_there():
    held = five().with_year("a", 2023, [entry("a", 22)])
    assert [e.value for e in held.evidence("a")] == [D(22)]
    assert len(held.entries) == 5
    assert len(five().with_year("a", 2022, [entry("a", 22, year=2022)]).entries) == 6
    assert len(five().with_year("a", 2023, []).entries) == 4
    assert code(lambda: five().with_year("a", 2023, [entry("b", 22)])) == "CW-5265"


# ---- peers ----


def test_the_range_of_peers():
    # 20, 21, 23, 26, 40: median 23; distances 3, 2, 0, 3, 17, their median 3; 3 / 0.6745 = 4.4477.
    found = five().peers("anthracite", "ncv", 2023)
    assert (found.n, found.least, found.most, found.unit) == (5, D(20), D(40), "GJ/t")
    assert (found.low_quartile, found.median, found.high_quartile) == (D(21), D(23), D(26))
    assert round(found.spread, 4) == D("4.4477")


def test_a_firm_is_not_its_own_peer():
    # Without e: 20, 21, 23, 26. Median (21 + 23) / 2; quartiles at places 0.75 and 2.25: 20.75 and 23.75.
    found = five().peers("anthracite", "ncv", 2023, without="e")
    assert (found.n, found.median, found.most) == (4, D(22), D(26))
    assert (found.low_quartile, found.high_quartile) == (D("20.75"), D("23.75"))


def test_a_firm_with_many_boilers_is_one_peer():
    # 100 t at 30, 300 t at 34: (3000 + 10200) / 400 = 33.
    boilers = [entry("z", 30, stream="b1", amount=D(100)), entry("z", 34, stream="b2", amount=D(300))]
    held = IndicatorDatabase([*five().entries, *boilers])
    found = held.peers("anthracite", "ncv", 2023)
    assert (found.n, found.high_quartile) == (6, D("31.25"))  # 20 21 23 26 33 40, place 3.75: 26 + 0.75 x 7
    unknown = [replace(boilers[0], amount=None), boilers[1], entry("z", 90, stream="b3")]
    held = IndicatorDatabase([*five().entries, *unknown])
    assert held.peers("anthracite", "ncv", 2023, without="e").most == D(34)  # the median of 30, 34, 90


def test_where_a_value_lies_among_its_peers():
    found = five().position(D(30), "anthracite", "ncv", 2023)
    assert (found.below, found.equal, found.above, found.share) == (4, 0, 1, D("0.8"))
    assert round(found.z, 3) == D("1.574")  # (30 - 23) / 4.4477
    tied = five().position(D(23), "anthracite", "ncv", 2023)
    assert (tied.share, tied.z) == (D("0.5"), D(0))  # (2 + 1/2) / 5
    own = five().place(five().evidence("e")[0])
    assert (own.peers.n, own.below, own.above) == (4, 4, 0)


def test_peers_that_are_alike_give_no_z():
    held = IndicatorDatabase(entry(firm, 20) for firm in "abc")
    assert held.position(D(21), "anthracite", "ncv", 2023).z is None


def test_months_years_bases_and_fuels_do_not_mix():
    more = [
        entry("f", 1, year=2022), entry("f", 1, fuel="coke"), entry("f", 1, basis="ad"),
        entry("f", 1, month=3), entry("f", "0.6", quantity="carbon", unit="tC/t"),
    ]  # fmt: skip
    held = IndicatorDatabase([*five().entries, *more])
    assert held.peers("anthracite", "ncv", 2023) == five().peers("anthracite", "ncv", 2023)
    assert held.peers("anthracite", "ncv", 2023, month=3, least=1).n == 1


def test_too_few_peers_give_nothing_away():
    held = IndicatorDatabase(entry(firm, 20) for firm in "abc")
    assert held.peers("anthracite", "ncv", 2023).n == 3
    with pytest.raises(Refused, match="CW-5267 2 other firms") as refused:
        held.peers("anthracite", "ncv", 2023, without="a")
    assert "不足3家" in refused.value.refusal.message("zh")
    assert code(lambda: held.peers("anthracite", "ncv", 2021, least=0)) == "CW-5267"


def test_units_are_never_mixed():
    held = IndicatorDatabase([*five().entries, entry("g", 390, unit="GJ/10^4 Nm3")])
    assert code(lambda: held.peers("anthracite", "ncv", 2023)) == "CW-5268"
    assert held.peers("anthracite", "ncv", 2023, unit="GJ/t").n == 5


# ---- entries ----


@pytest.mark.parametrize(
    "change",
    [
        {"month": 13}, {"month": -1}, {"year": 1066}, {"value": D("NaN")}, {"value": D(-1)},
        {"unit": "MJ/kg"}, {"amount": D(-1)}, {"months": 13},
        {"month": 2, "months": 2}, {"amount": D("Infinity")},
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(change):
    assert code(lambda: IndicatorDatabase([replace(entry("a", 20), **change)])) == "CW-5265"


@pytest.mark.parametrize("change", [{"enterprise": ""}, {"fuel": "a\nb"}, {"evidence": ("x" * 101,)}])
def test_texts_are_bounded(change):
    assert code(lambda: IndicatorDatabase([replace(entry("a", 20), **change)])) == "CW-9103"


def test_nobody_is_counted_twice():
    assert code(lambda: IndicatorDatabase([entry("a", 20), entry("a", 21)])) == "CW-5266"


def test_entries_go_into_a_journal_and_come_back():
    given = five().entries[0]
    encoded = msgspec.json.encode(given)
    assert encoded == (
        b'{"enterprise":"a","year":2023,"fuel":"anthracite","quantity":"ncv","value":"20","unit":"GJ/t"}'
    )
    assert msgspec.json.decode(encoded, type=IndicatorEntry) == given
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(encoded[:-1] + b',"colour":"red"}', type=IndicatorEntry)


def test_every_quantity_is_named_in_both_languages():
    assert all(en and zh and units for en, zh, units in QUANTITIES.values())


VALUES = st.lists(st.decimals(1, 60, places=3), min_size=3, max_size=9)


@given(VALUES, st.decimals(1, 60, places=3))
def test_the_order_of_entries_does_not_matter(values, value):
    entries = [entry(f"firm {n}", v) for n, v in enumerate(values)]
    found = IndicatorDatabase(entries).position(value, "anthracite", "ncv", 2023)
    assert IndicatorDatabase(reversed(entries)).position(value, "anthracite", "ncv", 2023) == found
    peers = found.peers
    assert peers.least <= peers.low_quartile <= peers.median <= peers.high_quartile <= peers.most
    assert found.below + found.equal + found.above == len(values)
    assert 0 <= found.share <= 1


@given(VALUES, st.decimals("0.1", 10, places=2))
def test_the_range_scales_with_its_values(values, scale):
    peers = IndicatorDatabase(entry(f"firm {n}", v) for n, v in enumerate(values)).peers(
        "anthracite", "ncv", 2023
    )
    scaled = IndicatorDatabase(entry(f"firm {n}", v * scale) for n, v in enumerate(values))
    found = scaled.peers("anthracite", "ncv", 2023)
    assert (found.median, found.most) == (peers.median * scale, peers.most * scale)
    assert abs(found.spread - peers.spread * scale) < D("1e-20")


def test_all_orders_of_four_firms_give_one_range():
    entries = five().entries[:4]
    ranges = {IndicatorDatabase(order).peers("anthracite", "ncv", 2023) for order in permutations(entries)}
    assert len(ranges) == 1
