"""Streams that follow from others: cross-checks, memos, and by-products that a process gas always forms."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from capwright.mrv.method import Component, Method
from capwright.mrv.records import EmissionReport, Stream

__all__ = ["twins"]


def twins(method: Method, report: EmissionReport) -> Iterator[tuple[Stream, Component]]:
    """A twin of every stream that another component stands `beside`, unless it is reported by itself."""
    reported = {(stream.component, stream.item, stream.facility) for stream in report.streams}
    for component in method.body.components:
        if not component.beside:
            continue
        names = {symbol.code for symbol in component.symbols}
        rows = _rows(method, component)
        for stream in report.streams:
            key = (component.code, stream.item, stream.facility)
            if stream.component != component.beside or key in reported or (rows and stream.item not in rows):
                continue
            yield (
                Stream(
                    code=f"{stream.code}~{component.code}",
                    component=component.code,
                    item=stream.item if rows else "",
                    facility=stream.facility,
                    data=tuple(replace(datum, tier="") for datum in stream.data if datum.symbol in names),
                ),
                component,
            )


def _rows(method: Method, component: Component) -> set[str]:
    """The items that the component's streams may have; empty where it has no table."""
    if not component.table:
        return set()
    return set(component.items) or {item.code for item in method.tables[component.table].body.items}
