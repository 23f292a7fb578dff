"""What sign-ins must remember for a short time, in the people's database, so that all web processes know it.

How often a password was wrong, and which one-time codes were used: kept by each process for itself, as many
guesses more would be free as there are processes, and a code would work once in each. Values are JSON, and
nothing that is read is run.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction

__all__ = ["SharedCounts", "one_after_another"]

_FOREVER: Final = 2.0**40  # s since 1970


class SharedCounts(BaseCache):
    """A cache of Django's in the table `Count`. Rows whose time is over are deleted as new ones come."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Keep a value unless there is one; whether it was kept. Of two at once only one succeeds."""
        rows, name = _rows(), self._named(key, version)
        rows.filter(key=name, until__lte=time.time()).delete()
        try:
            with transaction.atomic():
                rows.create(key=name, value=json.dumps(value), until=self._until(timeout))
        except IntegrityError:
            return False
        return True

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value, unless its time is over."""
        found = _rows().filter(key=self._named(key, version), until__gt=time.time()).first()
        return default if found is None else json.loads(found.value)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Keep a value."""
        said = {"value": json.dumps(value), "until": self._until(timeout)}
        _rows().update_or_create(key=self._named(key, version), defaults=said)
        _rows().filter(until__lte=time.time()).delete()

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Keep what there is for longer; whether there is any."""
        rows = _rows().filter(key=self._named(key, version), until__gt=time.time())
        return bool(rows.update(until=self._until(timeout)))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; whether there was one."""
        return bool(_rows().filter(key=self._named(key, version)).delete()[0])

    def clear(self) -> None:
        """Forget all."""
        _rows().delete()

    def _named(self, key: Any, version: Any) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _until(self, timeout: Any) -> float:
        lasts = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return _FOREVER if lasts is None else time.time() + float(lasts)


def _rows() -> Any:
    from capwright.web.models import Count  # noqa: PLC0415 - needs Django set up

    return Count.objects.all()


def one_after_another(what: str) -> None:
    """Wait, inside a transaction, until no other one is about the same, and keep it to oneself until its end.

    Of a count and what follows from it nothing may come between. SQLite has one writer from the beginning of
    a transaction on; with PostgreSQL the row is locked.
    """
    name = f"one-after-another:{what}"
    _rows().bulk_create([_rows().model(key=name, value="", until=_FOREVER)], ignore_conflicts=True)
    _rows().select_for_update().get(key=name)
