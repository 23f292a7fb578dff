"""The core on small methods; expected values by hand."""

from decimal import Decimal

import msgspec
import pytest

from capwright.kernel.refusal import BadInput, Refused
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.calculation import compute, round_t
from capwright.mrv.records import EmissionReport, Stream
from tests.mrv_worlds import METHOD, coal, datum, method, months, report


def code(work) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.refusal.code


def emissions(*streams: Stream, made=None, **more) -> Decimal:
    return compute(made or method(), report(*streams, **more)).emissions


def test_defaults_come_from_the_table_of_the_method():
    # 1,000 × 20.304 × 0.02749 × 0.94 × 44/12 = 1,923.7809888
    assert emissions(coal()) == Decimal("1923.7809888")


def test_measured_carbon_goes_before_a_heating_value():
    found = compute(
        method(), report(coal(datum("FC", "t", 100), datum("C", "tC/t", "0.6"), datum("NCV", "GJ/t", 25)))
    )
    # 100 × 0.6 × 0.94 × 44/12 = 206.8
    assert found.emissions == Decimal("206.8")
    assert found.streams[0].form == "measured_carbon"


def test_a_stream_may_insist_on_a_form():
    given = coal(
        datum("FC", "t", 100), datum("C", "tC/t", "0.6"), datum("NCV", "GJ/t", 25), form="heat_content"
    )
    # 100 × 25 × 0.02749 × 0.94 × 44/12 = 64.6015 × 44/12 = 2,842.466/12
    assert emissions(given) == stated(EXACT.divide(Decimal("2842.466"), Decimal(12)))


def test_units_of_the_reporter_are_converted():
    in_t = coal(datum("FC", "t", 12), datum("NCV", "GJ/t", 20))
    in_kg = coal(datum("FC", "kg", 12000), datum("NCV", "kJ/kg", 20000))
    assert emissions(in_t) == emissions(in_kg)
    gas = coal(datum("FC", "10^4 Nm3", 1), item="gas")
    assert emissions(gas) == emissions(coal(datum("FC", "Nm3", 10000), item="gas"))
    # 389.31 × 0.0153 × 0.99 × 44/12 = 21.62188809, published 21.622
    assert emissions(gas) == Decimal("21.6218880900000000000000000000000000000000000000000000000000")


def test_electricity_is_net_and_uses_the_fixed_factor():
    bought = Stream("grid", "electricity", data=(datum("bought", "10^4 kWh", 100), datum("sold", "MWh", 200)))
    # (1,000 − 200) × 0.6379
    assert emissions(bought) == Decimal("510.32")


def test_annual_properties_are_weighted_with_the_activity_never_plain():
    # 100 t of 20 GJ/t in January, 300 t of 24 in February, nothing after: mean (2,000 + 7,200) / 400 = 23
    given = coal(
        datum("FC", "t", months=months(100, 300, 0)),
        datum("NCV", "GJ/t", months=months(20, 24, 30)),
        form="heat_content",
    )
    # 400 × 23 × 0.02749 × 0.94 × 44/12 = 871.69…
    assert emissions(given) == emissions(coal(datum("FC", "t", 400), datum("NCV", "GJ/t", 23)))


def test_a_plain_mean_is_refused():
    given = coal(datum("FC", "t", 400), datum("NCV", "GJ/t", months=months(20, 24)))
    assert code(lambda: emissions(given)) == "CW-5247"


def test_a_missing_month_of_a_property_takes_the_default_and_says_so():
    gap = (*months(25)[:11], None)
    found = compute(
        method(), report(coal(datum("FC", "t", months=months(10)), datum("NCV", "GJ/t", months=gap)))
    )
    # twelve times 10 t: 10 × (11 × 25 + 20.304) = 2,953.04 GJ, × 0.02749 × 0.94 (= 0.0258406) × 44/12
    assert found.emissions == stated(
        EXACT.divide(Decimal("2953.04") * Decimal("0.0258406") * 44, Decimal(12))
    )
    leaves = [node.obtained for node in found.streams[0].node.children[1].children]
    assert leaves == ["measured"] * 11 + ["default"]


def test_a_missing_month_of_an_activity_is_refused():
    gap = (*months(25)[:11], None)
    assert code(lambda: emissions(coal(datum("FC", "t", months=gap)))) == "CW-5246"


def test_a_symbol_with_no_value_at_all_is_refused_with_the_ways_there_are():
    with pytest.raises(Refused) as refused:
        emissions(coal(datum("FC", "t", 1), item="slurry"))
    assert refused.value.refusal.code == "CW-5250"
    assert "heat_content" in str(refused.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (coal(datum("FC", "GJ", 1)), "CW-5255"),  # wrong dimension
        (coal(datum("FC", "tonnes", 1)), "CW-5255"),  # unknown unit
        (coal(datum("FC", "t", 1), datum("OF", "1", 94)), "CW-5243"),  # percent given as 100 times too large
        (coal(datum("FC", "t", -1)), "CW-5243"),
        (coal(datum("FC", "t", 1), datum("XX", "t", 1)), "CW-5241"),
        (coal(datum("FC", "t", 1), datum("FC", "t", 2)), "CW-5242"),
        (coal(datum("FC", "t", "NaN")), "CW-5244"),
        (coal(datum("FC", "t", "1e99")), "CW-5244"),
        (coal(datum("FC", "t", "1." + "1" * 40)), "CW-5244"),
        (coal(datum("FC", "t")), "CW-5245"),
        (coal(datum("FC", "t", 1, months=months(1))), "CW-5245"),
        (coal(datum("FC", "t", months=months(1)[:11])), "CW-5245"),
        (coal(item="wood"), "CW-5241"),
        (coal(form="guess"), "CW-5251"),
        (Stream("x", "steam"), "CW-5241"),
        (
            Stream("grid", "electricity", data=(datum("bought", "MWh", 1), datum("EF", "tCO2/MWh", 0))),
            "CW-5248",
        ),
    ],
)
def test_bad_data_are_an_error_with_a_code_never_a_number(given, expected):
    assert code(lambda: emissions(given)) == expected


def test_two_streams_of_one_name_are_refused():
    assert code(lambda: emissions(coal(), coal())) == "CW-5242"


def test_a_report_pins_its_method():
    assert code(lambda: compute(method(), report(coal(), method="test@2"))) == "CW-5240"
    assert code(lambda: compute(method(), report(coal(), digest="0" * 64))) == "CW-5240"
    compute(method(), report(coal(), digest=method().digest))


DEDUCTION = """
[[components]]
code = "captured"
en = "captured"
zh = "捕集"
scope = "deduction"
sign = -1
within = "fuel"
per = "month"
symbols = [{ code = "Q", en = "q", zh = "q", unit = "tCO2", role = "activity" }]
forms = [{ code = "amount", en = "a", zh = "a", formula = "Q" }]

[[components]]
code = "certificates"
en = "certificates"
zh = "绿证"
scope = "deduction"
sign = -1
within = "electricity"
switch = "green_power"

[[components.symbols]]
code = "Q"
en = "certificates"
zh = "绿证"
unit = "MWh"
role = "activity"

[[components.symbols]]
code = "EF"
en = "factor"
zh = "排放因子"
unit = "tCO2/MWh"
role = "factor"
default = "grid:guangdong.ef"
fixed = true

[[components.forms]]
code = "amount"
en = "amount"
zh = "数量"
formula = "Q * EF"

"""


def test_a_deduction_ends_at_what_it_is_taken_from():
    made = method(DEDUCTION)
    captured = Stream("ccs", "captured", data=(datum("Q", "tCO2", 5000),))
    assert emissions(coal(), captured, made=made) == 0
    some = Stream("ccs", "captured", data=(datum("Q", "tCO2", 1000),))
    assert emissions(coal(), some, made=made) == Decimal("923.7809888")
    elsewhere = Stream("ccs", "captured", facility="other", data=(datum("Q", "tCO2", 1000),))
    assert code(lambda: emissions(coal(), elsewhere, made=made)) == "CW-5280"


def test_two_deductions_share_what_there_is():
    made = method(DEDUCTION)
    first = Stream("a", "captured", data=(datum("Q", "tCO2", 1500),))
    second = Stream("b", "captured", data=(datum("Q", "tCO2", 1500),))
    assert emissions(coal(), first, second, made=made) == 0


def test_green_power_counts_only_where_the_scheme_says_so():
    made = method(DEDUCTION)
    power = Stream("grid", "electricity", data=(datum("bought", "MWh", 100),))
    green = Stream("gec", "certificates", data=(datum("Q", "MWh", 250),))
    assert code(lambda: emissions(power, green, made=made)) == "CW-5253"
    found = compute(made, report(power, green), switches=frozenset({"green_power"}))
    assert found.emissions == 0  # never more than what was bought


MONTHLY = """
[[components]]
code = "clinker"
en = "clinker"
zh = "熟料"
scope = "process"
per = "month"
checks = [{ code = "moisture", en = "received below dry", zh = "基", low = "M_ad", high = "M_ar" }]
symbols = [
  { code = "Q", en = "q", zh = "q", unit = "t", role = "activity" },
  { code = "M_ar", en = "m", zh = "m", unit = "1", most = 0.4 },
  { code = "M_ad", en = "m", zh = "m", unit = "1" },
  { code = "C_ad", en = "c", zh = "c", unit = "tC/t" },
  { code = "C_ar", en = "c", zh = "c", unit = "tC/t", formulas = ["C_ad * (1 - M_ar) / (1 - M_ad)"] },
  { code = "EF", en = "f", zh = "f", unit = "tC/t", value = 0.5 },
]
forms = [
  { code = "measured", en = "m", zh = "m", formula = "Q * C_ar * CO2_C" },
  { code = "default", en = "d", zh = "d", formula = "Q * EF * CO2_C" },
]
"""


def monthly(*data) -> Stream:
    return Stream("k", "clinker", data=data)


def test_the_form_is_chosen_month_by_month():
    made = method(MONTHLY)
    given = monthly(
        datum("Q", "t", months=months(3, 6, 0)), datum("C_ar", "tC/t", months=(Decimal("0.6"), *[None] * 11))
    )
    # January 3 × 0.6 × 44/12 = 6.6; February 6 × 0.5 × 44/12 = 11; then nothing
    found = compute(made, report(given))
    assert found.emissions == Decimal("17.6")
    assert found.streams[0].form == "measured+default+none"
    assert found.streams[0].months[:3] == (Decimal("6.6"), 11, 0)


def test_a_symbol_derived_from_others_says_how():
    # 0.6 × (100 − 10) / (100 − 4) = 0.5625 ; × 3 × 44/12 = 6.1875
    made = method(MONTHLY)
    given = monthly(
        datum("Q", "t", 3), datum("C_ad", "tC/t", "0.6"), datum("M_ar", "%", 10), datum("M_ad", "%", 4)
    )
    found = compute(made, report(given))
    assert found.emissions == Decimal("6.1875")
    assert found.node.children[0].children[1].formula.startswith("C_ad *")


def test_moisture_received_below_air_dried_is_a_contradiction():
    made = method(MONTHLY)
    given = monthly(
        datum("Q", "t", 3), datum("C_ad", "tC/t", "0.6"), datum("M_ar", "%", 3), datum("M_ad", "%", 4)
    )
    assert code(lambda: compute(made, report(given))) == "CW-5254"


GAS = """
[[components]]
code = "methane"
en = "methane"
zh = "甲烷"
scope = "waste"
gas = "CH4"
symbols = [{ code = "Q", en = "q", zh = "q", unit = "kgCH4", role = "activity" }]
forms = [{ code = "amount", en = "a", zh = "a", formula = "Q" }]
"""


@pytest.mark.parametrize(
    ("column", "expected"), [("sar", "21"), ("ar4", "25"), ("ar5", "28"), ("ar6", "27.9")]
)
def test_the_warming_potential_belongs_to_the_method(column, expected):
    made = method(GAS, METHOD.replace('zh = "测试方法"', f'zh = "测试方法"\ngwp = "{column}"'))
    given = Stream("w", "methane", data=(datum("Q", "kgCH4", 1000),))
    assert emissions(given, made=made) == Decimal(expected)


def test_every_number_explains_itself_down_to_the_reading():
    found = compute(method(), report(coal(datum("FC", "kg", months=months(1000)))))

    def leaves(node):
        return [node] if not node.children else [leaf for child in node.children for leaf in leaves(child)]

    for leaf in leaves(found.node):
        assert leaf.obtained
        assert leaf.factor is not None or leaf.obtained == "measured"
    assert [node.value for node in found.node.children[0].children[0].children] == [1] * 12


def test_what_is_from_memory_is_named():
    power = Stream("grid", "electricity", data=(datum("bought", "MWh", 1),))
    found = compute(method(), report(power))
    assert [factor.name for factor in found.provisional] == ["grid-test@1/guangdong/ef"]


@pytest.mark.parametrize(("value", "whole"), [("0.5", 1), ("1.5", 2), ("2.4999999", 2), ("0", 0)])
def test_whole_tonnes_half_up(value, whole):
    assert round_t(Decimal(value)) == whole


def test_the_total_is_rounded_once():
    # three streams of 0.4 t each: 1.2 → 1, not 0 + 0 + 0
    made = method(GAS.replace("CH4", "CO2"))
    streams = [Stream(f"w{n}", "methane", data=(datum("Q", "kgCO2", 400),)) for n in range(3)]
    assert compute(made, report(*streams)).emissions_t == 1


def test_digits_without_an_end_do_not_take_a_tonne():
    # three piles of 0.5 t of carbon, burned wholly: 3 × 0.5 × 44/12 = 5.5 t → 6, though 1.8333… has no end
    piles = [
        Stream(f"p{n}", "fuel", "anthracite", data=(
            datum("FC", "t", 1), datum("C", "tC/t", "0.5"), datum("OF", "1", 1),
        ))
        for n in range(3)
    ]  # fmt: skip
    assert compute(method(), report(*piles)).emissions_t == 6


def test_a_report_is_the_same_after_json():
    given = report(coal(datum("FC", "t", months=months("1.10", 2))), area="guangdong")
    assert msgspec.json.decode(msgspec.json.encode(given), type=EmissionReport) == given


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('formula = "Q"', 'formula = "Q * Q"'),
        ('formula = "Q"', 'formula = "X"'),
        ('gas = "CH4"', 'gas = "XX"'),
        ('unit = "kgCH4"', 'unit = "kg CH4"'),
        ('scope = "waste"', 'scope = "waste"\nwithin = "nothing"'),
        ('scope = "waste"', 'scope = "waste"\ntable = "nothing"'),
    ],
)
def test_an_unsound_method_does_not_load(old, new):
    with pytest.raises(BadInput) as refused:
        method(GAS.replace(old, new))
    assert refused.value.refusal.code == "CW-5232"
    assert refused.value.line


def test_an_unknown_part_is_named_in_the_readers_language():
    with pytest.raises(Refused) as refused:
        emissions(coal(datum("FK", "t", 1)))
    assert refused.value.refusal.message("zh").startswith("coal：方法中没有参数“FK”。可用的有：FC, ")
    assert refused.value.refusal.message().startswith("coal: the method has no symbol 'FK'. Known: FC, ")


def test_too_many_streams_are_refused_by_their_count():
    many = [coal(code=f"coal{n}") for n in range(2001)]
    with pytest.raises(Refused) as refused:
        emissions(*many)
    assert refused.value.refusal.code == "CW-5256"
    assert "2001" in refused.value.refusal.message()
