"""Libraries that belong to an extra: imported when they are needed, and missed in one clear sentence."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from capwright.kernel.refusal import define, refuse

__all__ = ["need"]

NO_EXTRA = define(
    "CW-9501",
    en="This needs {package}, which is not installed.",
    zh="此功能需要{package}，尚未安装。",
    mend_en="Install it with: pip install capwright[{extra}]",
    mend_zh="请运行：pip install capwright[{extra}]",
    rule="design: heavy libraries are extras",
)


def need(module: str, extra: str) -> Any:
    """A module of an extra; refuses (CW-9501) where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        refuse(NO_EXTRA, package=module.partition(".")[0], extra=extra)
