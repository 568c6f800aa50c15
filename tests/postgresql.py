"""A throwaway PostgreSQL server: its own folder, a free port, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, the newest; None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in debian), key=_version, default=None)


@contextmanager
def server(bin_folder: Path) -> Iterator[str]:
    """A running server; yields the SQLAlchemy URL of its database."""
    # a socket's path may have 107 characters: not below pytest's long folders
    folder = Path(tempfile.mkdtemp(prefix="pg_"))
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres" if _is_user("postgres") else "nobody"
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port()

    def call(program: str, *words: str) -> None:
        subprocess.run([bin_folder / program, *words], user=user, cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, timeout=60)  # fmt: skip

    try:
        call("initdb", "-D", str(data), "-U", "genex", "-A", "trust", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://genex@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _is_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
