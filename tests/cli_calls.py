"""Calling the command line in tests: in this process, or as the user does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from capwright.cli.app import run


class Said(NamedTuple):
    """What a call came to."""

    code: int
    out: str
    err: str


def call(capsys, *args) -> Said:
    """Run the command line in this process."""
    capsys.readouterr()
    code = run([str(arg) for arg in args])
    return Said(code, *capsys.readouterr())


def spawn(*args, stdin: bytes = b"", env: dict[str, str] | None = None, cwd: Path | None = None) -> Said:
    """Run the command line as a process of its own, in a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "capwright", *map(str, args)],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def write_journal(path: Path) -> Path:
    """A journal of 13 rows: eight accounts, 100,000 t issued, 1,000 t each for two operators."""
    from capwright.journal import Engine, open_store
    from capwright.market import Market
    from tests.worlds import World

    world = World().furnish()
    with Engine(open_store(path, create=True), Market) as engine:
        for name, actor, at_ms, command in world.log:
            assert engine.execute(command, name, actor, at_ms).ok
    return path
