"""Reading arguments: what was typed becomes tonnes, money, days, moments and schemes, or a refusal."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capwright.cli.problem import FILE_THERE, LACKS_SECTION, NOT_A_DAY, NOT_A_MOMENT, UNWRITABLE, bad_argument
from capwright.kernel.quantity import parse_money_fen, parse_tonnes
from capwright.kernel.refusal import BadInput, Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from capwright.scheme.schema import Scheme

__all__ = [
    "alike",
    "day",
    "input_path",
    "moment_ms",
    "money_fen",
    "near",
    "new_file",
    "scheme_with",
    "tonnes",
]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAGE = b"<!doctype html>"
_LAST_MS = timedelta(milliseconds=999)


def tonnes(name: str, text: str, *, least: int = 0) -> int:
    """Whole tonnes; `name` is the option that a refusal points at."""
    try:
        return parse_tonnes(text, least=least)
    except Refused as no:
        raise BadInput(no.refusal, name) from None


def money_fen(name: str, text: str) -> int:
    """An amount in currency units, as fen."""
    try:
        return parse_money_fen(text)
    except Refused as no:
        raise BadInput(no.refusal, name) from None


def day(name: str, text: str) -> date:
    """A day written like 2024-07-31."""
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise bad_argument(name, NOT_A_DAY, text=text[:40]) from None


def moment_ms(name: str, text: str, zone: tzinfo) -> int:
    """A time in ms UTC since 1970; a date is the end of that day, a time without offset is in `zone`."""
    try:
        at = datetime.fromisoformat(text)
        if len(text) <= len("2024-07-31"):
            at = datetime.combine(at.date(), time(23, 59, 59)) + _LAST_MS
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        raise bad_argument(name, NOT_A_MOMENT, text=text[:40]) from None


def input_path(path: Path) -> Path:
    """The path of an input file; `-` is stdin."""
    return Path("/dev/stdin") if str(path) == "-" else path


def scheme_with(name: str, section: str) -> tuple[Scheme, Any]:
    """Load a scheme and return it with one of its sections; refuse a scheme that lacks it."""
    from capwright.scheme.loader import load_scheme
    from capwright.scheme.show import SECTIONS

    loaded = load_scheme(name)
    found = getattr(loaded.body, section)
    if found is None:
        known = ", ".join(each for each in SECTIONS if getattr(loaded.body, each) is not None)
        raise Refused(
            Refusal(LACKS_SECTION.code, {"scheme": loaded.name, "section": section, "known": known})
        )
    return loaded, found


def new_file(path: Path, *, beside: str = "", pages: bool = True) -> Path:
    """Refuse a file that could not be written or must not be, before the long work begins.

    `beside`: the journal that is read or written, which the file must not be. What exists is replaced only
    where it is empty or, with `pages`, a page of HTML, as reports are.
    """
    if path.is_dir():
        raise BadInput(Refusal(UNWRITABLE.code, {"why": "it is a folder"}), str(path))
    if not path.absolute().parent.is_dir():
        raise BadInput(Refusal(UNWRITABLE.code, {"why": "its folder does not exist"}), str(path))
    if beside and path.absolute().resolve() in _files_of(beside):
        raise BadInput(Refusal(FILE_THERE.code), str(path))
    if path.exists() and not (path.is_file() and (_is_page(path) if pages else not path.stat().st_size)):
        raise BadInput(Refusal(FILE_THERE.code), str(path))
    return path


def _files_of(db: str) -> list[Path]:
    """The files of an embedded journal: the database, its log and its lock."""
    name = db.removeprefix("sqlite:///")
    return [Path(name + end).absolute().resolve() for end in ("", "-wal", "-shm", "-journal", ".lock")]


def _is_page(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_PAGE)).lower() in {b"", _PAGE}
    except OSError as fault:
        raise BadInput(Refusal(UNWRITABLE.code, {"why": fault.strerror or str(fault)}), str(path)) from None


def alike(text: str, known: Iterable[str]) -> list[str]:
    """Names so similar to what was written that it may be a slip; often none."""
    return difflib.get_close_matches(text, list(known), n=3, cutoff=0.7)


def near(text: str, known: list[str]) -> str:
    """What the user may have meant."""
    return ", ".join(difflib.get_close_matches(text, known, n=3, cutoff=0.3) or known[:3]) or "-"
