"""Who may do what: officers with roles, representatives with rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.kernel.refusal import define, refuse
from capwright.registry.messages import (
    AppointOfficer,
    AppointRepresentative,
    OfficerAppointed,
    RemoveRepresentative,
    RepresentativeAppointed,
    RepresentativeRemoved,
)

if TYPE_CHECKING:
    from capwright.kernel.message import Command, Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.registry.messages import Right, Role
    from capwright.registry.state import RegistryState

__all__ = ["People"]

NO_ROLE = define(
    "CW-4001",
    en="{person} has none of the roles this needs: {roles}.",
    zh="{person}不具备所需角色：{roles}。",
    mend_en="Ask a person who has the role.",
    mend_zh="请由具备该角色的人员办理。",
    rule="design: roles see their own desk",
)
NO_RIGHT = define(
    "CW-4002",
    en="{person} may not '{right}' for the account {account}.",
    zh="{person}对账户{account}没有“{right}”权限。",
    mend_en="The registry operator appoints representatives and their rights.",
    mend_zh="代表及其权限由注册登记机构指定。",
    rule="UK registry: authorised representatives",
)
ACCOUNT_UNKNOWN = define(
    "CW-4003", en="There is no account {account}.", zh="没有账户{account}。", rule="UK registry"
)
NO_SUCH_REPRESENTATIVE = define(
    "CW-4004",
    en="{person} does not represent the account {account}.",
    zh="{person}不是账户{account}的代表。",
    rule="UK registry: authorised representatives",
)
LAST_AUTHORITY = define(
    "CW-4005",
    en="At least two people must keep the role 'authority'.",
    zh="至少须有两人保留“authority”角色。",
    mend_en="Appoint another person first; otherwise nothing could be approved any more.",
    mend_zh="请先任命他人，否则此后无人可以审批。",
    rule="design: four eyes",
)


class People:
    """Officers and representatives: the checks, and the commands that appoint them."""

    def __init__(self, state: RegistryState, book: Book) -> None:
        self._state = state
        self._book = book

    def check(self, actor: str, command: Command) -> None:
        """Refuse unless the actor may send this command, by the command's permit."""
        permit = command.permit
        if permit.roles:
            self.check_role(actor, permit.roles)
        elif permit.account_field:
            self.check_right(actor, getattr(command, permit.account_field), permit.right)  # type: ignore[arg-type]

    def check_role(self, actor: str, roles: tuple[str, ...]) -> None:
        """Refuse unless the actor has one of the roles."""
        has = self._state.officers.get(actor, ())
        for role in roles:
            if role in has:
                return
        refuse(NO_ROLE, person=actor, roles=", ".join(roles))

    def check_right(self, actor: str, account: str, right: Right) -> None:
        """Refuse unless the actor represents the account with this right."""
        people = self._state.representatives.get(account)
        if people is None:
            refuse(ACCOUNT_UNKNOWN, account=account)
        if right not in people.get(actor, ()):
            refuse(NO_RIGHT, person=actor, right=right, account=account)

    # Handlers.

    def appoint_officer(self, _request: Request, command: AppointOfficer) -> list[Event]:
        """Appoint, but never leave fewer than two people with the role of the authority."""
        self.check_first_officers({**self._state.officers, command.person: command.roles})
        return [OfficerAppointed(command.person, command.roles)]

    def check_first_officers(self, officers: dict[str, tuple[Role, ...]]) -> None:
        """Refuse a set of officers in which nobody could approve what another proposes."""
        if sum("authority" in roles for roles in officers.values()) < 2:  # noqa: PLR2004 - four eyes
            refuse(LAST_AUTHORITY)

    def appoint_representative(self, _request: Request, command: AppointRepresentative) -> list[Event]:
        """Add a representative or change the rights of one."""
        if command.account not in self._state.representatives:
            refuse(ACCOUNT_UNKNOWN, account=command.account)
        return [RepresentativeAppointed(command.account, command.representative)]

    def remove_representative(self, _request: Request, command: RemoveRepresentative) -> list[Event]:
        """Take a representative off an account."""
        if command.person not in self._state.representatives.get(command.account, {}):
            refuse(NO_SUCH_REPRESENTATIVE, person=command.person, account=command.account)
        return [RepresentativeRemoved(command.account, command.person)]

    # Appliers.

    def officer_appointed(self, event: OfficerAppointed, _at_ms: int) -> None:
        """Fold the event."""
        if event.roles:
            self._state.officers[event.person] = event.roles
        else:
            self._state.officers.pop(event.person, None)

    def representative_appointed(self, event: RepresentativeAppointed, _at_ms: int) -> None:
        """Fold the event."""
        person = event.representative
        self._state.representatives[event.account][person.person] = person.rights

    def representative_removed(self, event: RepresentativeRemoved, _at_ms: int) -> None:
        """Fold the event."""
        del self._state.representatives[event.account][event.person]
