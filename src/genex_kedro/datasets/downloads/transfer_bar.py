"""How far a download is: a bar with the rate on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

log = logging.getLogger(__name__)

_BETWEEN_LINES = 10.0  # seconds


@contextmanager
def transfer_bar(
    name: str, progress: Callable[[int, int | None], None] | None = None
) -> Iterator[Callable[[int, int | None], None]]:
    """What to call as bytes arrive: the caller's own `progress`, a bar, or lines in the log."""
    console = Console(stderr=True)
    if progress is not None:
        yield progress
    elif console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(name, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _lines(name)


def _lines(name: str) -> Callable[[int, int | None], None]:
    said, first = time.monotonic(), None

    def line(done: int, total: int | None) -> None:
        nonlocal said, first
        now = time.monotonic()
        first = first or (now, done)
        if now - said >= _BETWEEN_LINES:
            rate = (done - first[1]) / max(now - first[0], 1e-3)
            of_all = f" of {total / 1e6:,.0f}" if total else ""
            log.info("%s: %.0f%s MB, %.1f MB/s", name, done / 1e6, of_all, rate / 1e6)
            said = now

    return line
