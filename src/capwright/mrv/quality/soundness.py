"""What a companion is held to before the rules read it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.unit import convert, unit
from capwright.mrv.quality.facts import Facts
from capwright.mrv.records import MONTHS

__all__ = ["check_companion"]

UNKNOWN_PLACE = define(
    "CW-5304",
    en="{where}: the report has no '{name}'.",
    zh="{where}：报告中没有“{name}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="the companion belongs to its report",
)
NO_FIGURE = define(
    "CW-5305",
    en="{where}: {value} is not possible; {least} to {most} is.",
    zh="{where}：{value}不可能，应在{least}至{most}之间。",
    mend_en="Elements and moisture are per cent of mass as received.",
    mend_zh="元素与水分按收到基质量百分数填写。",
    rule="design: bound everything",
)
OTHER_UNIT = define(
    "CW-5306",
    en="The unit of {where} does not fit: {reason}",
    zh="{where}的计量单位不符：{reason_zh}",
    rule="design: conversions only through declared units",
)
BAD_MONTH = define(
    "CW-5307",
    en="{where}: {month} is no month; 1 to 12, or 0 for the year.",
    zh="{where}：{month}不是有效月份，应为1至12，全年填0。",
    rule="GD-2021: monthly records",
)

_MOST: Final = Decimal(10) ** 15


def check_companion(facts: Facts) -> None:
    """Refuse (CW-5304 to CW-5307) a companion that does not fit its report."""
    own = facts.companion
    streams = [stream.code for stream in facts.report.streams]
    for where, code, given in (
        *(("stocks", stock.stream, stock.unit) for stock in own.stocks),
        *(("weights", weights.stream, weights.unit) for weights in own.weights),
    ):
        _known(where, code, streams)
        stream = facts.find(code)
        if stream is not None and stream.unit:
            _convertible(f"{where}/{code}", given, stream.unit)
    for sample in own.lab:
        _known("lab", sample.stream, streams)
        if not 0 <= sample.month <= MONTHS:
            refuse(BAD_MONTH, where=f"lab/{sample.stream}", month=sample.month)
    for reading in own.power:
        code, slash, symbol = reading.of.partition("/")
        outputs = dict.fromkeys([*facts.outputs, *(datum.symbol for datum in facts.report.outputs)])
        _known("power", code, streams if slash else list(outputs))
        stream = facts.find(code) if slash else None
        if stream is not None:
            _known(f"power/{code}", symbol, [datum.symbol for datum in stream.stream.data])
        told = facts.told(reading.of)
        for one in (reading.unit, told[1] if told is not None else "MWh"):
            _convertible(f"power/{reading.of}", one, "MWh")
    if own.product:
        _known("product", own.product, [output.code for output in facts.filing.method.body.outputs])
    for where, value, most in _figures(facts):
        if value is not None and not (value.is_finite() and 0 <= value <= most):
            refuse(NO_FIGURE, where=where, value=str(value)[:40], least=0, most=str(most))


def _known(where: str, name: str, known: list[str]) -> None:
    if name not in known:
        refuse(UNKNOWN_PLACE, where=where, name=name[:60], known=", ".join(known)[:600])


def _convertible(where: str, given: str, wanted: str) -> None:
    try:
        convert(Decimal(0), unit(given), unit(wanted))
    except Refused as refused:
        message = refused.refusal.message
        refuse(OTHER_UNIT, where=where, reason=message(), reason_zh=message("zh"))


def _figures(facts: Facts) -> Iterator[tuple[str, Decimal | None, Decimal]]:
    own = facts.companion
    for stock in own.stocks:
        for name in ("opening", "bought", "closing", "sold"):
            yield f"stocks/{stock.stream}/{name}", getattr(stock, name), _MOST
    for weights in own.weights:
        for name in ("belt", "feeder", "invoice"):
            yield f"weights/{weights.stream}/{name}", getattr(weights, name), _MOST
    for reading in own.power:
        for name in ("meter", "settlement", "statistics"):
            yield f"power/{reading.of}/{name}", getattr(reading, name), _MOST
    for sample in own.lab:
        for name in ("hydrogen", "oxygen", "sulfur", "moisture", "carbon"):
            yield f"lab/{sample.stream}/{sample.month}/{name}", getattr(sample, name), Decimal(100)
    if own.prior is not None:
        for name in ("emissions", "product", "heat"):
            yield f"prior/{name}", getattr(own.prior, name), _MOST
    for name in ("verified", "verifier_hours", "verifier_km"):
        yield name, getattr(own, name), _MOST
