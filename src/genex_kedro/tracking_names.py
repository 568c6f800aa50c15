"""What tracking calls things: keys of parameters, the commit, the store."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

_PASSWORD = re.compile(r"(://[^/@\s:]*:)[^@\s]+@")


def flatten(value, prefix: str = "") -> Iterable[tuple[str, object]]:
    """``{"train": {"epochs": 3}}`` -> ``("train.epochs", 3)``."""
    for key, item in value.items():
        if isinstance(item, dict):
            yield from flatten(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def without_passwords(value):
    """Plain data with ``://user:***@`` in place of the password of every URL in it."""
    if isinstance(value, dict):
        return {key: without_passwords(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_passwords(item) for item in value]
    return _PASSWORD.sub(r"\1***@", value) if isinstance(value, str) else value


def git_tags(folder: Path) -> dict[str, str]:
    """Commit and whether the tree differed from it; empty outside a git checkout."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        commit, changed = git("rev-parse", "HEAD"), git("status", "--porcelain", "-uno")
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"mlflow.source.git.commit": commit, "git.dirty": str(bool(changed)).lower()}


def store_uri(configured: str, project: Path) -> str:
    """The tracking store: ``MLFLOW_TRACKING_URI`` or the configured one, below the project."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or configured
    relative = uri.removeprefix("sqlite:///")
    return f"sqlite:///{project / relative}" if relative != uri else uri
