"""A progress bar on stderr; nothing where nobody looks: in a pipe, or with `--json`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from capwright.cli.frame import settings

__all__ = ["progress_bar"]


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Yield `progress(done, total, label)`."""
    if settings.json or not sys.stderr.isatty():
        yield lambda _done, _total, _label: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[label]}", style="dim"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None, label="")
        yield lambda done, total, label: bar.update(task, completed=done, total=total, label=label)
