"""The virus scanner before every document: a program, or the clamd daemon.

`CAPWRIGHT_SCAN` is a command that gets the path of the file as its last argument and ends with 0 (clean), 1
(infected) or anything else (it could not tell), as `clamscan` and `clamdscan` do; or `clamd://HOST:PORT` or
`clamd:///PATH/OF/SOCKET`, which are sent the bytes. What could not be scanned is not taken.
"""

from __future__ import annotations

import logging
import shlex
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from capwright.kernel.refusal import refuse
from capwright.web.refusals import INFECTED, NOT_SCANNED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["scan"]

CLAMD: Final = "clamd://"
PATIENCE_S: Final = 60.0
_PIECE: Final = 65_536
_LONGEST_ANSWER: Final = 4_096
_LOG: Final = logging.getLogger(__name__)


def scan(path: Path, name: str, scanner: str) -> None:
    """Have a file scanned; refuses what is infected (CW-9723) or could not be scanned (CW-9731)."""
    if not scanner:
        return
    try:
        clean = _daemon(path, scanner) if scanner.startswith(CLAMD) else _program(path, scanner)
    except (subprocess.TimeoutExpired, TimeoutError):
        _failed(name, f"no answer within {PATIENCE_S:g} s")
    except (OSError, ValueError) as error:
        _failed(name, f"{type(error).__name__}: {error}")
    if not clean:
        _LOG.warning("the scanner found something in an upload")
        refuse(INFECTED, name=name)


def _failed(name: str, why: str) -> NoReturn:
    """What the scanner said is for the log; the sender learns that it was no fault of the file."""
    _LOG.error("an upload could not be scanned: %s", why)
    refuse(NOT_SCANNED, name=name)


def _program(path: Path, command: str) -> bool:
    """Whether a program finds the file clean. Raises `OSError`, `ValueError`, `TimeoutExpired`."""
    done = subprocess.run(  # noqa: S603 - the operator's own program, without a shell
        [*shlex.split(command), str(path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode not in {0, 1}:
        said = done.stderr.decode(errors="replace").strip()[-200:]
        raise ValueError(f"exit code {done.returncode} {said}")
    return done.returncode == 0


def _daemon(path: Path, address: str) -> bool:
    """Whether clamd finds the bytes clean (its command INSTREAM). Raises `OSError`, `ValueError`."""
    deadline = time.monotonic() + PATIENCE_S
    with _reached(address) as line, path.open("rb") as file:
        line.sendall(b"zINSTREAM\0")
        while part := file.read(_PIECE):
            line.settimeout(max(0.01, deadline - time.monotonic()))
            line.sendall(len(part).to_bytes(4, "big") + part)
        line.sendall(bytes(4))
        said = b""
        while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
            line.settimeout(max(0.01, deadline - time.monotonic()))
            if not (part := line.recv(_PIECE)):
                break
            said += part
    verdict = said.rstrip(b"\0\n").decode(errors="replace")
    if verdict == "stream: OK":
        return True
    if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
        return False
    raise ValueError(f"clamd said '{verdict[:200]}'")


def _reached(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.hostname:
        return socket.create_connection((parts.hostname, parts.port or 3310), timeout=5)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(5)
    try:
        line.connect(parts.path)
    except BaseException:
        line.close()
        raise
    return line
