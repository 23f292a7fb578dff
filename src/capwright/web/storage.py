"""Where the bytes of documents lie: a folder, or a bucket that speaks S3. Each is named by its SHA-256.

A name is written once and never again with other bytes; what is read is held against its name, so a disk or a
bucket that gives back something else is found out. Beside the documents lie notes, the same way: what must
not be lost with the people's database is told there (`capwright.web.erased`).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from capwright.host.settings import S3
from capwright.kernel.refusal import refuse
from capwright.web.hosting import host
from capwright.web.refusals import ALTERED, AWAY

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["Bucket", "Folder", "Storage", "storage"]

_TIMEOUT: Final = "20s"
_NOTES: Final = "erased"  # no name of a document begins so


class Storage(Protocol):
    """A place for documents. All its methods refuse (CW-9732) when the place cannot be reached."""

    def put(self, path: Path, name: str) -> None:
        """Keep a copy of a file under its hash; once it returns, the bytes are there to stay."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a document, or None. Refuses (CW-9733) what is not what its name says."""

    def drop(self, name: str) -> None:
        """Delete a document; harmless when there is none."""

    def note(self, content: bytes) -> None:
        """Keep a note for good; once it returns, it is there to stay."""

    def notes(self) -> list[bytes]:
        """All notes. Refuses (CW-9733) one that was changed."""


def storage() -> Storage:
    """The place that `CAPWRIGHT_DOCUMENTS` names."""
    settings = host().settings
    if settings.documents.startswith(S3):
        return _bucket(settings.documents, settings.documents_endpoint)
    return Folder(Path(settings.documents))


class Folder:
    """Documents in a folder, in sub-folders by the first two digits of their hash."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, path: Path, name: str) -> None:
        """Keep a copy; the file appears whole or not at all."""
        try:
            with path.open("rb") as source:
                self._write(source, self._path(name))
        except OSError as error:
            refuse(AWAY, why=type(error).__name__)

    def note(self, content: bytes) -> None:
        """Keep a note."""
        self._write(io.BytesIO(content), self._root / _NOTES / hashlib.sha256(content).hexdigest())

    def notes(self) -> list[bytes]:
        """All notes."""
        try:
            found = sorted((self._root / _NOTES).glob("[0-9a-f]*"))
            return [_checked(one.name, one.read_bytes()) for one in found]
        except OSError as error:
            refuse(AWAY, why=type(error).__name__)

    @staticmethod
    def _write(source: IO[bytes], target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix="tmp", dir=target.parent)
        except OSError as error:
            refuse(AWAY, why=type(error).__name__)
        try:
            with open(handle, "wb") as out:  # noqa: PTH123 - a descriptor
                shutil.copyfileobj(source, out)
                out.flush()
                os.fsync(out.fileno())
            Path(part).replace(target)
        except OSError as error:
            Path(part).unlink(missing_ok=True)
            refuse(AWAY, why=type(error).__name__)

    def get(self, name: str) -> bytes | None:
        """The bytes, or None."""
        try:
            return _checked(name, self._path(name).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            refuse(AWAY, why=type(error).__name__)

    def drop(self, name: str) -> None:
        """Delete."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            refuse(AWAY, why=type(error).__name__)

    def _path(self, name: str) -> Path:
        return self._root / _hash(name)[:2] / name


class Bucket:
    """Documents in a bucket, by the same names as in a folder."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def put(self, path: Path, name: str) -> None:
        """Keep a copy."""
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra

        try:
            self._store.put(_key(name), path)
        except BaseError as error:
            refuse(AWAY, why=type(error).__name__)

    def get(self, name: str) -> bytes | None:
        """The bytes, or None."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            return _checked(name, bytes(self._store.get(_key(name)).bytes()))
        except FileNotFoundError:
            return None
        except BaseError as error:
            refuse(AWAY, why=type(error).__name__)

    def drop(self, name: str) -> None:
        """Delete. Where the bucket keeps versions, the older ones go by its own rules."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            with contextlib.suppress(FileNotFoundError):
                self._store.delete(_key(name))
        except BaseError as error:
            refuse(AWAY, why=type(error).__name__)

    def note(self, content: bytes) -> None:
        """Keep a note."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            self._store.put(f"{_NOTES}/{hashlib.sha256(content).hexdigest()}", content)
        except BaseError as error:
            refuse(AWAY, why=type(error).__name__)

    def notes(self) -> list[bytes]:
        """All notes."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            found = sorted(item["path"] for page in self._store.list(_NOTES) for item in page)
            return [_checked(one.rpartition("/")[2], bytes(self._store.get(one).bytes())) for one in found]
        except BaseError as error:
            refuse(AWAY, why=type(error).__name__)


@functools.cache
def _bucket(address: str, endpoint: str) -> Bucket:
    """The bucket at `s3://NAME/PREFIX`; keys and region come from the variables `AWS_…`, as everywhere."""
    from obstore.store import S3Store  # noqa: PLC0415 - an extra

    name, _, prefix = address.removeprefix(S3).partition("/")
    return Bucket(
        S3Store(
            name,
            prefix=prefix.strip("/") or None,
            config={"endpoint": endpoint} if endpoint else None,
            client_options={
                "timeout": _TIMEOUT,
                "connect_timeout": "5s",
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 2},
        )
    )


def _hash(name: str) -> str:
    """The name, which must be a hash: no other place can be named by it."""
    assert len(name) == 64 and all(c in "0123456789abcdef" for c in name)  # noqa: PLR2004, PT018
    return name


def _key(name: str) -> str:
    return f"{_hash(name)[:2]}/{name}"


def _checked(name: str, content: bytes) -> bytes:
    if hashlib.sha256(content).hexdigest() != name:
        refuse(ALTERED, name=name[:12])
    return content
