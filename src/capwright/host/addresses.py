"""Internet addresses of callers: as themselves, and the networks that they are in.

An address of version 4 that comes in the clothes of version 6 (`::ffff:192.0.2.7`) is the one of version 4.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["network_of", "plain", "within"]


def plain(address: str) -> IPv4Address | IPv6Address:
    """The address itself; raises `ValueError` for a name, or for what a Unix socket has."""
    found = ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def within(address: str, networks: Iterable[str]) -> bool:
    """Whether an address is one of these or in one of these networks."""
    for one in networks:
        if one == address:
            return True
        try:
            if plain(address) in ip_network(one, strict=False):
                return True
        except ValueError:  # one of them is a name, or a Unix socket
            continue
    return False


def network_of(address: str) -> str:
    """Whom limits count by: an address, of version 6 its network of 64 bits, which one visitor has whole."""
    if ":" not in address:
        return address
    try:
        found = plain(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)
