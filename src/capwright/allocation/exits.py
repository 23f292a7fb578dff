"""Enterprises that leave for the national market: frozen holdings, their release in parts, pre-issued quota.

2022-01-06: holdings under 5,000 t were freed wholly, larger ones by one third, then a third with the plans
of 2022 and of 2023, captive plants left out (GZETS 2022-01-06, 2022-12-05, 2024-01-12). From vintage 2024
the remaining free quota of leavers becomes special quota S-GDEA, freed by a third a year for three vintages
(GZETS 2025-05-12). Quota pre-issued to a leaver is recalled; what is not handed back is taken from its
national pre-allocation (GZETS 2024-01-12).

No source says how thirds are rounded. Documented *default*: after k parts, the running total freed is the
cumulated fraction of the holding rounded down, so each part differs from the exact one by less than a tonne
and parts that sum to one free the whole holding exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.scheme.allocation_rules import ExitRules

__all__ = [
    "ExitPart",
    "ExitPlan",
    "PreIssueRecall",
    "exit_plan",
    "fractions_of",
    "recall_pre_issued",
    "split_parts",
]

BAD_FRACTIONS = define(
    "CW-5060",
    en="The release fractions {fractions} of the scheme are not parts of one whole.",
    zh="方案中的分期解冻比例{fractions}有误。",
    mend_en='Write each as "1/3"; together they may not exceed 1.',
    mend_zh="每期写成“1/3”的形式，合计不得超过 1。",
    rule="allocation.exits of the scheme",
)
BAD_VINTAGES = define(
    "CW-5062",
    en="The scheme names {vintages} release vintages for {fractions} release fractions.",
    zh="方案给出{vintages}个解冻年度，但有{fractions}期解冻比例。",
    rule="allocation.exits of the scheme",
)
RETURNED_TOO_MUCH = define(
    "CW-5061",
    en="{returned_t} t handed back are more than the {pre_issued_t} t that were pre-issued.",
    zh="交回{returned_t}吨，多于预发的{pre_issued_t}吨。",
    rule="GZETS 2024-01-12",
)


class ExitPart(NamedTuple):
    """One release: the vintage with whose plan it happens (None: not named) and its tonnes."""

    vintage: int | None
    quantity_t: int


class ExitPlan(Struct, frozen=True):
    """How a leaver's holding is freed. `kind` is the unit kind it is turned into, empty for none.

    `held_t` stays frozen after all parts; zero where the fractions sum to one.
    """

    holding_t: int
    wholly: bool
    parts: tuple[ExitPart, ...]
    held_t: int
    kind: str = ""


class PreIssueRecall(Struct, frozen=True):
    """Pre-issued quota of a leaver: what it handed back, what its national pre-allocation is cut by."""

    pre_issued_t: int
    returned_t: int
    national_deduction_t: int


def fractions_of(rules: ExitRules) -> tuple[Fraction, ...]:
    """The release fractions as exact numbers; refuses what is not a set of parts of one whole."""
    said = ", ".join(rules.release_fractions)
    try:
        parts = tuple(Fraction(text) for text in rules.release_fractions)
    except (ValueError, ZeroDivisionError):
        refuse(BAD_FRACTIONS, fractions=said)
    if any(part <= 0 for part in parts) or sum(parts) > 1:
        refuse(BAD_FRACTIONS, fractions=said)
    return parts


def split_parts(quantity_t: int, fractions: Sequence[Fraction]) -> tuple[int, ...]:
    """Split whole tonnes by cumulated fractions rounded down; fractions that sum to one lose nothing."""
    freed, parts = Fraction(0), []
    before_t = 0
    for fraction in fractions:
        freed += fraction
        after_t = int(quantity_t * freed // 1)
        parts.append(after_t - before_t)
        before_t = after_t
    return tuple(parts)


def exit_plan(rules: ExitRules, holding_t: int, *, captive_plant: bool = False) -> ExitPlan:
    """How the holding of a leaver is freed.

    Holdings under `small_holding_t` are freed wholly with the first part, strictly under: 5,000 t itself
    goes by thirds. A captive plant's holding stays frozen (GZETS 2022-12-05), unless it is turned into
    special units.
    """
    fractions = fractions_of(rules)
    vintages: tuple[int | None, ...] = rules.release_vintages or (None,) * len(fractions)
    if len(vintages) != len(fractions):
        refuse(BAD_VINTAGES, vintages=len(vintages), fractions=len(fractions))
    if captive_plant and not rules.special_kind:
        return ExitPlan(holding_t, wholly=False, parts=(), held_t=holding_t)
    if rules.small_holding_t is not None and holding_t < rules.small_holding_t:
        first = vintages[0] if vintages else None
        return ExitPlan(
            holding_t, wholly=True, parts=(ExitPart(first, holding_t),), held_t=0, kind=rules.special_kind
        )
    sizes = split_parts(holding_t, fractions)
    parts = tuple(ExitPart(*pair) for pair in zip(vintages, sizes, strict=True))
    freed_t = sum(part.quantity_t for part in parts)
    return ExitPlan(holding_t, wholly=False, parts=parts, held_t=holding_t - freed_t, kind=rules.special_kind)


def recall_pre_issued(pre_issued_t: int, returned_t: int) -> PreIssueRecall:
    """Settle quota pre-issued to a leaver: what it does not hand back is deducted nationally."""
    if returned_t > pre_issued_t:
        refuse(RETURNED_TOO_MUCH, returned_t=returned_t, pre_issued_t=pre_issued_t)
    return PreIssueRecall(pre_issued_t, returned_t, pre_issued_t - returned_t)
