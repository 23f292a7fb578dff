"""How this program reaches PostgreSQL: no wait for the network is without end, on either side.

Packets that are dropped tell nobody anything. Both ends of a session therefore ask each other every few
seconds and give up after `SILENCE_MS`: the server, so that the lease of an engine that was cut off comes
free; this side, so that nobody waits for an answer that cannot come.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

__all__ = ["CONNECT_S", "SILENCE_MS", "connect", "parameters"]

CONNECT_S: Final = 5  # for each address of the server
SILENCE_MS: Final = 5_000  # how long the other side may be silent before the session is over
_ASK_AFTER_S: Final = 2
_ASK_EVERY_S: Final = 1
_ASK_TIMES: Final = 3
_LIMITS: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": _ASK_AFTER_S,
    "keepalives_interval": _ASK_EVERY_S,
    "keepalives_count": _ASK_TIMES,
    "tcp_user_timeout": SILENCE_MS,
}
_SERVER: Final = f"""
SET tcp_keepalives_idle = {_ASK_AFTER_S}; SET tcp_keepalives_interval = {_ASK_EVERY_S};
SET tcp_keepalives_count = {_ASK_TIMES}; SET tcp_user_timeout = {SILENCE_MS}
"""


def parameters(url: str) -> dict[str, Any]:
    """What libpq understands of an address, with our limits where it says nothing.

    Raises `psycopg.ProgrammingError` when it is no address.
    """
    return {**_LIMITS, **conninfo_to_dict(url)}


def connect(url: str, name: str, **more: Any) -> psycopg.Connection[Any]:
    """A session in autocommit, called `name` in the server's list; raises `psycopg.Error`."""
    given = {**parameters(url), **more}
    connection = psycopg.connect(autocommit=True, application_name=name, **given)
    try:
        connection.execute(_SERVER)
    except BaseException:
        connection.close()
        raise
    return connection
