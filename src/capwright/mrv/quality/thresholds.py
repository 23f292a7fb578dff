"""Thresholds of the data-quality rules: engineering proposals, every one of which can be set otherwise.

Table values are proposals of this project; the constants of statistics come from the literature as named.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.scheme.section import Citation, Confidence

__all__ = ["DEFAULTS", "Limit", "Thresholds", "limits", "load_thresholds_text", "thresholds"]

UNKNOWN_THRESHOLD = define(
    "CW-5300",
    en="There is no threshold '{name}'.",
    zh="没有名为“{name}”的阈值。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="data-quality catalogue",
)
NOT_A_THRESHOLD = define(
    "CW-5301",
    en="{name}: '{value}' is no threshold; a number from 0 to 1,000,000 is expected.",
    zh="{name}：“{value}”不是有效阈值，应为0至1,000,000之间的数。",
    mend_en="Write shares as fractions: 1 % is 0.01.",
    mend_zh="百分数请写作小数：1%写作0.01。",
    rule="design: bound everything",
)
UPSIDE_DOWN = define(
    "CW-5302",
    en="{low} = {low_value} is above {high} = {high_value}.",
    zh="{low} = {low_value} 大于 {high} = {high_value}。",
    mend_en="Set them the other way round.",
    mend_zh="请调整两者的大小。",
    rule="design: one clear message for bad input",
)
NOT_TOML = define(
    "CW-5303",
    en="The thresholds cannot be read: {reason}",
    zh="阈值文件无法读取：{reason}",
    mend_en="Write lines like `stock_share = 0.02`, alone or below [R05].",
    mend_zh="请按 `stock_share = 0.02` 的形式填写，可置于 [R05] 之下。",
    rule="data-quality catalogue",
)

_MOST: Final = 10**6
_PROPOSAL: Final = Citation("data-quality catalogue, engineering proposal", Confidence.DEFAULT)
_HOAGLIN: Final = Citation("Iglewicz and Hoaglin 1993", Confidence.SECONDARY)
_NIGRINI: Final = Citation("Nigrini, Benford's law: cut-offs of the first digit", Confidence.SECONDARY)
_CHI2: Final = Citation("chi-square distribution", Confidence.DERIVED)


class Limit(Struct, frozen=True):
    """What a threshold means: its rule, unit, words and source. Rides on the field as an annotation."""

    rule: str
    unit: str
    en: str
    zh: str
    citation: Citation = _PROPOSAL


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """All thresholds with their defaults. A value at the limit passes."""

    cc_fail_least: Annotated[
        Decimal,
        Limit(
            "R01", "tC/GJ", "carbon per heat of coal: impossible below", "燃煤单位热值含碳量下限（不通过）"
        ),
    ] = Decimal("0.0220")
    cc_warn_least: Annotated[
        Decimal, Limit("R01", "tC/GJ", "carbon per heat of coal: odd below", "燃煤单位热值含碳量下限（预警）")
    ] = Decimal("0.0240")
    cc_warn_most: Annotated[
        Decimal, Limit("R01", "tC/GJ", "carbon per heat of coal: odd above", "燃煤单位热值含碳量上限（预警）")
    ] = Decimal("0.0290")
    cc_fail_most: Annotated[
        Decimal,
        Limit(
            "R01", "tC/GJ", "carbon per heat of coal: impossible above", "燃煤单位热值含碳量上限（不通过）"
        ),
    ] = Decimal("0.0320")
    ncv_coal_least: Annotated[
        Decimal, Limit("R02", "GJ/t", "heating value of coal, least", "燃煤低位发热量下限")
    ] = Decimal(8)
    ncv_coal_most: Annotated[
        Decimal, Limit("R02", "GJ/t", "heating value of coal, most", "燃煤低位发热量上限")
    ] = Decimal(29)
    ncv_gas_least: Annotated[
        Decimal, Limit("R02", "GJ/10^4 Nm3", "heating value of natural gas, least", "天然气低位发热量下限")
    ] = Decimal(300)
    ncv_gas_most: Annotated[
        Decimal, Limit("R02", "GJ/10^4 Nm3", "heating value of natural gas, most", "天然气低位发热量上限")
    ] = Decimal(400)
    carbon_coal_most: Annotated[Decimal, Limit("R03", "tC/t", "carbon of coal, most", "煤的含碳量上限")] = (
        Decimal("0.95")
    )
    carbon_lng_most: Annotated[
        Decimal, Limit("R03", "tC/t", "carbon of liquefied natural gas, most", "液化天然气的含碳量上限")
    ] = Decimal("0.80")
    carbon_oil_most: Annotated[Decimal, Limit("R03", "tC/t", "carbon of oils, most", "油品的含碳量上限")] = (
        Decimal("0.90")
    )
    dulong_share: Annotated[
        Decimal, Limit("R04", "1", "heating value against elements, share", "热值与元素分析的相对偏差")
    ] = Decimal("0.06")
    stock_share: Annotated[
        Decimal, Limit("R05", "1", "stock balance against burned, share", "库存平衡与消耗量的相对偏差")
    ] = Decimal("0.01")
    weights_share: Annotated[
        Decimal, Limit("R06", "1", "between weighing instruments, share", "各计量数之间的相对偏差")
    ] = Decimal("0.02")
    electric_least: Annotated[Decimal, Limit("R07", "1", "electric efficiency, least", "发电效率下限")] = (
        Decimal("0.25")
    )
    electric_most: Annotated[Decimal, Limit("R07", "1", "electric efficiency, most", "发电效率上限")] = (
        Decimal("0.62")
    )
    total_most: Annotated[
        Decimal, Limit("R07", "1", "electricity and heat over fuel, most", "热电总效率上限")
    ] = Decimal("0.95")
    fuel_rate_share: Annotated[
        Decimal, Limit("R07", "1", "fuel per product against the year before, share", "单位产品能耗同比变化")
    ] = Decimal("0.05")
    gross_factor: Annotated[
        Decimal,
        Limit(
            "R04-R07, R14",
            "1",
            "so many times the limit: fail instead of warn",
            "超过阈值该倍数时由预警转为不通过",
        ),
    ] = Decimal(3)
    robust_z: Annotated[Decimal, Limit("R08, R17, R21", "1", "robust z, most", "稳健z值上限", _HOAGLIN)] = (
        Decimal("3.5")
    )
    fewest_peers: Annotated[
        Decimal,
        Limit("R08, R15, R19, R21", "reports", "fewest reports to compare with", "同行比较所需的最少报告数"),
    ] = Decimal(10)
    best_share: Annotated[
        Decimal, Limit("R09", "1", "share of peers that counts as the best", "同行最优的比例")
    ] = Decimal("0.05")
    best_peers: Annotated[
        Decimal, Limit("R09", "reports", "fewest peers for that share", "该比例所需的最少同行数")
    ] = Decimal(20)
    lab_days: Annotated[
        Decimal, Limit("R10", "d", "test after the end of the month, most", "月末至检测的最长天数")
    ] = Decimal(40)
    same_digits: Annotated[
        Decimal, Limit("R11", "digits", "significant digits in which carbon agrees", "视为相同的有效数字位数")
    ] = Decimal(4)
    copied_months: Annotated[
        Decimal,
        Limit(
            "R11",
            "months",
            "so many months alike: fail instead of review",
            "相同月份达到该数时由复核转为不通过",
        ),
    ] = Decimal(3)
    moisture_least: Annotated[
        Decimal, Limit("R13", "1", "moisture as received, least", "收到基全水分下限")
    ] = Decimal("0.03")
    moisture_most: Annotated[Decimal, Limit("R13", "1", "moisture as received, most", "收到基全水分上限")] = (
        Decimal("0.40")
    )
    moisture_gap: Annotated[
        Decimal, Limit("R13", "1", "reported moisture against the laboratory's", "填报水分与化验水分之差")
    ] = Decimal("0.01")
    power_share: Annotated[
        Decimal, Limit("R14", "1", "between power readings, share", "各电量数之间的相对偏差")
    ] = Decimal("0.01")
    slip_width: Annotated[
        Decimal, Limit("R15", "log10", "distance of the log ratio from 3 or 4", "对数比与3或4的允许距离")
    ] = Decimal("0.25")
    slip_spread: Annotated[
        Decimal,
        Limit("R15", "log10", "spread of peers up to which they say something", "可供比较的同行离散程度上限"),
    ] = Decimal("0.3")
    benford_values: Annotated[
        Decimal, Limit("R16", "values", "fewest values for first digits", "首位数字检验的最少样本数")
    ] = Decimal(300)
    benford_orders: Annotated[
        Decimal, Limit("R16", "orders", "fewest orders of magnitude", "首位数字检验的最少数量级")
    ] = Decimal(2)
    benford_mad: Annotated[
        Decimal,
        Limit(
            "R16", "1", "mean absolute deviation, nonconforming above", "平均绝对偏差上限（不符合）", _NIGRINI
        ),
    ] = Decimal("0.015")
    benford_chi2: Annotated[
        Decimal,
        Limit(
            "R16", "1", "chi-square of first digits, 8 degrees, 1 %", "首位数字卡方值（自由度8，1%）", _CHI2
        ),
    ] = Decimal("20.090")
    terminal_values: Annotated[
        Decimal, Limit("R16", "values", "fewest values for terminal digits", "末位数字检验的最少样本数")
    ] = Decimal(200)
    terminal_chi2: Annotated[
        Decimal,
        Limit(
            "R16",
            "1",
            "chi-square of terminal digits, 9 degrees, 0.1 %",
            "末位数字卡方值（自由度9，0.1%）",
            _CHI2,
        ),
    ] = Decimal("27.877")
    heaping_values: Annotated[
        Decimal, Limit("R16", "values", "fewest values of a series for heaping", "聚集检验的最少样本数")
    ] = Decimal(12)
    heaping_chance: Annotated[
        Decimal,
        Limit("R16", "1", "chance of so many last digits 0 or 5, odd below", "末位0、5聚集的概率下限"),
    ] = Decimal("0.0001")
    verifier_filings: Annotated[
        Decimal, Limit("R17", "reports", "fewest reports of a verifier", "核查机构的最少报告数")
    ] = Decimal(5)
    verifier_others: Annotated[
        Decimal, Limit("R17", "verifiers", "fewest verifiers to compare", "可比较的最少核查机构数")
    ] = Decimal(10)
    studentised: Annotated[Decimal, Limit("R19", "1", "studentised residual, most", "学生化残差上限")] = (
        Decimal(3)
    )
    cusum: Annotated[
        Decimal,
        Limit(
            "R20",
            "1",
            "largest cumulative sum over s root n, 5 %",
            "累积和统计量（5%）",
            Citation("distribution of the largest value of a Brownian bridge", Confidence.DERIVED),
        ),
    ] = Decimal("1.358")
    tukey: Annotated[
        Decimal,
        Limit(
            "R21", "1", "fences: distances between the quartiles", "四分位距倍数",
            Citation("Tukey 1977", Confidence.SECONDARY),
        ),
    ] = Decimal("1.5")  # fmt: skip


DEFAULTS: Final = Thresholds()
_PAIRS: Final = (
    ("cc_fail_least", "cc_warn_least"),
    ("cc_warn_least", "cc_warn_most"),
    ("cc_warn_most", "cc_fail_most"),
    ("ncv_coal_least", "ncv_coal_most"),
    ("ncv_gas_least", "ncv_gas_most"),
    ("electric_least", "electric_most"),
    ("electric_most", "total_most"),
    ("moisture_least", "moisture_most"),
)


@cache
def limits() -> dict[str, Limit]:
    """What every threshold means, by name, in the order of the rules."""
    hints = get_type_hints(Thresholds, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in Thresholds.__struct_fields__}


def thresholds(changes: Mapping[str, Any]) -> Thresholds:
    """The defaults with some set otherwise, by name, alone or below the code of their rule.

    Refuses (CW-5300) a name there is not, (CW-5301) what is no number, (CW-5302) limits upside down.
    """
    flat: dict[str, Any] = {}
    for name, value in changes.items():
        for inner, one in value.items() if isinstance(value, Mapping) else [(name, value)]:
            known = limits()
            if inner not in known or (isinstance(value, Mapping) and name not in _rules_of(known[inner])):
                refuse(UNKNOWN_THRESHOLD, name=f"{name}.{inner}"[:60], known=", ".join(known))
            flat[inner] = _number(inner, one)
    made = msgspec.structs.replace(DEFAULTS, **flat)
    for low, high in _PAIRS:
        if getattr(made, low) > getattr(made, high):
            refuse(
                UPSIDE_DOWN, low=low, low_value=str(getattr(made, low)), high=high,
                high_value=str(getattr(made, high)),
            )  # fmt: skip
    return made


def _rules_of(limit: Limit) -> set[str]:
    """The rules that a threshold serves; `R04-R07` is a range."""
    found: set[str] = set()
    for part in limit.rule.split(", "):
        first, _, last = part.partition("-")
        found.update(f"R{n:02}" for n in range(int(first[1:]), int((last or first)[1:]) + 1))
    return found


def _number(name: str, value: Any) -> Decimal:
    number = Decimal("NaN")
    if isinstance(value, (int, Decimal, str)) and not isinstance(value, bool):
        with contextlib.suppress(ArithmeticError):
            number = Decimal(value)
    if not number.is_finite() or not 0 <= number <= _MOST:
        refuse(NOT_A_THRESHOLD, name=name, value=str(value)[:40])
    return number


def load_thresholds_text(text: str) -> Thresholds:
    """Thresholds from TOML: `name = number`, alone or below `[Rnn]`; refuses (CW-5303) what is no TOML."""
    try:
        changes = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as fault:
        refuse(NOT_TOML, reason=str(fault)[:200])
    return thresholds(changes)
