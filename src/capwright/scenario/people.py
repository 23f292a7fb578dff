"""Who acts in a scenario: officers by twos, the clock, and two per account."""

from __future__ import annotations

from typing import Final

from capwright.kernel.account_number import AccountNumber
from capwright.market import Officer
from capwright.registry.messages import Representative
from capwright.scheme.registry_rules import RegistryRules

__all__ = [
    "APPROVER",
    "AUDITOR",
    "AUTHORITY",
    "CLOCK",
    "EXCHANGE",
    "OFFICERS",
    "OPERATOR",
    "SECOND_EXCHANGE",
    "SECOND_OPERATOR",
    "Directory",
    "second",
    "speaker",
]

AUTHORITY: Final = "authority-1"
APPROVER: Final = "authority-2"
OPERATOR: Final = "operator-1"
SECOND_OPERATOR: Final = "operator-2"
EXCHANGE: Final = "exchange-1"
SECOND_EXCHANGE: Final = "exchange-2"
AUDITOR: Final = "auditor-1"
CLOCK: Final = "clock"

OFFICERS: Final = (
    Officer(AUTHORITY, ("authority",)),
    Officer(APPROVER, ("authority",)),
    Officer(OPERATOR, ("operator",)),
    Officer(SECOND_OPERATOR, ("operator",)),
    Officer(EXCHANGE, ("exchange",)),
    Officer(SECOND_EXCHANGE, ("exchange",)),
    Officer(AUDITOR, ("auditor",)),
    Officer(CLOCK, ("clock",)),
)
_FIRST_USER: Final = 10_000_001


def speaker(enterprise: str) -> str:
    """The person who initiates for an enterprise."""
    return f"{enterprise}:operator"


def second(enterprise: str) -> str:
    """The person who approves for an enterprise."""
    return f"{enterprise}:checker"


class Directory:
    """Account numbers: government accounts by type, enterprises by id, in the order of the file."""

    def __init__(self, rules: RegistryRules) -> None:
        self._rules = rules
        self._types = {t.code: t for t in rules.account_types}
        self.government: dict[str, str] = {}
        self.enterprises: dict[str, str] = {}
        for n, row in enumerate((t for t in rules.account_types if t.government), start=1):
            self.government[row.code] = str(AccountNumber.of(rules.country, row.number, n))

    def add(self, enterprise: str, account_type: str) -> str:
        """Give an enterprise its account number."""
        identifier = _FIRST_USER + len(self.enterprises)
        number = str(AccountNumber.of(self._rules.country, self._types[account_type].number, identifier))
        self.enterprises[enterprise] = number
        return number

    def __getitem__(self, enterprise: str) -> str:
        return self.enterprises[enterprise]

    @staticmethod
    def representatives(enterprise: str) -> tuple[Representative, ...]:
        """The two people of an enterprise: operator and checker."""
        return (Representative(speaker(enterprise)), Representative(second(enterprise)))
