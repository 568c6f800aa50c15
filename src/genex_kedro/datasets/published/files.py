"""Finding files that keep the name they were published under, and refusing what is no choice."""

from __future__ import annotations

from pathlib import Path

from genex_kedro.errors import InputError, some

_PLACES = (".", "probeMap")  # the Toil hub keeps the probemap in a folder of its own


def copies(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """All files of these names in `folder` and the hub's own folder, plain and ``.gz``."""
    files = [f"{name}{end}" for name in names for end in ("", ".gz")]
    candidates = [folder / place / name for place in _PLACES for name in files]
    return [path for path in candidates if path.is_file()]


def find_file(folder: Path, names: tuple[str, ...], what: str, parameter: str) -> Path:
    """The one file of these names, plain or ``.gz``, in `folder`.

    Raises
    ------
    InputError
        None of them, or more than one.
    """
    found = copies(folder, names)
    if len(found) == 1:
        return found[0]
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    raise InputError(
        where=f"{folder} (parameter {parameter})",
        found=f"{some([path.name for path in found])}, {len(found)} copies of the {what}"
        if found
        else f"no {what} among {some(there)}"
        if folder.is_dir()
        else "no such folder",
        expected=f"one file {' or '.join(names)}, plain or .gz",
        remedy="Remove the copies that are not to be read."
        if found
        else "Give the folder that holds the published files under their own names.",
    )


def require_choice(parameter: str, value, choices: tuple) -> None:
    """Refuse a parameter's value that is none of `choices` with an InputError."""
    if value not in choices:
        raise InputError(
            where=f"parameter {parameter}",
            found=repr(value),
            expected=" or ".join(map(_shown, choices)),
            remedy=f"Set --params {parameter}={_shown(choices[0])}.",
        )


def _shown(choice) -> str:
    return str(choice).lower() if isinstance(choice, bool) else choice


def require_folder(collection: str, folder: str | None) -> Path:
    """The folder of a collection, or an InputError that says how to name one."""
    if not folder:
        raise InputError(
            where=f"parameter {collection}.folder",
            found="nothing",
            expected="the folder with the published files",
            remedy=f"Run with --params {collection}.folder=PATH.",
        )
    return Path(folder)
