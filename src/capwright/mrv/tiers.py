"""Tiers and uncertainties of data, held against the method's (EU 2018/2066 annexes II and VIII)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from capwright.kernel.refusal import define, refuse
from capwright.mrv.method import Symbol
from capwright.mrv.records import Datum
from capwright.mrv.working import shown

__all__ = ["check_tier"]

UNKNOWN_TIER = define(
    "CW-5291",
    en="{where}: {symbol} has no tier '{tier}'.",
    zh="{where}：{symbol}没有层级“{tier}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的层级：{known}。",
    rule="EU 2018/2066 annex II, annex VIII",
)
TIER_MISSED = define(
    "CW-5292",
    en="{where}: the uncertainty of {symbol}, {given}, is above the {most} of tier {tier}.",
    zh="{where}：{symbol}的不确定度{given}超过层级{tier}的上限{most}。",
    mend_en="Name the tier that is met. Uncertainties are fractions: 7.5 % is 0.075.",
    mend_zh="请填写实际达到的层级。不确定度以小数表示：7.5 % 写作0.075。",
    rule="EU 2018/2066 annex II, annex VIII",
)
NOT_STATED = define(
    "CW-5293",
    en="{where}: {symbol} must be given with its {need}.",
    zh="{where}：填报{symbol}时须同时说明{need_zh}。",
    mend_en="Add it to the datum.",
    mend_zh="请在该数据中补充。",
    rule="the method's definition",
)

_NEEDS_ZH: Final = {"tier": "层级", "uncertainty": "不确定度", "note": "依据"}


def check_tier(datum: Datum, symbol: Symbol, where: str) -> None:
    """Hold a datum's tier and uncertainty against its symbol's; refuses (CW-5291 to CW-5293)."""
    for need in symbol.needs:
        if getattr(datum, need) in {"", None}:
            refuse(NOT_STATED, where=where, symbol=symbol.code, need=need, need_zh=_NEEDS_ZH[need])
    tier = next((tier for tier in symbol.tiers if tier.tier == datum.tier), None)
    if datum.tier and tier is None:
        known = ", ".join(tier.tier for tier in symbol.tiers) or "-"
        refuse(UNKNOWN_TIER, where=where, symbol=symbol.code, tier=datum.tier[:20], known=known)
    if datum.uncertainty is None:
        return
    given = datum.uncertainty
    most = Decimal(1) if tier is None or tier.uncertainty is None else tier.uncertainty
    if not given.is_finite() or given < 0 or given > most:
        refuse(
            TIER_MISSED, where=where, symbol=symbol.code, given=str(given)[:40], most=shown(most),
            tier=datum.tier or "-",
        )  # fmt: skip
