"""An example of any command, made from its type: plausible values by the names of the fields."""

from __future__ import annotations

import types
import typing
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, Union

import msgspec
from msgspec import NODEFAULT, Struct

__all__ = ["example_of"]

_BY_NAME: Final[dict[str, Any]] = {
    "account": "GD-100-10000001-0-94",
    "source": "GD-100-10000001-0-94",
    "target": "GD-100-10000002-0-89",
    "counterparty": "GD-121-10000393-0-80",
    "product": "GDEA",
    "kind": "GDEA",
    "series": "GDEA-2023",
    "price_fen_per_t": 6150,
    "quantity_t": 1000,
    "amount_fen": 5_000_000,
    "vintage": 2023,
    "year": 2023,
    "person": "u-4c1f",
    "reason": "as agreed",
    "title": "Notice",
    "text": "Trading resumes at 13:30.",
}


def example_of(kind: type[Struct], depth: int = 0, *, every: bool = False) -> dict[str, Any]:
    """The fields without a default, or every one of them; of parts in them only those without."""
    hints = typing.get_type_hints(kind)
    return {
        info.encode_name: _value(info.name, hints[info.name], depth)
        for info in msgspec.structs.fields(kind)
        if every or (info.default is NODEFAULT and info.default_factory is NODEFAULT)
    }


def _value(name: str, hint: Any, depth: int) -> Any:
    origin = typing.get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _value(name, typing.get_args(hint)[0], depth)
    if origin is Literal:
        return typing.get_args(hint)[0]
    if isinstance(hint, type) and issubclass(hint, Struct):
        return example_of(hint, depth + 1) if depth < 4 else {}  # noqa: PLR2004 - deep enough to understand
    if origin in {tuple, list}:
        return [_value(name, typing.get_args(hint)[0], depth + 1)] if depth < 4 else []  # noqa: PLR2004
    if origin is dict or hint is dict:
        return {}
    simple: dict[Any, Any] = {
        bool: False,
        int: 1,
        Decimal: "1.5",
        date: "2024-07-22",
        str: name.replace("_", "-"),
    }
    return _BY_NAME.get(name, simple.get(hint, {}))
