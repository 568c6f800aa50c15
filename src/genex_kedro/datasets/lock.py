"""One process at a time: either wait for the other, or refuse to begin.

The operating system lets go of a lock when its holder ends, even when it is killed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from genex_kedro.errors import InputError

log = logging.getLogger(__name__)

_PAUSE = 0.1  # seconds between two looks at a lock that is held


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` in the body; wait for another process that holds it."""
    lock = FileLock(path, poll_interval=_PAUSE)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        log.info("waiting for another process: %s", what)
        lock.acquire()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # still held: one who waits sees that it is gone
        lock.release()


@contextmanager
def only_run(path: Path, project: Path) -> Iterator[None]:
    """Hold the lock file `path` in the body; it names this process to those who come later.

    Raises
    ------
    InputError
        If another run in `project` holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout as busy:
        raise InputError(
            where=f"project folder {project}",
            found=f"another run at work (process {path.read_text() or 'unknown'})",
            expected="one run at a time in a project folder",
            remedy="Wait for it, or run in a copy of the project.",
        ) from busy
    try:
        path.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()
