"""Secrets that must be used again, sealed where they are kept.

Passwords, tokens and invitations are kept as hashes. A webhook's secret cannot be: every message is signed
with it. It is encrypted and authenticated (Fernet) under a key of its own, drawn by HKDF from the site's
secret key; a copy of the people's database gives it away to nobody who lacks that key.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Unopened", "opened", "sealed"]


class Unopened(Exception):  # noqa: N818 - what happened
    """The seal was made with another key, or what was sealed has been changed."""


def sealed(text: str, site_key: str, purpose: str) -> str:
    """Seal a text. What is sealed for one purpose cannot be opened for another."""
    return _box(site_key, purpose).encrypt(text.encode()).decode()


def opened(seal: str, site_key: str, purpose: str, older: Sequence[str] = ()) -> str:
    """The text behind a seal, of the site's key or of one before. Raises `Unopened`."""
    boxes = MultiFernet([_box(key, purpose) for key in (site_key, *older)])
    try:
        return boxes.decrypt(seal.encode()).decode()
    except InvalidToken:
        raise Unopened(purpose) from None


def _box(site_key: str, purpose: str) -> Fernet:
    drawn = HKDF(SHA256(), length=32, salt=None, info=f"capwright {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(drawn.derive(site_key.encode())))
