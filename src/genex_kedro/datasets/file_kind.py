"""What a file is, told by its first bytes rather than by its name."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from genex_kedro.errors import InputError

TABLE_REMEDY = (
    "Save the table as tab- or comma-separated text (.tsv, .csv, also .gz), Parquet or h5ad."
)
_WEB_PAGE = "a web page or a server's answer"
_DOWNLOAD_REMEDY = "Download the file again: the server answered with a page instead of the file."
_REFUSED = {
    b"\x80": "a Python pickle, which is never opened because it can run code",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_BLANK = b"\xef\xbb\xbf \t\r\n"  # and a byte order mark
_OF_SUFFIX = {".parquet": "parquet", ".pq": "parquet", ".h5ad": "h5ad"}


def file_kind(path: str | Path, what: str) -> str:
    """``parquet``, ``h5ad``, ``text`` or ``gzip`` (text compressed).

    Parameters
    ----------
    path : str or Path
    what : str
        What the file should hold, for the message: ``"expression table"``.

    Raises
    ------
    InputError
        No such file; an empty one; one that is no table, or not what its name says.
    """
    path = Path(path)
    head = _first_bytes(path, what)
    kind = next((name for magic, name in ((b"PAR1", "parquet"), (b"\x89HDF", "h5ad"), (b"\x1f\x8b", "gzip")) if head.startswith(magic)), "text")  # fmt: skip
    if kind == "gzip":
        head = _first_bytes_unzipped(path)
        _require_some(head, path, what)
    found = next((name for magic, name in _REFUSED.items() if head.startswith(magic)), None)
    if found is None and kind in ("text", "gzip"):
        found = _no_text(head)
    expected = _OF_SUFFIX.get(path.suffix.lower())
    if found is None and expected not in (None, kind):
        found = f"{kind}, though the file is named {path.suffix}"
    if found:
        raise InputError(
            where=str(path),
            found=found,
            expected=f"a {expected or 'table'}: {what}",
            remedy=_DOWNLOAD_REMEDY if found.startswith(_WEB_PAGE) else TABLE_REMEDY,
        )
    return kind


def _first_bytes(path: Path, what: str) -> bytes:
    if not path.is_file():
        raise InputError(
            where=str(path),
            found="a folder" if path.is_dir() else "no such file",
            expected=f"a file: {what}",
            remedy="Check the path; a relative path counts from the folder the command is run in.",
        )
    with path.open("rb") as handle:
        head = handle.read(4096)
    _require_some(head, path, what)
    return head


def _require_some(head: bytes, path: Path, what: str) -> None:
    if not head.strip(_BLANK):
        raise InputError(
            where=str(path),
            found="an empty file",
            expected=f"a table: {what}",
            remedy="Make or download the file again; the last attempt probably broke off.",
        )


def _first_bytes_unzipped(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as handle:
            return handle.read(4096)
    except (EOFError, OSError, zlib.error) as error:
        raise broken_gzip(path, error) from error


def broken_gzip(path: str | Path, error: Exception) -> InputError:
    """The error for a compressed file that ends early or is damaged."""
    return InputError(
        where=str(path),
        found=f"a damaged or truncated gzip file ({error})",
        expected="a whole gzip file",
        remedy="Download or compress the file again, and compare its size with the original's.",
    )


def _no_text(head: bytes) -> str | None:
    start = head.lstrip(_BLANK)
    if start.lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<error")):
        return f"{_WEB_PAGE}: {start[:40].decode('latin-1')!r}"
    if re.match(rb'\{\s*"', start):
        return f"{_WEB_PAGE} (JSON): {start[:40].decode('latin-1')!r}"
    return "binary data" if b"\x00" in head else None
