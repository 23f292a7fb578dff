"""The files of a scenario folder: `scenario.toml` and the CSV tables beside it.

Money is in currency units with two decimals, quantities in whole tonnes, times are local to the scheme.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from capwright.allocation.activity import ActivityRow, Positive
from capwright.table import Money, Tonnes

__all__ = [
    "ActivityRow",
    "BidRow",
    "CreditRow",
    "EmissionRow",
    "EnterpriseRow",
    "FreezeRow",
    "HoldingRow",
    "ObjectionRow",
    "ProjectRow",
    "RoundRow",
    "ScenarioFile",
    "Step",
    "SurrenderRow",
    "Trading",
    "TransferRow",
    "VerificationRow",
    "VerifierRow",
    "scenario_json_schema",
]

Tonne = Annotated[int, Tonnes(least=1)]
OptionalTonnes = Annotated[int, Tonnes()]
Price = Annotated[int, Money(least_fen=1)]
Cash = Annotated[int, Money()]


class EnterpriseRow(Struct, frozen=True):
    """`enterprises.csv`: an account holder. `account_type` is a code of the scheme; all files use `id`.

    `first_year` and `last_year` bound the duty; for the kind `newly_covered`, `first_year` is the first
    vintage of cover. `opened_on`: the account opens, and the cash comes, then and not at the beginning.
    """

    id: str
    name: str
    account_type: str
    sector: str = ""
    kind: Literal["existing", "newly_covered", "leaver", "new_project", "investor", "project_owner"] = (
        "existing"
    )
    first_year: int = 0
    last_year: int = 0
    cash: Cash = 0
    opened_on: date | None = None


class HoldingRow(Struct, frozen=True):
    """`holdings.csv`: units that an account holder brings from earlier vintages."""

    enterprise: str
    kind: str
    vintage: int
    quantity_t: Tonne


class EmissionRow(Struct, frozen=True):
    """`emissions.csv`: the verified emissions of a year; `EXCLUDED` for a year without duty."""

    enterprise: str
    year: int
    emissions_t: str


class TransferRow(Struct, frozen=True):
    """`transfers.csv`: a trade agreed outside, settled here, delivery against payment; price per tonne.

    `on_exchange`: a negotiated trade that the seller offers on the exchange and the buyer confirms, under the
    day's rules and with its fees; the oldest units go, whatever `vintage` says.
    """

    date: date
    seller: str
    buyer: str
    kind: str
    vintage: int
    quantity_t: Tonne
    price: Price
    mode: Literal["listed_click", "listed_bidding", "negotiated", "one_way_auction"] = "listed_click"
    on_exchange: bool = False


class RoundRow(Struct, frozen=True):
    """`rounds.csv`: an auction. From `valid_t` on: published results, used only to compare with ours."""

    round: str
    scheme: str
    date: date
    offered_t: Tonne
    reserve_cny_per_t: Annotated[int, Money()] = 0
    kind: str = "GDEA"
    seed: str = ""
    valid_t: int | None = None
    high_cny_per_t: Cash | None = None
    mean_cny_per_t: Cash | None = None
    low_cny_per_t: Cash | None = None
    bidders: int | None = None
    winners: int | None = None
    winners_by_category: str = ""
    sold_t: int | None = None
    price_cny_per_t: Cash | None = None
    amount_cny: Cash | None = None


class BidRow(Struct, frozen=True):
    """`bids.csv`: a sealed bid; `bidder` is an id of enterprises.csv; price in currency per tonne."""

    round: str
    bidder: str
    price: Price
    quantity_t: Tonne
    time: datetime | None = None
    category: str = ""


class CreditRow(Struct, frozen=True):
    """`credits.csv`: reduction credits of a project, issued to its owner.

    The first row of a project registers it with `type`, `region`, `co2_ch4_share` and `pre_cdm`.
    """

    date: date
    project: str
    owner: str
    kind: str
    vintage: int
    quantity_t: Tonne
    type: str = ""
    region: str = ""
    co2_ch4_share: Decimal | None = None
    pre_cdm: bool | None = None


class SurrenderRow(Struct, frozen=True):
    """`surrenders.csv`: units handed in. An empty quantity: all that is still owed, in the scheme's order."""

    date: date
    enterprise: str
    vintage: int
    quantity_t: OptionalTonnes = 0
    series: str = ""


class ObjectionRow(Struct, frozen=True):
    """`objections.csv`: an enterprise asks for a review of its approved quota; the decision sets the quota.

    `free_t` is needed only where the enterprise's processes have different free shares.
    """

    enterprise: str
    vintage: int
    decided_on: date
    date: date
    reason: str
    approved_t: OptionalTonnes
    free_t: OptionalTonnes | None = None
    decision: str = ""


class ProjectRow(Struct, frozen=True):
    """`projects.csv`: a process of a new project and how far the project comes.

    The step `register_projects` of the vintage registers it. The dates, and `bought_t` (the paid share bought
    on the market, put on record at `bought_on`), are taken from the project's first row; an empty date: it
    does not get there in this story.
    """

    enterprise: str
    vintage: int
    process: str
    design_capacity: Annotated[Decimal, Positive()] | None = None
    energy_tce: Annotated[Decimal, Positive()] | None = None
    energy_factor: Annotated[Decimal, Positive()] | None = None
    bought_t: OptionalTonnes = 0
    bought_on: date | None = None
    accepted_on: date | None = None
    controlled_on: date | None = None
    issued_on: date | None = None


class FreezeRow(Struct, frozen=True):
    """`freezes.csv`: units that the authority bars from being traded."""

    date: date
    enterprise: str
    series: str
    quantity_t: Tonne
    reason: str


class OpinionRow(Struct, frozen=True):
    """`opinions.csv`: what the participants of a month think; prices per tonne, `block` in hundredths of it.

    In the built-in year these are the exchange's monthly figures, to which opinions are calibrated.
    """

    month: str
    volume_t: Tonne
    first: Price
    last: Price
    least: Price
    most: Price
    block: int = 100
    rush: bool = False


class AgentRow(Struct, frozen=True):
    """`agents.csv`: a participant that trades by itself.

    A `buyer` wants `quantity_t` between `since` and `until`, by `habit` early, steadily or late; a `seller`
    can spare as much; an `investor` trades as it sees value, `trend` follows prices, a `maker` quotes both
    sides. `cash` is paid in on `cash_on`, beside what the account opens with. `bias`: its own view of the
    value, in thousandths.
    """

    enterprise: str
    style: Literal["buyer", "seller", "investor", "trend", "maker"]
    quantity_t: OptionalTonnes = 0
    since: date | None = None
    until: date | None = None
    cash: Cash = 0
    cash_on: date | None = None
    bias: int = 0
    habit: Literal["early", "steady", "late"] = "steady"


class VerifierRow(Struct, frozen=True):
    """`verifiers.csv`: verification bodies, with their office in the province."""

    id: str
    name: str
    office: str


class VerificationRow(Struct, frozen=True):
    """`verifications.csv`: who verifies whom; a finding where the first report of the firm was wrong."""

    enterprise: str
    verifier: str
    stream: str = ""
    finding_en: str = ""
    finding_zh: str = ""


class Trading(Struct, frozen=True, forbid_unknown_fields=True):
    """`[trading]` of scenario.toml: the exchange opens every trading day until `until`, for `product`."""

    product: str
    until: date


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the authority does at a time; `do` says what, the rest fills it in.

    * `adopt` (scheme); `issue` (kind, vintage, quantity_t: empty = the cap);
    * `distribute` (kind, vintage, to: account type → tonnes);
    * `record_activity` (years: empty = all) from activity.csv; `record_carried` (vintage): of its rows only
      what happened before the story, `last_approved_t` and `pre_issued_t`;
    * `pre_issue`, `approve_quota`, `true_up` (vintage);
    * `recall_stop` (vintage, enterprises): the quota of abnormal months, as recorded;
    * `register_projects` (vintage) from projects.csv; `record_emissions` (vintage: empty = all);
    * reporting and verification, from reports.csv, first_reports.csv, verifiers.csv, verifications.csv:
      `publish_methods`, `register_verifiers`, `file_plans` (once); `submit_reports`, `assign_verifiers`,
      `report_findings`, `state_verifications`, `record_outputs`, `approve_emissions` (vintage);
    * `assess` (vintage); `sanction` (vintage, enterprises);
    * `freeze_leaver` (vintage, enterprises): every allowance of firms that left for the national market;
      `release_exit` (vintage, enterprises): the part that is freed with the plan of the vintage;
    * `freeze_sectors` (sectors, kind, reason): whatever firms of these sectors have free then;
    * `reset_price` (product, price_cny, reason): the exchange moves a reference price, two people;
    * `set_status` (enterprises, status, reason); `advance` (the clock only).
    """

    at: datetime
    do: Literal[
        "adopt",
        "issue",
        "distribute",
        "record_activity",
        "record_carried",
        "register_projects",
        "pre_issue",
        "approve_quota",
        "true_up",
        "recall_stop",
        "record_emissions",
        "publish_methods",
        "register_verifiers",
        "file_plans",
        "submit_reports",
        "assign_verifiers",
        "report_findings",
        "state_verifications",
        "record_outputs",
        "approve_emissions",
        "assess",
        "sanction",
        "freeze_leaver",
        "release_exit",
        "freeze_sectors",
        "reset_price",
        "set_status",
        "advance",
    ]
    vintage: int = 0
    kind: str = ""
    quantity_t: int = 0
    to: dict[str, int] = msgspec.field(default_factory=dict)
    scheme: str = ""
    years: tuple[int, ...] = ()
    enterprises: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    product: str = ""
    price_cny: str = ""
    status: Literal["open", "restricted", "suspended"] = "open"
    reason: str = ""


class ScenarioFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`scenario.toml`. `nature` tells whether the figures are real, synthetic, or reconstructed."""

    name: str
    en: str
    zh: str
    nature: Literal["real", "synthetic", "reconstructed"]
    about_en: str
    about_zh: str
    schemes: tuple[str, ...]
    begins_at: datetime
    seed: str = ""
    auction_hours: tuple[str, str] = ("09:30", "11:30")
    trading: Trading | None = None
    published: dict[str, Any] = msgspec.field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def scenario_json_schema() -> dict[str, Any]:
    """The JSON schema of `scenario.toml`."""
    return msgspec.json.schema(ScenarioFile)
