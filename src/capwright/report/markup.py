"""Small pieces of HTML. Every text that comes from data goes through `esc`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

__all__ = ["Column", "details", "empty", "esc", "is_empty", "note", "table", "tag"]


def esc(text: object) -> str:
    """Text made safe between tags and in attributes."""
    return escape(str(text), quote=True)


class Column(Struct, frozen=True):
    """A column: heading (text), and whether it holds numbers. The first column of a table heads its rows."""

    heading: str
    number: bool = False


def tag(name: str, inner: str, **attributes: str) -> str:
    """An element round `inner`, which is HTML already; `class_` is written class, `_` in names `-`."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{esc(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{said}>{inner}</{name}>"


def note(text: str, kind: str = "note") -> str:
    """A paragraph of plain text."""
    return tag("p", esc(text), class_=kind)


def empty(text: str) -> str:
    """Why a section has nothing to show."""
    return note(text, "empty")


def is_empty(section: str) -> bool:
    """Whether a section only says why it has nothing to show."""
    return section.startswith('<p class="empty">')


def details(title: str, inner: str, *, opened: bool = False) -> str:
    """Something that opens when its title is pressed."""
    return f"<details{' open' if opened else ''}><summary>{esc(title)}</summary>{inner}</details>"


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, quiet: bool = False
) -> str:
    """A table of plain texts that scrolls sideways by itself.

    The caption stands above it; a `quiet` one is only read out, because a heading says the same already.
    """
    head = "".join(f'<th scope="col"{_number(column)}>{esc(_heading(column))}</th>' for column in columns)
    body = "".join(f"<tr>{_row(columns, cells)}</tr>" for cells in rows)
    hidden = ' class="quiet"' if quiet else ""
    inner = f"<caption{hidden}>{esc(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    said = f'role="region" tabindex="0" aria-label="{esc(caption)}"'
    return f'<div class="scroll" {said}><table>{inner}</table></div>'


def _heading(column: Column) -> str:
    """The heading, with its unit kept on the line of the last word."""
    head, comma, unit = column.heading.rpartition(", ")
    return f"{head},\u00a0{unit}" if comma else unit


def _number(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _row(columns: Sequence[Column], cells: Sequence[str]) -> str:
    assert len(cells) == len(columns), (cells, [column.heading for column in columns])
    first, *others = (
        (column, esc(cell).replace("\n", "<br>")) for column, cell in zip(columns, cells, strict=True)
    )
    head = f'<th scope="row"{_number(first[0])}>{first[1]}</th>'
    return head + "".join(f"<td{_number(column)}>{cell}</td>" for column, cell in others)
