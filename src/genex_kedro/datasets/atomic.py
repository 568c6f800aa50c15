"""Writing so that a killed process never leaves half a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from genex_kedro.errors import InputError


def require_file_name(name: str, what: str) -> None:
    """Refuse a name that would lie in another folder, or hidden, with an InputError."""
    if not name or name.startswith(".") or Path(name).name != name or "\\" in name or "\0" in name:
        raise InputError(
            where=f"{what} {name!r}",
            found="a name that cannot be that of a file",
            expected="letters, digits, blanks, _ and -, without a dot in front",
            remedy="Rename it in conf, or in --params.",
        )


@contextmanager
def staged_file(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; on success it takes the place of `path` in one step.

    The staged name keeps the suffix, since many writers choose the format by it. If the body
    raises, `path` is untouched and the staged file is gone.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    staged = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield staged
        with staged.open("rb+") as handle:
            os.fsync(handle.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: str | Path) -> Iterator[Path]:
    """An empty folder beside `path` to fill; on success it takes the place of `path`.

    Between two renames neither folder may be there, but never a mixture of both.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    staged = path.with_name(f".part-{os.getpid()}-{path.name}")
    old = path.with_name(f".old-{os.getpid()}-{path.name}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    try:
        yield staged
        if path.exists():
            path.rename(old)
        staged.rename(path)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Remove what processes that were killed left beside `path`; a living one's stays."""
    for kind in ("part", "old"):
        for leftover in path.parent.glob(f".{kind}-*-{path.name}"):
            pid = leftover.name.split("-", 2)[1]
            # a process with our own number is an earlier one: in a container it is always 1
            if not pid.isdigit() or (int(pid) != os.getpid() and psutil.pid_exists(int(pid))):
                continue
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)
