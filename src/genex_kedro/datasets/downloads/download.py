"""Public files fetched, resumed and verified: whole under their name, or not there at all."""

from __future__ import annotations

import logging
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.datasets.downloads.faults import gave_up, no_folder, other_file
from genex_kedro.datasets.downloads.part_file import PartFile
from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.datasets.downloads.transfer import TransferError, transfer
from genex_kedro.datasets.downloads.transfer_bar import transfer_bar
from genex_kedro.datasets.downloads.verify import mismatch
from genex_kedro.datasets.lock import locked
from genex_kedro.errors import InputError, some
from genex_kedro.fingerprint import file_state

log = logging.getLogger(__name__)
Progress = Callable[[int, int | None], None]

_SPARE = 64 << 20  # bytes that stay free on the disk
_BAD_COPIES = 2  # a byte may flip once on the way; twice is another file


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Attributes
    ----------
    attempts : int
        Failed attempts in a row before giving up; one that brought `progress` bytes starts the
        count anew, so that a slow line with many breaks still gets there.
    pause, longest_pause : float
        Seconds before the second attempt, doubled each time up to the longest; half of it is
        drawn at random, lest all processes come back at once.
    timeout : float
        Seconds without a byte after which a connection counts as broken.
    progress : int
        Bytes.
    """

    attempts: int = 8
    pause: float = 1.0
    longest_pause: float = 60.0
    timeout: float = 30.0
    progress: int = 1 << 20

    def before(self, attempt: int, draw: random.Random) -> float:
        """Seconds to wait before attempt 1, 2, ... after the first."""
        return min(self.pause * 2 ** (attempt - 1), self.longest_pause) * draw.uniform(0.5, 1)


def ensure(
    sources: Sequence[Source], folder: str | Path, offline: str | Path | None = None, **options
) -> list[Path]:
    """Have public files in a folder, verified; what is missing is fetched.

    Parameters
    ----------
    sources : sequence of Source
        See :func:`genex_kedro.datasets.downloads.sources.choose_files`.
    folder : str or Path
        Made if need be.
    offline : str or Path, optional
        A folder that holds the files already (parameter ``download.folder``): they are taken
        from there and no network is touched.
    **options
        ``patience`` and ``progress`` of :func:`fetch`.

    Returns
    -------
    list of Path
        In the order of `sources`.

    Raises
    ------
    InputError
        As :func:`fetch`; files that neither folder has, all of them named.
    """
    if offline is not None:
        _require_given(sources, Path(folder), Path(offline))
    return [fetch(source, folder, offline, **options) for source in sources]


def expected_state(sources: Sequence[Source], folder: str | Path | None) -> list:
    """For a dataset's fingerprint: the same before and after the files are fetched.

    A file that is there and has another size than the published one counts by what it is.
    """
    states = []
    for source in sources:
        state = file_state(Path(folder) / source.name) if folder else None
        usual = state is None or source.size in (None, state[0])
        states.append([source.name, *source.digest] if usual else [source.name, state])
    return states


def fetch(
    source: Source,
    folder: str | Path,
    offline: str | Path | None = None,
    patience: Patience = Patience(),
    progress: Progress | None = None,
) -> Path:
    """Have one public file in a folder, verified.

    The bytes go to ``<name>.part``; a process that is interrupted or killed leaves it for the
    next one to go on with. It takes its name only when size and digest are right. Of several
    processes that want the same file one fetches it and the others wait.

    Parameters
    ----------
    source : Source
    folder : str or Path
    offline : str or Path, optional
        As for :func:`ensure`.
    patience : Patience
    progress : callable of (bytes so far, bytes in all or None), optional
        Called as bytes arrive; without one a bar with the rate is shown, or lines are logged.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        No room or no permission in the folder; the server refuses, sends a page or cannot be
        reached; the file there, or the one that arrives, is not the published one.
    """
    folder = Path(folder)
    path = folder / source.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            return _verified(path, source)
        if offline is not None:
            return _take(source, Path(offline), path)
        with locked(folder / f".{source.name}.lock", f"{source.name} in {folder}"):
            if path.is_file():  # another process was faster
                return _verified(path, source)
            with transfer_bar(source.name, progress) as show:
                _fetch(source, path, patience, show)
    except OSError as error:
        raise no_folder(folder, error) from error
    return path


def _fetch(source: Source, path: Path, patience: Patience, progress: Progress) -> None:
    part, draw = PartFile(path), random.Random()
    bad_copies = failures = 0

    def look_for_room(missing: int | None) -> None:
        _require_room(path.parent, source, missing)

    look_for_room(source.size and source.size - part.size)
    while True:
        before = part.size
        try:
            transfer(source, part, patience.timeout, progress, look_for_room)
        except TransferError as error:
            gained = part.size - before >= patience.progress
            failures = 1 if gained else failures + 1
            reason = str(error)
        else:
            wrong = mismatch(part.path, source)
            if wrong is None:
                part.become(path)
                log.info("%s: %.1f MB fetched and verified", source.name, path.stat().st_size / 1e6)
                return
            part.remove()
            bad_copies, failures = bad_copies + 1, failures + 1
            reason = f"found {wrong[0]}, expected {wrong[1]}"
            if bad_copies == _BAD_COPIES:
                raise other_file(source, wrong, _BAD_COPIES)
        if failures >= patience.attempts:
            raise gave_up(source, part.size, failures, reason)
        pause = patience.before(failures, draw)
        log.warning("%s: %s; trying again in %.1f s", source.name, reason, pause)
        time.sleep(pause)


def _verified(path: Path, source: Source) -> Path:
    wrong = mismatch(path, source)
    if wrong:
        raise InputError(
            where=str(path),
            found=wrong[0],
            expected=wrong[1],
            remedy="Delete the file to have it fetched anew. To have it read as it is, such as a "
            f"file that was packed again, switch the download off{_switch(source)}.",
        )
    return path


def _switch(source: Source) -> str:
    return f": --params {source.collection}.download=false" if source.collection else ""


def _take(source: Source, offline: Path, path: Path) -> Path:
    """The file from the offline folder; only what is not there already is copied."""
    _require_given([source], path.parent, offline)
    given = offline / source.name
    _verified(given, source)
    _require_room(path.parent, source, given.stat().st_size)
    with staged_file(path) as staged:
        shutil.copyfile(given, staged)
    return path


def _require_given(sources: Sequence[Source], folder: Path, offline: Path) -> None:
    """Name all files that are in neither folder at once, for whoever has to carry them there."""
    places = (folder, offline)
    missing = [s for s in sources if not any((place / s.name).is_file() for place in places)]
    if missing:
        raise InputError(
            where=f"{offline} (parameter download.folder)",
            found=f"no such file: {some([source.name for source in missing])}"
            if offline.is_dir()
            else "no such folder",
            expected=f"{len(missing)} files, such as {missing[0].url}",
            remedy="Fetch them there by any means, under these names; with download.folder set, "
            "no network is touched.",
        )


def _require_room(folder: Path, source: Source, missing: int | None) -> None:
    free = shutil.disk_usage(folder).free
    if missing is not None and missing > max(free - _SPARE, 0):
        raise InputError(
            where=f"{folder}, {source.name}",
            found=f"{free / 1e9:.2f} GB free on the disk",
            expected=f"{(missing + _SPARE) / 1e9:.2f} GB for what is still to be fetched",
            remedy="Make room, or name a folder on another disk. What was fetched is kept.",
        )
