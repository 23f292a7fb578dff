"""The command line: `capwright …`. Each command imports the rooms it needs, so that help is instant."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 findings, 2 bad input, 130 interrupted, 141 reader gone."""
    try:
        from capwright.cli.app import run

        sys.exit(run(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # before anything could say so more kindly
        sys.exit(130)
