"""A disk that is full, or may not be written to: whoever says so, and in whatever words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from genex_kedro.errors import InputError

# Only the system's words are common to Python, HDF5, Arrow, safetensors and SQLite; HDF5 and
# SQLite pass on no error number.
_FAULTS = {
    "No space left on device|database or disk is full|Disk quota exceeded|File too large": (
        "no room to write",
        "room for the results, under the limits of this account",
        "Make room and run again: what was finished is kept, and nothing half written is left.",
    ),
    "Read-only file system|readonly database|unable to open database file|Permission denied|Operation not permitted": (
        "no right to read or write here",
        "a project folder that can be written, and files that can be read",
        "Mend the rights, or run in a copy of the project elsewhere.",
    ),
    r"(?<=\] )(?:File exists|Not a directory|Is a directory)": (  # of an OSError alone
        "a file in the place of a folder, or a folder in that of a file",
        "a path that is free for the results",
        "Move what is there away, or name another place.",
    ),
    "Input/output error|Stale file handle": (
        "a disk that fails",
        "files that can be read and written",
        "Look after the disk or the network drive, then run again: what was finished is kept.",
    ),
}
_SAVED_TO = re.compile(r"filepath='?([^,')]+)")  # in Kedro's message, quoted if it is text


def disk_fault(chain: Iterable[BaseException]) -> InputError | None:
    """The mistake behind an error and its causes, if one of them is the disk's refusal."""
    chain = list(chain)
    for pattern, (found, expected, remedy) in _FAULTS.items():
        for error in chain:
            if said := re.search(pattern, str(error)):
                return InputError(
                    where=_place(chain),
                    found=f"{found} ({said[0]})",
                    expected=expected,
                    remedy=remedy,
                )
    return None


def _place(chain: list[BaseException]) -> str:
    named = [str(e.filename) for e in chain if isinstance(e, OSError) and e.filename]
    saved = [found[1] for e in chain if (found := _SAVED_TO.search(str(e)))]
    return (named + saved + ["the project folder"])[0]
