"""Files read whole, and not larger than sense allows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.table.rows import UNREADABLE

__all__ = ["MOST_BYTES", "read_bytes"]

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
