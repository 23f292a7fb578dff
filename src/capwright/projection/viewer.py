"""Who somebody is in the market, and what that lets them see.

Commands check for themselves who may send them; this is about reading. Public: the rules, prices and trades
without names, auctions' results, covered firms and how they complied, the journal's heads. An account's own
affairs are for its representatives with the right to read, for the officers who run the market, and for
auditors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.compliance.room import ComplianceRoom
from capwright.market.composition import room_of
from capwright.mrv.room import MrvRoom
from capwright.scheme.registry_rules import SURRENDER

if TYPE_CHECKING:
    from capwright.market import Market

__all__ = ["PUBLIC", "Viewer", "is_liable", "viewer_of"]

_READERS: Final = frozenset({"authority", "operator", "exchange", "auditor"})


class Viewer(Struct, frozen=True):
    """A person with officer roles, rights by account, and the verifiers the person acts for.

    `liable` are those of the accounts that report and surrender; an investor's are not among them.
    """

    person: str = ""
    roles: tuple[str, ...] = ()
    accounts: dict[str, tuple[str, ...]] = {}
    verifiers: tuple[str, ...] = ()
    liable: tuple[str, ...] = ()

    def may_read(self, account: str) -> bool:
        """Whether the affairs of an account are open to this person."""
        return not _READERS.isdisjoint(self.roles) or "read" in self.accounts.get(account, ())

    @property
    def acts(self) -> bool:
        """Whether the person may begin or approve anything for an account."""
        return any("initiate" in rights or "approve" in rights for rights in self.accounts.values())

    def has(self, *roles: str) -> bool:
        """Whether the person has one of these officer roles."""
        return any(role in self.roles for role in roles)


PUBLIC: Final = Viewer()


def viewer_of(market: Market, person: str) -> Viewer:
    """What a person is now; whoever is unknown sees what the public sees."""
    if not person:
        return PUBLIC
    state = market.registry.state
    mrv = room_of(market.rooms, MrvRoom).state
    accounts: dict[str, tuple[str, ...]] = {
        number: state.representatives[number][person] for number in market.registry.people.accounts_of(person)
    }
    return Viewer(
        person,
        tuple(state.officers.get(person, ())),
        accounts,
        tuple(v.record.id for v in mrv.verifiers.values() if person in v.record.people),
        tuple(number for number in accounts if is_liable(market, number)),
    )


def is_liable(market: Market, number: str) -> bool:
    """Whether an account is of a type that surrenders, or has a duty all the same."""
    account = market.book.state.accounts[number]
    surrender = market.rulebook.now().transaction_types.get(SURRENDER)
    if surrender is not None and account.type in surrender.from_types:
        return True
    return number in room_of(market.rooms, ComplianceRoom).state.duties
