"""Reading events and commands of earlier versions.

A class of the journal never changes its meaning. When one has to, the new meaning gets a new class, and the
old tag gets a line here: a function from the old JSON object to the new one. Chains work: the result may
again be old.

    @upcaster("UnitsMoved")
    def _(old): return {"event": "UnitsMoved2", "units": [old]}

Nothing here costs anything while a journal has no old tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UPCASTERS", "upcast", "upcaster"]


UPCASTERS: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
_LONGEST: Final = 100  # no journal is that many versions old: a longer chain runs in a circle


def upcaster(
    old_tag: str,
) -> Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Callable[[dict[str, Any]], dict[str, Any]]]:
    """Register the decorated function for objects tagged `old_tag`."""

    def register(
        function: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Callable[[dict[str, Any]], dict[str, Any]]:
        assert old_tag not in UPCASTERS, f"two upcasters for {old_tag}"
        UPCASTERS[old_tag] = function
        return function

    return register


def upcast(message: Any) -> Any:
    """Return `message` with a current tag; what has no upcaster comes back as it is."""
    for _ in range(_LONGEST):
        if not isinstance(message, dict):
            return message
        function = UPCASTERS.get(message.get("event") or message.get("command") or "")
        if function is None:
            return message
        message = function(message)
    raise AssertionError(f"upcasters run in a circle: {message}")
