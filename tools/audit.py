#!/usr/bin/env python3
"""Ask public databases whether pinned packages have known weaknesses, by pip-audit.

Usage: tools/audit.py PIP_AUDIT REQUIREMENTS…

Exit code 0: every package was asked about and none is known to be weak. 1: weaknesses, one a line. 3: not all
could be asked about from here; that is said, and is no clean bill.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

SERVICES = ("pypi", "osv")
UNKNOWN = 3


def asked(command: Sequence[str]) -> list[dict[str, Any]]:
    """What pip-audit says of every package; empty when it could ask nobody."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603 - the Makefile's
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return found


def verdict(found: Sequence[dict[str, Any]], pinned: int) -> tuple[int, list[str]]:
    """Exit code and lines for the answers about `pinned` packages."""
    known = [one for one in found if "vulns" in one]
    weak = [
        f"{one['name']} {one['version']}: {bug['id']}, mended in {', '.join(bug['fix_versions']) or '–'}"
        for one in known
        for bug in one["vulns"]
    ]
    if weak:
        return 1, weak
    if len(known) < pinned:
        return UNKNOWN, [
            f"NOT AUDITED: {pinned - len(known)} of {pinned} packages could not be asked about from here.",
            "Run `make audit` where PyPI's own service or OSV can be reached.",
        ]
    return 0, [f"{pinned} packages, no known weakness."]


def main(arguments: Sequence[str]) -> int:
    """Audit every file."""
    program, *files = arguments
    worst = 0
    for file in files:
        with open(file, encoding="utf-8") as text:  # noqa: PTH123 - a name from the command line
            pinned = sum("==" in line for line in text)
        code, lines = UNKNOWN, []
        for service in SERVICES:
            command = [program, "--require-hashes", "--disable-pip", "--no-deps", "--progress-spinner=off"]
            code, lines = verdict(
                asked([*command, f"--vulnerability-service={service}", "--format=json", "-r", file]), pinned
            )
            if code != UNKNOWN:
                break
        print(f"{file}:", *lines, sep="\n  ")  # noqa: T201
        worst = 1 if 1 in {worst, code} else max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
