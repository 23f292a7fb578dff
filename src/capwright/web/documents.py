"""Papers and documents as they come in: bounded in size, of a known kind, scanned, kept by their SHA-256.

The same bytes are kept once and never changed. The kind is told by the first bytes, not by the name. Where
they lie is `storage`'s business, what looks into them `scanning`'s.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from msgspec import Struct

from capwright.kernel.refusal import refuse
from capwright.web.hosting import host
from capwright.web.models import Paper, Upload
from capwright.web.refusals import BAD_KIND, TOO_LARGE
from capwright.web.scanning import scan
from capwright.web.storage import storage

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["KINDS", "Kept", "keep", "kind_of", "sweep"]

LARGEST: Final = 10_000_000  # bytes
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


def keep(papers: Iterable[tuple[str, Iterable[bytes]]]) -> list[Kept]:
    """Keep documents, each a name and its bytes: all of them or none.

    Refuses one that is too large, of a kind not taken, or that the scanner finds bad. None is stored before
    all were looked at: what came beside a refused one belongs to no application, and nobody would delete it.
    """
    with contextlib.ExitStack() as stack:
        looked_at = [_looked_at(name, chunks, stack) for name, chunks in papers]
        Upload.objects.bulk_create([Upload(sha256=kept.sha256) for _, kept in looked_at])
        for path, kept in looked_at:
            storage().put(path, kept.sha256)
    return [kept for _, kept in looked_at]


def sweep() -> int:
    """Delete documents whose process ended before an application had them; returns how many.

    Each was announced by a row before it was stored, so the folder or bucket need not be listed, and what
    another market keeps in the same one is safe. Those of less than a day may be under way.
    """
    old = Upload.objects.filter(made_at__lt=timezone.now() - timedelta(days=1))
    names, had = set(old.values_list("sha256", flat=True)), Paper.objects.values("sha256")
    young = Upload.objects.exclude(pk__in=old.values("pk")).values("sha256")
    lost = names - set(had.filter(sha256__in=names).values_list("sha256", flat=True))
    lost -= set(young.filter(sha256__in=names).values_list("sha256", flat=True))
    for name in lost:
        storage().drop(name)
    old.filter(sha256__in=names).delete()
    return len(lost)


def _looked_at(name: str, chunks: Iterable[bytes], stack: contextlib.ExitStack) -> tuple[Path, Kept]:
    """A document in a temporary file that goes with the stack, once nothing was found amiss."""
    digest, size, begin = hashlib.sha256(), 0, b""
    out = stack.enter_context(tempfile.NamedTemporaryFile())  # noqa: SIM115 - the stack closes it
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST:
            refuse(TOO_LARGE, name=name, most=f"{LARGEST // 1_000_000} MB")
        begin = begin or chunk[:16]
        digest.update(chunk)
        out.write(chunk)
    out.flush()
    kind = kind_of(begin)
    if not kind:
        refuse(BAD_KIND, name=name, known="PDF, PNG, JPEG, XLSX")
    scan(Path(out.name), name, host().settings.scan)
    return Path(out.name), Kept(digest.hexdigest(), size, kind)
