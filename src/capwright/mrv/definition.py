"""A method with its tables as plain data, as a journal carries it, and a `Method` again out of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from capwright.kernel.refusal import Refused, define, refuse
from capwright.mrv.factors import FactorTable, FactorTableBody
from capwright.mrv.library import build_method, build_table
from capwright.mrv.method import Method, MethodBody
from capwright.scheme.section import Citation

__all__ = ["pack", "unpack"]

UNREADABLE = define(
    "CW-5400",
    en="The definition of the method cannot be read: {reason}",
    zh="核算方法定义无法读取：{reason}",
    mend_en="Send the definition as the library packs it: body, citations and tables.",
    mend_zh="请按方法库打包的形式提交：正文、来源与因子表。",
    rule="design: the market never reads method files",
)

_MOST_SHOWN: Final = 200
_FAULTS: Final = (KeyError, ValueError, TypeError, ArithmeticError, RecursionError, AttributeError)


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    body: FactorTableBody
    citations: dict[str, Citation]


class _Definition(Struct, frozen=True, forbid_unknown_fields=True):
    body: MethodBody
    citations: dict[str, Citation]
    tables: dict[str, _Table]


def pack(method: Method) -> dict[str, Any]:
    """A method with its tables as plain data; decimals as text, so that JSON keeps them exactly."""
    tables = {name: _Table(table.body, table.citations) for name, table in sorted(method.tables.items())}
    packed: dict[str, Any] = msgspec.to_builtins(_Definition(method.body, method.citations, tables))
    return packed


def unpack(data: dict[str, Any]) -> Method:
    """The method again, held to the same sense as a file; refuses what is not sound."""
    try:
        _check_exact(data)
        read = msgspec.convert(data, _Definition)
        tables = {name: _table(table) for name, table in read.tables.items()}
        return build_method(read.body, read.citations, tables)
    except Refused:
        raise
    except _FAULTS as fault:  # msgspec's own errors are ValueErrors
        refuse(UNREADABLE, reason=str(fault)[:_MOST_SHOWN])


def _check_exact(data: dict[str, Any]) -> None:
    """Numbers come as text: a float in an official number is a rounded one."""
    waiting: list[Any] = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, float):
            refuse(UNREADABLE, reason=f"float {value!r}")
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)


def _table(read: _Table) -> FactorTable:
    return build_table(read.body, read.citations)
