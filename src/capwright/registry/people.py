"""Who may do what: officers with roles, representatives with rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.registry.messages import (
    AppointOfficer,
    AppointRepresentative,
    OfficerAppointed,
    RemoveRepresentative,
    RepresentativeAppointed,
    RepresentativeRemoved,
    Right,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.kernel.message import Command, Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook
    from capwright.registry.messages import Representative
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
    zh="至少须有两人保留主管部门（authority）角色。",
    mend_en="Appoint another person first; otherwise nothing could be approved any more.",
    mend_zh="请先任命他人，否则此后无人可以审批。",
    rule="design: four eyes",
)
ACCOUNT_INACTIVE = define(
    "CW-4006",
    en="The account {account} is {status}: its representatives can do nothing.",
    zh="账户{account}的状态为“{status}”，其代表不能办理业务。",
    mend_en="The registry operator can restore a suspended account.",
    mend_zh="账户暂停使用的，可由注册登记机构恢复。",
    rule="UK registry: account statuses",
)
BAD_RIGHTS = define(
    "CW-4007",
    en="The roles or rights of {person} are not a list of known ones, or there is none: '{given}'.",
    zh="{person}的角色或权限须为已知项且至少一项，现为“{given}”。",
    rule="UK registry: authorised representatives",
)
TWO_HATS = define(
    "CW-4009",
    en="{person} is an officer of the market and may not represent an account, nor the other way round.",
    zh="{person}是市场工作人员，不得同时担任账户代表；反之亦然。",
    mend_en="Name another person.",
    mend_zh="请另指定人员。",
    rule="separation of duties: who runs the registry does not dispose of what is in it",
)
NAMED_TWICE = define(
    "CW-4008",
    en="{person} is named twice.",
    zh="{person}被重复指定。",
    rule="UK registry: authorised representatives",
)
TOO_FEW_REPRESENTATIVES = define(
    "CW-4104",
    en="An account of type {account_type} needs at least {least} representatives who act; {given} would act.",
    zh="{account_type}类账户至少需要{least}名可办理业务的代表，现仅{given}名。",
    mend_en="Appoint another one first; who may only read does not count.",
    mend_zh="请先指定其他代表；仅有查询权限的不计入。",
    rule="Reg. 2019/1122; GZETS 2013-11-19: operator and checker",
)

_RIGHTS: Final = frozenset(get_args(Right))
_ROLES: Final = frozenset(get_args(Role))
_ACTING: Final[frozenset[Right]] = frozenset({"initiate", "approve"})


class People:
    """Officers and representatives: the checks, and the commands that appoint them."""

    def __init__(self, state: RegistryState, book: Book, rulebook: Rulebook) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook
        self._accounts: dict[str, set[str]] = {}  # by person: `representatives` turned round
        for account, people in state.representatives.items():
            self._represents(account, people)

    def accounts_of(self, person: str) -> list[str]:
        """The numbers of the accounts that somebody represents, in order."""
        return sorted(self._accounts.get(person, ()))

    def check(self, actor: str, command: Command) -> None:
        """Refuse unless the actor may send this command, by the command's permit."""
        permit = command.permit
        if permit.roles:
            self.check_role(actor, permit.roles)
        elif permit.account_field:
            number = getattr(command, permit.account_field)
            self.check_right(actor, number, permit.right)  # type: ignore[arg-type]
            status = self._book.state.accounts[number].status
            if status in {"suspended", "closed"}:
                refuse(ACCOUNT_INACTIVE, account=number, status=status)

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

    def check_enough(self, account_type: str, rights: Iterable[tuple[Right, ...]]) -> None:
        """Refuse fewer acting representatives than the account type needs; government accounts need none."""
        row = self._rulebook.now().account_types.get(account_type)
        given = sum(not _ACTING.isdisjoint(has) for has in rights)
        if row is not None and not row.government and given < row.least_representatives:
            refuse(
                TOO_FEW_REPRESENTATIVES, account_type=row.code, least=row.least_representatives, given=given
            )

    def check_representatives(self, account_type: str, people: tuple[Representative, ...]) -> None:
        """Check the representatives of a new account: well-formed, each named once, enough of them."""
        for representative in people:
            self._check_representative(representative)
        seen: set[str] = set()
        for representative in people:
            if representative.person in seen:
                refuse(NAMED_TWICE, person=representative.person)
            seen.add(representative.person)
        self.check_enough(account_type, [r.rights for r in people])

    # Handlers.

    def appoint_officer(self, _request: Request, command: AppointOfficer) -> list[Event]:
        """Appoint, but never leave fewer than two people with the role of the authority."""
        self.check_first_officers({**self._state.officers, command.person: command.roles})
        if command.roles and self._accounts.get(command.person):
            refuse(TWO_HATS, person=command.person)
        return [OfficerAppointed(command.person, command.roles)]

    def check_first_officers(self, officers: dict[str, tuple[Role, ...]]) -> None:
        """Refuse ids that cannot be kept, roles that do not exist, and fewer than two of the authority."""
        for person, roles in officers.items():
            check_text("person", person, MAX_ID)
            if not _ROLES.issuperset(roles):
                refuse(BAD_RIGHTS, person=person, given=", ".join(roles))
        if sum("authority" in roles for roles in officers.values()) < 2:  # noqa: PLR2004 - four eyes
            refuse(LAST_AUTHORITY)

    def _check_representative(self, representative: Representative) -> None:
        check_text("person", representative.person, MAX_ID)
        rights = representative.rights
        if not rights or not _RIGHTS.issuperset(rights):
            refuse(BAD_RIGHTS, person=representative.person, given=", ".join(rights))
        if self._state.officers.get(representative.person):
            refuse(TWO_HATS, person=representative.person)

    def appoint_representative(self, _request: Request, command: AppointRepresentative) -> list[Event]:
        """Add a representative or change the rights of one; enough must be left who act."""
        appointed = command.representative
        self._check_representative(appointed)
        people = self._represented(command.account)
        self._check_left(command.account, {**people, appointed.person: appointed.rights})
        return [RepresentativeAppointed(command.account, appointed)]

    def remove_representative(self, _request: Request, command: RemoveRepresentative) -> list[Event]:
        """Take a representative off an account; enough must be left who act.

        What the person proposed and nobody has approved yet can then only be rejected.
        """
        people = self._represented(command.account)
        if command.person not in people:
            refuse(NO_SUCH_REPRESENTATIVE, person=command.person, account=command.account)
        left = {person: rights for person, rights in people.items() if person != command.person}
        self._check_left(command.account, left)
        return [RepresentativeRemoved(command.account, command.person)]

    def _represented(self, account: str) -> dict[str, tuple[Right, ...]]:
        people = self._state.representatives.get(account)
        if people is None:
            refuse(ACCOUNT_UNKNOWN, account=account)
        return people

    def _check_left(self, number: str, people: dict[str, tuple[Right, ...]]) -> None:
        """A suspended account may be left without representatives, but not restored without."""
        account = self._book.state.accounts[number]
        if account.status == "closed":
            refuse(ACCOUNT_INACTIVE, account=number, status=account.status)
        if account.status != "suspended":
            self.check_enough(account.type, people.values())

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
        self._represents(event.account, (person.person,))

    def representative_removed(self, event: RepresentativeRemoved, _at_ms: int) -> None:
        """Fold the event."""
        del self._state.representatives[event.account][event.person]
        self._accounts[event.person].discard(event.account)

    def account_opened(self, account: str, representatives: tuple[Representative, ...]) -> None:
        """Keep who represents an account from its opening on."""
        self._state.representatives[account] = {one.person: one.rights for one in representatives}
        self._represents(account, self._state.representatives[account])

    def _represents(self, account: str, people: Iterable[str]) -> None:
        for person in people:
            self._accounts.setdefault(person, set()).add(account)
