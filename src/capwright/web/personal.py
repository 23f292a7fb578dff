"""What is known of a person outside the journal, and its erasure.

The journal names a person by an id alone and keeps it for ever; everything that says who that is lies in the
people's tables and among the documents, and goes when the person is erased. Two operators do it: one asks,
another confirms. What they erased stays erased when a backup comes back: see `capwright.web.erased`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from msgspec import Struct
from oauth2_provider.models import get_application_model

from capwright.kernel.refusal import refuse
from capwright.web.erased import Rows, drop_papers, remember, tokens_of
from capwright.web.models import Application, Erasure, Invitation, Paper, User, Webhook
from capwright.web.refusals import NOBODY_KNOWN, TWO_PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Subject", "ask", "confirm", "find", "known"]

_MOST_LISTED: Final = 500


class Subject(Struct, frozen=True):
    """Whose data are meant: a user, or an address that only applications and invitations know.

    `proven` are the addresses at which the person answered an invitation, or the one that was looked up. What
    users write into their profile proves nothing: with another's address they would get another's data.
    """

    user: User | None
    proven: tuple[str, ...]

    @classmethod
    def of(cls, user: User) -> Subject:
        """A user."""
        used = Invitation.objects.filter(person=user.person, used_at__isnull=False) if user.person else ()
        return cls(user, tuple(sorted({one.email for one in used})))

    @property
    def person(self) -> str:
        """The id in the journal; empty for somebody without a part in it."""
        return (self.user.person or "") if self.user else ""

    def invitations(self) -> Any:
        """Invitations to them, used or not."""
        asked = Q(email__in=self.proven)
        return Invitation.objects.filter(asked | Q(person=self.person) if self.person else asked)

    def applications(self) -> Any:
        """Applications that name them."""
        return Application.objects.filter(Q(email__in=self.proven) | Q(second_email__in=self.proven))


def find(said: str) -> Subject:
    """Who is meant by a user's name, an id of the journal or an address. Refuses (CW-9734) nobody."""
    said = said.strip()
    if not said.isprintable():  # no name, and PostgreSQL takes no NUL
        refuse(NOBODY_KNOWN, said=said)
    for asked in ({"username": said}, {"person": said}, {"email__iexact": said}) if said else ():
        user = User.objects.filter(**asked).first()
        if user is not None:
            return Subject.of(user)
    subject = Subject(None, (said,))
    if not said or not (subject.invitations().exists() or subject.applications().exists()):
        refuse(NOBODY_KNOWN, said=said)
    return subject


def known(subject: Subject) -> dict[str, Any]:
    """Everything that is kept of somebody outside the journal, in words for JSON. Secrets are not in it."""
    user = subject.user
    said: dict[str, Any] = {"person": subject.person}
    if user is not None:
        clients = get_application_model().objects.filter(user=user)
        said["user"] = _row(
            user, "username", "first_name", "last_name", "email", "language", "date_joined", "last_login"
        )
        said["addresses"] = _rows(EmailAddress.objects.filter(user=user), "email", "verified", "primary")
        said["second_factors"] = _rows(
            Authenticator.objects.filter(user=user), "type", "created_at", "last_used_at"
        )
        said["sessions"] = _rows(
            UserSession.objects.filter(user=user), "created_at", "last_seen_at", "ip", "user_agent"
        )
        said["clients"] = [
            _row(one, "name", "client_id", "created")
            | {"networks": one.rule.networks if hasattr(one, "rule") else ""}
            for one in clients[:_MOST_LISTED]
        ]
        said["tokens"] = _rows(tokens_of(user), "scope", "created", "expires")
        said["webhooks"] = _rows(Webhook.objects.filter(user=user), "url", "active", "fault", "made_at")
    said["invitations"] = _rows(subject.invitations(), "person", "email", "invited_by", "made_at", "used_at")
    said["applications"] = [
        _application(one, subject.proven) for one in subject.applications()[:_MOST_LISTED]
    ]
    return said


def ask(subject: Subject, by: str, reason: str) -> Erasure:
    """Ask that somebody be erased; nothing is erased yet. An open request for the same person is returned."""
    mail = "" if subject.user else subject.proven[0]
    waiting = Erasure.objects.filter(done_at=None, user=subject.user, email=mail).first()
    return waiting or Erasure.objects.create(
        user=subject.user, email=mail, person=subject.person, reason=reason[:500], asked_by=by
    )


def confirm(request: Erasure, by: str) -> dict[str, int]:
    """Erase; returns how many things of each kind. Refuses (CW-9735) whoever asked, and who is meant.

    It is noted beside the documents before the rows go: with a store that is away (CW-9732) nothing happens.
    """
    if by in {request.asked_by, request.person, ""}:
        refuse(TWO_PEOPLE)
    with transaction.atomic():
        request = Erasure.objects.select_for_update().get(pk=request.pk, done_at=None)
        subject = Subject.of(request.user) if request.user else Subject(None, (request.email,))
        rows = Rows(
            [subject.user] if subject.user else [],
            list(subject.invitations()),
            list(subject.applications().filter(email__in=subject.proven)),
            list(subject.applications().filter(second_email__in=subject.proven)),
        )
        counts = _counts(subject) | {"users": len(rows.users), "papers": len(rows.papers())}
        request.counts = counts
        request.confirmed_by, request.done_at = by, timezone.now()
        remember(request, rows)
        papers = rows.erase()
        request.user, request.email = None, ""
        request.save()
    drop_papers(papers)
    return counts


def _counts(subject: Subject) -> dict[str, int]:
    return {name: len(one) for name, one in known(subject).items() if isinstance(one, list)}


def _application(one: Application, mails: Iterable[str]) -> dict[str, Any]:
    """What an application says of somebody; the other contact's data are not theirs to read."""
    said = _row(one, "reference", "organisation", "account_type", "language", "state", "made_at")
    if one.email in mails:
        said |= {"contact": one.contact, "email": one.email, "note": one.note}
    if one.second_email in mails:
        said |= {"second_contact": one.second_contact, "second_email": one.second_email}
    return said | {"papers": _rows(Paper.objects.filter(application=one), "name", "size", "sha256")}


def _rows(found: Any, *names: str) -> list[dict[str, Any]]:
    return [_row(one, *names) for one in found[:_MOST_LISTED]]


def _row(one: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}
