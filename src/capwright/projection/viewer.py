"""Who somebody is in the market, and what that lets them see.

Commands check for themselves who may send them; this is about reading. Public: the rules, prices and trades
without names, auctions' results, covered firms and how they complied, the journal's heads. An account's own
affairs are for its representatives with the right to read, for the officers who run the market, and for
auditors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.market.composition import room_of
from capwright.mrv.room import MrvRoom

if TYPE_CHECKING:
    from capwright.market import Market

__all__ = ["PUBLIC", "Viewer", "viewer_of"]

_READERS: Final = frozenset({"authority", "operator", "exchange", "auditor"})


class Viewer(Struct, frozen=True):
    """A person with officer roles, rights by account, and the verifiers the person acts for."""

    person: str = ""
    roles: tuple[str, ...] = ()
    accounts: dict[str, tuple[str, ...]] = {}
    verifiers: tuple[str, ...] = ()

    def may_read(self, account: str) -> bool:
        """Whether the affairs of an account are open to this person."""
        return not _READERS.isdisjoint(self.roles) or "read" in self.accounts.get(account, ())

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
    return Viewer(
        person,
        tuple(state.officers.get(person, ())),
        {number: people[person] for number, people in state.representatives.items() if person in people},
        tuple(v.record.id for v in mrv.verifiers.values() if person in v.record.people),
    )
