"""The part of a file that has been fetched so far, and which version of the file it is of."""

from __future__ import annotations

import json
from pathlib import Path

from genex_kedro.datasets.atomic import staged_file


class PartFile:
    """``<name>.part`` beside the final file, and ``<name>.part.json`` with the server's ETag.

    The ETag is written before the first byte, and the bytes of one version are removed before
    the ETag of the next is written: whenever a process is killed, the two belong together.
    """

    def __init__(self, final: Path) -> None:
        self.path = final.with_name(f"{final.name}.part")
        self._version = final.with_name(f"{final.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes fetched so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> str:
        """What the server called this version of the file (If-Range), empty if it did not."""
        try:
            return json.loads(self._version.read_text())["version"]
        except (FileNotFoundError, ValueError, KeyError):
            return ""

    def restart(self, version: str) -> None:
        """Begin anew, with a version of the file that the server calls `version`."""
        self.path.unlink(missing_ok=True)
        with staged_file(self._version) as staged:
            staged.write_text(json.dumps({"version": version}))
        self.path.touch()

    def remove(self) -> None:
        """Forget all of it."""
        self.path.unlink(missing_ok=True)
        self._version.unlink(missing_ok=True)

    def become(self, final: Path) -> None:
        """Take the final name, in one step."""
        self._version.unlink(missing_ok=True)  # first, or a kill would leave it behind
        self.path.replace(final)
