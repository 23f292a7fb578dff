"""A finding: something in a report that wants an explanation. It never changes a figure by itself."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from capwright.mrv.working import shown

__all__ = ["Finding", "Severity", "ordered", "per_unit", "percent", "plain"]

# fail 不通过: the figures contradict each other or the rule; warn 预警: explain it; review 复核: look at it.
Severity = Literal["fail", "warn", "review"]

_WEIGHT: Final = {"fail": 0, "warn": 1, "review": 2}


class Finding(Struct, frozen=True, omit_defaults=True):
    """One rule and one place where it does not hold.

    `month` is 1 to 12, 0 for the year. `observed` and `limit` are for the eye, with units. `evidence` names
    the documents by their SHA-256 or by their number, or the other reports that are meant.
    """

    rule: str
    severity: Severity
    enterprise: str
    year: int
    observed: str
    limit: str
    en: str
    zh: str
    stream: str = ""
    facility: str = ""
    month: int = 0
    verifier: str = ""
    evidence: tuple[str, ...] = ()


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without repetition, in an order that depends on nothing but themselves."""
    return tuple(sorted(set(findings), key=_key))


def _key(finding: Finding) -> tuple[object, ...]:
    return (
        finding.enterprise, finding.year, _WEIGHT[finding.severity], finding.rule, finding.facility,
        finding.stream, finding.month, finding.verifier, finding.en, finding.evidence,
    )  # fmt: skip


def percent(share: Decimal | float) -> str:
    """A share as a percentage with two decimals."""
    return f"{float(share) * 100:.2f} %"


def plain(value: Decimal | float) -> str:
    """A number for the eye, six digits."""
    return f"{value:.6g}" if isinstance(value, float) else shown(round_digits(value, 6).normalize())


def per_unit(unit: str) -> str:
    """The unit as it stands under a stroke: `/t`, `/(t*km)`."""
    return f"/({unit})" if set(unit) & set("*/ ") else f"/{unit}"


def round_digits(value: Decimal, digits: int) -> Decimal:
    """`value` with so many significant digits; half goes to even."""
    if not value:
        return value
    return round(value, digits - 1 - value.adjusted())
