"""The market that this process shows. Set once, when the pages start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capwright.host import Host

__all__ = ["host", "set_host"]

_HOSTS: list[Host] = []


def set_host(host: Host) -> None:
    """Show this market from now on."""
    _HOSTS[:] = [host]


def host() -> Host:
    """The market that is shown."""
    return _HOSTS[0]
