"""Files read whole, and not larger than sense allows; and files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final

from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.table.rows import UNREADABLE

__all__ = ["MOST_BYTES", "read_bytes", "write_bytes"]

TOO_LARGE = define(
    "CW-9502",
    en="The file has more than {most} MB.",
    zh="文件超过{most} MB。",
    mend_en="One enterprise's year needs far less: is it the right file? Many reports go into CSV.",
    mend_zh="一家企业一年的数据远小于此，请确认文件是否正确；批量数据请用 CSV。",
    rule="design: bound everything",
)
MEGA: Final = 1024 * 1024
MOST_BYTES: Final = 64 * MEGA


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file; refuses what cannot be read (CW-9201) or is too large (CW-9502)."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except OSError as fault:
        raise BadInput(Refusal(UNREADABLE.code, {"why": fault.strerror or str(fault)}), str(path)) from None
    if len(raw) > most:
        raise BadInput(Refusal(TOO_LARGE.code, {"most": most // MEGA}), str(path))
    return raw


def write_bytes(path: Path, raw: bytes) -> None:
    """Put a file in place at once: whoever looks, or is cut off, finds the old one or the new one whole.

    A pipe or a device is written as it is. Raises `OSError` where the file cannot be written.
    """
    target = path.resolve()  # a link keeps leading where it led
    if target.exists() and not target.is_file():
        target.write_bytes(raw)
        return
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    descriptor, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(mode)
        Path(beside).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


def _umask() -> int:
    """What new files may not be; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
