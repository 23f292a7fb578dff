"""The allocation room's part of the state."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from capwright.allocation.entry import ProjectStage
from capwright.allocation.exits import ExitPart
from capwright.allocation.messages import Figures, RecallReason

__all__ = ["AllocationState", "Bought", "Exit", "Project", "QuotaRecord"]


class QuotaRecord(Struct):
    """One enterprise's quota of one vintage, from pre-issue to true-up. Tonnes.

    `pre_issued_t` and `approved_t` are None until that has happened. `issued_t` and `recalled_t` count
    units that really moved; `owed` what recalls did not find, by reason; `deducted_t` what sanctions took;
    `stop_t` by how much stops cut the entitlement.
    """

    pre_issued_t: int | None = None
    approved_t: int | None = None
    free_t: int = 0
    paid_t: int = 0
    objection_until: date | None = None
    objection: Literal["", "open", "decided"] = ""
    settled: bool = False
    issued_t: int = 0
    recalled_t: int = 0
    deducted_t: int = 0
    stop_t: int = 0
    owed: dict[RecallReason, int] = {}

    @property
    def balance_t(self) -> int:
        """What the enterprise has got, taking what it owes as given back."""
        return self.issued_t - self.recalled_t - sum(self.owed.values())


class Project(Struct):
    """A new project: its quota, and how far it has come."""

    quota_t: int
    free_t: int
    stage: ProjectStage = "approved"
    issued_t: int = 0


class Bought(Struct):
    """What was put on record as bought towards a paid share."""

    auction_t: int = 0
    other_t: int = 0


class Exit(Struct):
    """A leaver's frozen holding. `series` is set once it was turned into special units of `kind`."""

    vintage: int
    captive_plant: bool
    parts: tuple[ExitPart, ...]
    kind: str = ""
    series: str = ""
    released: int = 0  # parts


class AllocationState(Struct):
    """Figures by account, process and year; quotas, projects and purchases by vintage and account."""

    figures: dict[str, dict[str, dict[int, Figures]]] = {}
    covered_from: dict[str, int] = {}
    quotas: dict[int, dict[str, QuotaRecord]] = {}
    projects: dict[int, dict[str, Project]] = {}
    bought: dict[int, dict[str, Bought]] = {}
    sanctions: dict[str, dict[int, int]] = {}  # account → vintage of the shortfall → to be deducted in all
    exits: dict[str, Exit] = {}
    left_from: dict[str, int] = {}  # account → first vintage without quota
    national: dict[str, dict[int, int]] = {}  # account → vintage → to be deducted nationally
    adjusted: dict[int, int] = {}  # vintage → delivered from the market reserve to auctions
