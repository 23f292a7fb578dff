"""A new secret key: what older ones sealed is sealed anew at the start, so that they can be put away."""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from capwright.web.models import Webhook
from capwright.web.seal import Unopened

__all__ = ["reseal"]

_LOG: Final = logging.getLogger("capwright.keys")


def reseal() -> int:
    """Seal every kept secret with the key of now; returns how many could not be opened by any key."""
    lost = 0
    for one in (*Webhook.objects.all(), *Authenticator.objects.all()):
        try:
            if isinstance(one, Webhook):
                one.secret = one.secret
            else:
                one.data = {name: _anew(name, value) for name, value in one.data.items()}
        except Unopened:
            lost += 1
        else:
            one.save(update_fields=["seal"] if isinstance(one, Webhook) else ["data"])
    if lost:
        _LOG.error("%d secrets were sealed with a key that is not given, and are lost", lost)
    return lost


def _anew(name: str, value: Any) -> Any:
    """A secret of a second factor sealed anew; whatever else is kept of it as it is."""
    if name in {"secret", "seed"}:
        return get_adapter().encrypt(get_adapter().decrypt(value))
    if name == "migrated_codes":
        return [get_adapter().encrypt(get_adapter().decrypt(one)) for one in value]
    return value
