"""One process at a time."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

log = logging.getLogger(__name__)

_PAUSE = 0.1  # seconds between two looks at a lock that is held


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` in the body; wait for another process that holds it.

    The operating system lets go of the lock when its holder ends, even when it is killed.
    """
    handle = _hold(path, what)
    try:
        yield
    finally:
        if fcntl:  # elsewhere an open file cannot be removed, and stays, empty
            path.unlink(missing_ok=True)
        os.close(handle)


def _hold(path: Path, what: str) -> int:
    said = False
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        if _try(handle):
            if not fcntl or _is_still(path, handle):
                return handle  # else its last holder removed it just then: it binds nobody
        elif not said:
            log.info("waiting for another process: %s", what)
            said = True
        os.close(handle)
        time.sleep(_PAUSE)


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _try(handle: int) -> bool:
    try:
        if fcntl:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
