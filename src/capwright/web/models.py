"""People and what is known of them. None of it is in the journal, so that it can be erased.

The journal knows a person by `User.person` alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from capwright.web.seal import opened, sealed

__all__ = [
    "Application",
    "ClientRule",
    "Count",
    "Erasure",
    "Invitation",
    "Paper",
    "Upload",
    "User",
    "Webhook",
]

_HOOK = "webhook"  # what its secret is sealed for


class User(AbstractUser):
    """Somebody who can sign in. `person` is who that is in the journal; none without a part in it."""

    person: models.CharField[str, str] = models.CharField(max_length=200, unique=True, null=True, blank=True)
    language: models.CharField[str, str] = models.CharField(max_length=8, blank=True, default="")

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]


class Invitation(models.Model):
    """A person of the journal asked to make a sign-in. Only a hash of the link's secret is kept."""

    secret_hash: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    person: models.CharField[str, str] = models.CharField(max_length=200)
    email: models.EmailField[str, str] = models.EmailField()
    invited_by: models.CharField[str, str] = models.CharField(max_length=200)
    made_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)
    expires_at: models.DateTimeField[Any, Any] = models.DateTimeField()
    used_at: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Who is invited."""
        return self.person


class Application(models.Model):
    """Somebody who wants an account: what they say of themselves, and what became of it."""

    STATES: ClassVar[list[tuple[str, str]]] = [
        ("open", "open"),
        ("accepted", "accepted"),
        ("rejected", "rejected"),
    ]
    reference: models.CharField[str, str] = models.CharField(max_length=16, unique=True)
    organisation: models.CharField[str, str] = models.CharField(max_length=200)
    account_type: models.CharField[str, str] = models.CharField(max_length=60)
    contact: models.CharField[str, str] = models.CharField(max_length=100)
    email: models.EmailField[str, str] = models.EmailField()
    second_contact: models.CharField[str, str] = models.CharField(max_length=100, blank=True)
    second_email: models.EmailField[str, str] = models.EmailField(blank=True)
    note: models.TextField[str, str] = models.TextField(blank=True, max_length=2000)
    language: models.CharField[str, str] = models.CharField(max_length=8, blank=True, default="")
    state: models.CharField[str, str] = models.CharField(max_length=10, choices=STATES, default="open")
    reason: models.CharField[str, str] = models.CharField(max_length=500, blank=True)
    decided_by: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    made_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Its reference."""
        return self.reference


class Erasure(models.Model):
    """A person to be erased, by two operators. Once done it says of whom only the id in the journal."""

    user: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="erasures"
    )
    email: models.CharField[str, str] = models.CharField(max_length=254, blank=True)
    person: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    reason: models.CharField[str, str] = models.CharField(max_length=500, blank=True)
    asked_by: models.CharField[str, str] = models.CharField(max_length=200)
    asked_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)
    confirmed_by: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    done_at: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)

    def __str__(self) -> str:
        """Whose it is."""
        return self.person


class Paper(models.Model):
    """A paper of an application: a licence, an identity card. Named by the hash of its bytes."""

    application: models.ForeignKey[Application, Application] = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="papers"
    )
    name: models.CharField[str, str] = models.CharField(max_length=200)
    sha256: models.CharField[str, str] = models.CharField(max_length=64)
    size: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Its name."""
        return self.name


class Upload(models.Model):
    """A paper about to be stored. When no application has it a day later, its process ended in between."""

    sha256: models.CharField[str, str] = models.CharField(max_length=64)
    made_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        """Its hash."""
        return self.sha256


class Count(models.Model):
    """What sign-ins must remember until a time (s since 1970): see `capwright.web.counts`. Names nobody."""

    key: models.CharField[str, str] = models.CharField(max_length=250, primary_key=True)
    value: models.TextField[str, str] = models.TextField()
    until: models.FloatField[float, float] = models.FloatField(db_index=True)

    def __str__(self) -> str:
        """Its key."""
        return self.key


class ClientRule(models.Model):
    """From which addresses a program may call; none listed means from anywhere."""

    application: models.OneToOneField[Any, Any] = models.OneToOneField(
        "oauth2_provider.Application", on_delete=models.CASCADE, related_name="rule"
    )
    networks: models.TextField[str, str] = models.TextField(blank=True)

    def __str__(self) -> str:
        """The networks."""
        return self.networks


class Webhook(models.Model):
    """An address to which a person's events are posted, and the secret they are signed with, sealed."""

    user: models.ForeignKey[User, User] = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="webhooks"
    )
    url: models.URLField[str, str] = models.URLField(max_length=300)
    seal: models.TextField[str, str] = models.TextField()
    active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    fault: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    made_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Its address."""
        return self.url

    @property
    def secret(self) -> str:
        """What messages are signed with. Raises `Unopened` when the site's secret key is another one now."""
        return opened(self.seal, settings.SECRET_KEY, _HOOK, settings.SECRET_KEY_FALLBACKS)

    @secret.setter
    def secret(self, secret: str) -> None:
        self.seal = sealed(secret, settings.SECRET_KEY, _HOOK)
