"""Registry section of a scheme: account types, the transaction types, delays, limits, reversals, freezes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

from capwright.scheme.section import Section

__all__ = [
    "ALLOCATION",
    "ISSUANCE",
    "REVERSAL_OF_SURRENDER",
    "SURRENDER",
    "AccountType",
    "DelayRule",
    "RegistryRules",
    "TransactionType",
    "UnitKind",
]

# The transaction types that the rooms know by name; a scheme may give them any rules, but not another name.
# Special units have no issuance of their own: they come from allowances given up for them.
ISSUANCE: Final = {"allowance": "issuance", "credit": "credit_issuance"}
ALLOCATION: Final = "allocation"
SURRENDER: Final = "surrender"  # the account type that units are surrendered to has this name too
REVERSAL_OF_SURRENDER: Final = "reversal_of_surrender"

# What an account is for in the conservation law: issued = held + surrendered + cancelled + exported.
AccountPurpose = Literal[
    "holding", "issue", "allocation", "auction", "reserve", "surrender", "cancellation", "export", "cash"
]


class UnitKind(Section, frozen=True, kw_only=True):
    """A kind of unit, e.g. GDEA. Units of one kind and vintage (and project) form a numbered series."""

    code: str
    en: str
    zh: str
    family: Literal["allowance", "special", "credit"]


class AccountType(Section, frozen=True, kw_only=True):
    """A kind of registry account. `number` is the TTT part of the account number CC-TTT-ID-P-DD.

    `most_approvals`: transactions of representatives from such an account need at most so many people (a
    Guangdong investor has one operator and no checker). `bidder_category`: as what its holder bids, one of
    `auction.bidders`; where the scheme admits categories only, accounts without one may not bid.
    """

    code: str
    number: int
    en: str
    zh: str
    purpose: AccountPurpose
    government: bool = False
    unit_kinds: tuple[str, ...] = ()  # empty: any kind
    least_representatives: int = 1
    most_approvals: int | None = None
    bidder_category: str = ""
    code_official: str = ""  # the field's own code where there is one, e.g. EUTL 100-7


class TransactionType(Section, frozen=True, kw_only=True):
    """One row of the transaction-type table: who may move which units to whom, and how.

    `approvals` counts the people needed: 1, the proposer alone; 2, a different person must approve. `delayed`
    says whether the scheme's delay clock runs before completion. `reverses` names the type this one undoes,
    within `window_days` of its completion and once only.
    """

    code: str  # UK/DES code such as 10-50
    name: str  # the slug used in commands, e.g. transfer
    en: str
    zh: str
    from_types: tuple[str, ...] = ()  # empty: the units come into being
    to_types: tuple[str, ...]
    unit_kinds: tuple[str, ...] = ()  # empty: any kind
    proposed_by: Literal["representative", "operator", "authority"]
    approvals: int = 1
    delayed: bool = False
    trusted_list: bool = False  # to an account off the trusted list: `off_list` of the delay rule applies
    limit_exempt: bool = False
    reverses: str = ""
    window_days: int = 0


class DelayRule(Section, frozen=True, kw_only=True):
    """The delay clock from approval to completion of a delayed transaction, and of trusted-list additions.

    `none`: at once. `working_hours`: runs `delay_hours` on the clock of `open`-`close` (UK registry).
    `eu_26h`: the Union Registry's regime of 2011-2019.
    """

    kind: Literal["none", "working_hours", "eu_26h"] = "none"
    open: str = "10:00"
    close: str = "16:00"
    delay_hours: int = 0
    trusted_delay_hours: int = 0
    off_list: Literal["allowed", "refused"] = "allowed"
    trusted_list_days: int = 0  # working days until an addition to the trusted list is active


class RegistryRules(Section, frozen=True, kw_only=True):
    """Everything the registry must know of a scheme."""

    country: str  # CC of the account numbers
    unit_kinds: tuple[UnitKind, ...]
    account_types: tuple[AccountType, ...]
    transaction_types: tuple[TransactionType, ...]
    delay: DelayRule = DelayRule()
    transaction_limit_t: int | None = None  # central limit per transaction off the trusted list
    frozen_free_share: Decimal | None = None  # of the current year's free allowances, frozen until surrender
