"""Digests of values, files and code: has anything changed that a result depends on?"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import json
from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from anndata import AnnData
from pydantic import BaseModel

from genex_kedro.models.family import Family

_PACKAGE = __name__.partition(".")[0]
_BLOCK = 8192  # samples read at a time
_LIBRARIES = ("anndata", "numpy", "pandas", "scikit-learn", "scipy", "torch")


def digest(value) -> str:
    """Of plain data or a pydantic model; equal values give equal digests in every process."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def data_digest(value, rows: np.ndarray | None = None) -> str | None:
    """Of an AnnData, or a dict of them, by content: values, labels and genes; None for others.

    Parameters
    ----------
    value
    rows : ndarray of bool, shape (n_samples,), optional
        Of an AnnData: these samples only. Values are read in blocks, so that they may be mapped
        from a file larger than memory.
    """
    if isinstance(value, dict) and value and all(isinstance(v, AnnData) for v in value.values()):
        return digest({key: data_digest(item) for key, item in value.items()})
    if not isinstance(value, AnnData):
        return None
    content, X, obs = hashlib.sha256(), value.X, value.obs if rows is None else value.obs[rows]
    chosen = np.arange(value.n_obs) if rows is None else np.flatnonzero(rows)
    for first in range(0, len(chosen), _BLOCK):
        content.update(np.ascontiguousarray(X[chosen[first : first + _BLOCK]]))
    content.update(obs.to_csv().encode())
    content.update("\n".join(value.var_names).encode())
    return content.hexdigest()[:16]


def file_state(path: Path) -> list | None:
    """Size and time of change of a file, or of all files of a folder; None if there is none."""
    if path.is_dir():
        return [
            [str(p.relative_to(path)), *file_state(p)]
            for p in sorted(path.rglob("*"))
            if p.is_file()
        ]
    if not path.exists():
        return None
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def file_digest(path: Path, kind: str = "sha256") -> str:
    """``sha256``, ``md5`` or ``git_blob_sha1`` of a file's content, in hex."""
    digest = hashlib.new("sha1" if kind == "git_blob_sha1" else kind, usedforsecurity=False)
    if kind == "git_blob_sha1":  # git puts the size before the content
        digest.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: digest).hexdigest()


@cache
def code_digest(function: Callable) -> str:
    """Of all that a function's result depends on besides its inputs.

    Its module and every module of the project that it imports, at any depth, the resource files
    beside them, the arguments bound to it, and the versions of the numerical libraries.
    """
    bound, todo, seen = [], [], {}
    while isinstance(function, partial):
        for value in (*function.args, *function.keywords.values()):
            if isinstance(value, Family):  # its code is imported by name
                todo.append(value.module)
        bound.append([function.args, function.keywords])
        function = function.func
    todo.append(inspect.unwrap(function).__module__)
    while todo:
        module = todo.pop()
        if module in seen or not module.startswith(_PACKAGE):
            continue
        source = _source(module)
        seen[module] = [hashlib.sha256(source.encode()).hexdigest(), _resources(module)]
        todo += _imports(source)
    return digest([bound, seen, {name: version(name) for name in _LIBRARIES}])


@cache
def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).read_text()


@cache
def _resources(module: str) -> dict[str, str]:
    """Digests of the files in ``resources/`` beside a module."""
    folder = Path(importlib.util.find_spec(module).origin).parent / "resources"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _imports(source: str) -> list[str]:
    """Modules named in import statements, wherever they stand in the file."""
    found = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.append(statement.module)
            found += [f"{statement.module}.{alias.name}" for alias in statement.names]
    return [name for name in found if name.startswith(_PACKAGE) and _exists(name)]


@cache
def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a name inside a module, not a module
        return False


def _plain(value):
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Family):
        return value.name
    raise TypeError(f"a {type(value).__name__} has no digest")
