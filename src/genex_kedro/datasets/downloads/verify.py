"""Whether a file is the published one."""

from __future__ import annotations

import zlib
from pathlib import Path

from isal import igzip, isal_zlib

from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.datasets.file_kind import broken_gzip
from genex_kedro.fingerprint import file_digest

_AT_ONCE = 1 << 20  # bytes


def mismatch(path: Path, source: Source) -> tuple[str, str] | None:
    """What is wrong with a file, as (found, expected), or None if it is the published one.

    The size is compared first, then the strongest known digest; without any, a gzip file is
    decompressed to its end, where its own checksum stands.
    """
    size = path.stat().st_size
    if source.size is not None and size != source.size:
        return f"{size:,} bytes", f"{source.size:,} bytes, the published size"
    kind, expected = source.digest
    if not kind:
        return _damage(path)
    found = file_digest(path, kind)
    return None if found == expected else (f"{kind} {found}", f"{kind} {expected}, as published")


def _damage(path: Path) -> tuple[str, str] | None:
    try:
        with igzip.open(path, "rb") as handle:
            while handle.read(_AT_ONCE):
                pass
    except (EOFError, OSError, zlib.error, isal_zlib.error) as error:
        fault = broken_gzip(path, error)
        return fault.found, fault.expected
    return None
