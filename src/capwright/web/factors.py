"""How second factors are kept: the secrets behind one-time and recovery codes are sealed, as hooks' are."""

from __future__ import annotations

from typing import Final

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from capwright.web.seal import opened, sealed

__all__ = ["FactorAdapter"]

_PURPOSE: Final = "second factor"
_SEALED: Final = "gAAAA"  # how every seal begins; a secret in base 32 or 16 never does


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """What allauth asks before it keeps a secret and after it has read one.

    Raises `Unopened` where the site's secret key is another one now. Secrets of before are read as they are.
    """

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return sealed(text, settings.SECRET_KEY, _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret behind a seal."""
        if not encrypted_text.startswith(_SEALED):
            return encrypted_text
        return opened(encrypted_text, settings.SECRET_KEY, _PURPOSE, settings.SECRET_KEY_FALLBACKS)
