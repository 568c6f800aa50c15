"""What is said when a public file cannot be had."""

from __future__ import annotations

from pathlib import Path

from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.errors import InputError


def gave_up(source: Source, kept: int, failures: int, reason: str) -> InputError:
    """The error after the last attempt; `kept` bytes wait for the next run."""
    return InputError(
        where=source.url,
        found=f"{reason} (the last of {failures} attempts in a row; {kept:,} bytes are kept)",
        expected="the file" if source.size is None else f"{source.size:,} bytes",
        remedy="Run again later: it goes on where it stopped. Without a network, fetch the file "
        "elsewhere and run with --params download.folder=FOLDER.",
    )


def other_file(source: Source, wrong: tuple[str, str], copies: int) -> InputError:
    """The error for bytes that arrived whole and are not the published ones."""
    return InputError(
        where=source.url,
        found=f"{wrong[0]}, {copies} times",
        expected=wrong[1],
        remedy="The server has another file by now, or something in between changes it: try "
        "another network, or report the new digest. Nothing of it was kept.",
    )


def no_folder(folder: Path, error: OSError) -> InputError:
    """The error for a folder that cannot be written to."""
    return InputError(
        where=str(error.filename or folder),
        found=error.strerror or str(error),
        expected="a folder that can be written to, with room for the file",
        remedy="Name another folder, mend its permissions, or make room; what was fetched is kept.",
    )
