"""Where papers and documents are kept: a folder, each named by the SHA-256 of its bytes.

The same bytes are kept once, a file is never changed, and what a name promises can be checked. What comes in
is bounded in size and of a known kind, told by its first bytes, not by its name. `CAPWRIGHT_SCAN` names a
program that gets the path of every new file; an exit code other than 0 refuses the file.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.kernel.refusal import refuse
from capwright.web.hosting import host
from capwright.web.refusals import BAD_KIND, INFECTED, TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["KINDS", "Kept", "keep", "kind_of", "path_of"]

LARGEST: Final = 10_000_000  # bytes
_SCAN_S: Final = 60
# First bytes → kind and media type. Whatever can carry script for a browser (HTML, SVG) is not among them.
KINDS: Final = {
    b"%PDF-": ("pdf", "application/pdf"),
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpeg", "image/jpeg"),
    b"PK\x03\x04": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class Kept(Struct, frozen=True):
    """A document as it was kept."""

    sha256: str
    size: int
    kind: str


def kind_of(begin: bytes) -> str:
    """The kind of a file by its first bytes; empty when it is none that is taken."""
    return next((kind for magic, (kind, _) in KINDS.items() if begin.startswith(magic)), "")


def path_of(sha256: str) -> Path:
    """Where a document lies; the hash must be one, so no other path can be named."""
    assert len(sha256) == 64 and all(c in "0123456789abcdef" for c in sha256)  # noqa: PLR2004, PT018
    return Path(host().settings.documents) / sha256[:2] / sha256


def keep(chunks: Iterable[bytes], name: str) -> Kept:
    """Keep a document; refuses one that is too large, of a kind not taken, or that the scanner finds bad."""
    folder = Path(host().settings.documents)
    folder.mkdir(parents=True, exist_ok=True)
    digest, size, begin = hashlib.sha256(), 0, b""
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > LARGEST:
                    refuse(TOO_LARGE, name=name, most=f"{LARGEST // 1_000_000} MB")
                begin = begin or chunk[:16]
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
            kind = kind_of(begin)
            if not kind:
                refuse(BAD_KIND, name=name, known="PDF, PNG, JPEG, XLSX")
            _scan(Path(out.name), name)
        except BaseException:
            Path(out.name).unlink()
            raise
    target = path_of(digest.hexdigest())
    target.parent.mkdir(exist_ok=True)
    Path(out.name).replace(target)
    return Kept(digest.hexdigest(), size, kind)


def _scan(path: Path, name: str) -> None:
    command = os.environ.get("CAPWRIGHT_SCAN", "")
    if command:
        done = subprocess.run(  # noqa: S603 - the operator's own program
            [*shlex.split(command), str(path)], capture_output=True, timeout=_SCAN_S, check=False
        )
        if done.returncode:
            refuse(INFECTED, name=name)
