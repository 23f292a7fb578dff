"""What was erased stays erased, whatever backup of the people's database comes back.

Every erasure leaves a note beside the documents, where a restored database does not reach it. It names rows
by marks: the hash of a row's number and of the instant it was made. Whoever has the row can tell that it is
meant; of somebody whose row is gone a mark says nothing, and it needs no key that could be lost. At each
start, and once a day, rows that are meant are erased again: `docs/adr/0022-erasures-outlive-a-restore.md`.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from msgspec import Struct
from oauth2_provider.models import get_access_token_model

from capwright.web.models import Application, Erasure, Invitation, Paper, User
from capwright.web.storage import storage

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Rows", "drop_papers", "erase_again", "remember", "tokens_of"]

_LOG: Final = logging.getLogger("capwright.erased")


class Note(Struct, frozen=True, tag="erasure-1"):
    """An erasure that was done: by whom, of which id in the journal, and the marks of what it erased."""

    person: str
    asked_by: str
    asked_at: datetime
    confirmed_by: str
    done_at: datetime
    counts: dict[str, int]
    marks: frozenset[str]
    papers: tuple[str, ...]


class Rows(Struct, frozen=True):
    """The rows that say something of somebody: users, invitations, and their part of applications."""

    users: list[User]
    invitations: list[Invitation]
    first: list[Application]
    second: list[Application]

    def marks(self) -> frozenset[str]:
        """By what they are known once they are gone."""
        return frozenset(
            [_mark("user", one.pk, one.date_joined) for one in self.users]
            + [_mark("invitation", one.pk, one.made_at) for one in self.invitations]
            + [_mark("first", one.pk, one.made_at) for one in self.first]
            + [_mark("second", one.pk, one.made_at) for one in self.second]
        )

    def papers(self) -> list[str]:
        """What the papers of these applications are called."""
        found = Paper.objects.filter(application__in=[one.pk for one in (*self.first, *self.second)])
        return list(found.values_list("sha256", flat=True))

    def erase(self) -> list[str]:
        """Delete or empty them; returns what papers were called, whose bytes go once all is committed."""
        papers = self.papers()
        for one in self.first:
            _emptied(one, contact="", email="", note="")
        for one in self.second:
            _emptied(one, second_contact="", second_email="")
        Invitation.objects.filter(pk__in=[one.pk for one in self.invitations]).delete()
        for user in self.users:
            keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
            Session.objects.filter(session_key__in=list(keys)).delete()
            tokens_of(user).delete()
            user.delete()  # and with it addresses, factors, sessions, clients, webhooks
        return papers


def _emptied(one: Application, **empty: str) -> None:
    Paper.objects.filter(application=one).delete()
    Application.objects.filter(pk=one.pk).update(**empty)
    Application.objects.filter(pk=one.pk, state="open").update(state="rejected")


def tokens_of(user: User) -> Any:
    """The access tokens of somebody and of their programs."""
    return get_access_token_model().objects.filter(Q(user=user) | Q(application__user=user))


def drop_papers(papers: Iterable[str]) -> None:
    """Delete papers that no application has. Their rows are gone for good by now."""
    for name in papers:
        if not Paper.objects.filter(sha256=name).exists():
            storage().drop(name)


def remember(request: Erasure, rows: Rows) -> None:
    """Note an erasure, before its rows go. Refuses (CW-9732) when the store of documents is away."""
    assert request.done_at is not None
    marks = rows.marks() | {_mark("request", request.pk, request.asked_at)}
    note = Note(
        request.person, request.asked_by, request.asked_at, request.confirmed_by, request.done_at,
        request.counts, marks, tuple(rows.papers()),
    )  # fmt: skip
    storage().note(msgspec.json.encode(note, order="deterministic"))


def erase_again() -> int:
    """Erase what was erased before and is there again; returns in how many rows somebody was named."""
    notes = [msgspec.json.decode(one, type=Note) for one in storage().notes()]
    if not notes:
        return 0
    marks = frozenset().union(*(note.marks for note in notes))
    with transaction.atomic():
        rows = Rows(
            _meant(User, "user", "date_joined", marks),
            _meant(Invitation, "invitation", "made_at", marks),
            [one for one in _meant(Application, "first", "made_at", marks) if one.email],
            [one for one in _meant(Application, "second", "made_at", marks) if one.second_email],
        )
        Erasure.objects.filter(done_at=None, user__in=rows.users).delete()
        rows.erase()
        for request in _meant(Erasure, "request", "asked_at", marks):
            if request.done_at is None:
                request.delete()
        for note in notes:
            _listed(note)
    drop_papers(name for note in notes for name in note.papers)
    count = len(rows.users) + len(rows.invitations) + len(rows.first) + len(rows.second)
    if count:
        _LOG.warning("a backup brought back %d rows of people who were erased; they are erased again", count)
    return count


def _meant(kind: Any, name: str, made: str, marks: frozenset[str]) -> list[Any]:
    """The rows of a kind that are marked."""
    found = kind.objects.values_list("pk", made).iterator()
    return list(kind.objects.filter(pk__in=[pk for pk, at in found if _mark(name, pk, at) in marks]))


def _listed(note: Note) -> None:
    """Have the erasure in the operators' list, once."""
    if not Erasure.objects.filter(done_at=note.done_at, asked_by=note.asked_by, person=note.person).exists():
        made = Erasure.objects.create(
            person=note.person, asked_by=note.asked_by, confirmed_by=note.confirmed_by,
            done_at=note.done_at, counts=note.counts,
        )  # fmt: skip
        Erasure.objects.filter(pk=made.pk).update(asked_at=note.asked_at)


def _mark(kind: str, number: int, made_at: datetime) -> str:
    said = f"capwright {kind} {number} {made_at.astimezone(UTC).isoformat(timespec='microseconds')}"
    return hashlib.sha256(said.encode()).hexdigest()
