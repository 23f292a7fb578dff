"""Commands and events of compliance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from capwright.compliance.obligation import UnitEmissions
from capwright.compliance.offsets import CreditProject
from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, THE_ACCOUNT, TWO_OF_THE_AUTHORITY, Permit
from capwright.ledger.messages import SanctionImposed, UnitLine

__all__ = [
    "AssessCompliance",
    "ComplianceAssessed",
    "EmissionsRecorded",
    "ImposeSanction",
    "ProjectRegistered",
    "RecordEmissions",
    "RegisterProject",
    "SanctionImposed",
    "SurrenderUnits",
]


class RecordEmissions(Command, frozen=True):
    """Record the verified emissions of a year, or correct them. `excluded`: no duty in that year.

    `units` tells gas units and their quotas apart where the scheme's obligation needs it; their sum is then
    the emission figure.
    """

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    emissions_t: int
    excluded: bool = False
    units: tuple[UnitEmissions, ...] = ()


class EmissionsRecorded(Event, frozen=True, kw_only=True):
    """`owed_t` is what follows from the emissions under the scheme of the year, reliefs included."""

    account: str
    year: int
    emissions_t: int
    owed_t: int
    excluded: bool = False


class RegisterProject(Command, frozen=True):
    """Register a reduction project with the attributes that offset rules ask about."""

    permit: ClassVar[Permit] = AUTHORITY
    code: str
    kind: str
    type: str = ""
    region: str = ""
    co2_ch4_share: Decimal | None = None
    pre_cdm: bool | None = None
    inside: tuple[str, ...] = ()


class ProjectRegistered(Event, frozen=True, kw_only=True):
    project: CreditProject


class SurrenderUnits(Command, frozen=True):
    """Surrender for a vintage. Without `lines` the units are picked in the scheme's order.

    `quantity_t` 0 asks for all that is still owed.
    """

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    vintage: int
    quantity_t: int = 0
    lines: tuple[UnitLine, ...] = ()


class AssessCompliance(Command, frozen=True):
    """Judge every account with a duty for the vintage, as of now."""

    permit: ClassVar[Permit] = AUTHORITY
    vintage: int


class ComplianceAssessed(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    status: str
    on: date
    owed_t: int = 0
    surrendered_t: int = 0
    shortfall_t: int = 0
    shortfall_at_due_t: int = 0


class ImposeSanction(Command, frozen=True):
    """Impose what the scheme has for a shortfall at the deadline. `fine_fen` None: the least of the range."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int
    fine_fen: int | None = None
