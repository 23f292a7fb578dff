"""Plain tables for the terminal and for docs."""

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """Return a Markdown table: the first column to the left, figures to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(w) if not at else cell.rjust(w)
            for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if at else "-") for at, w in enumerate(widths)) + "|"
    parts = [f"### {title}", "", line(head), rule, *map(line, rows)]
    return "\n".join([*parts, "", note, ""] if note else [*parts, ""])


def per_second(count: float, seconds: float) -> str:
    return f"{count / seconds:,.0f}"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"
