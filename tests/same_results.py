"""Whether two project folders hold the same results, whatever the clock said."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import load_file

_CLOCK = re.compile(r"seconds|samples_per_second|made|date|time|duration|hours|throughput")
_ELSEWHERE = (".ledger/", ".viz/")  # what was done and when: no results


def differences(one: Path, other: Path) -> tuple[list[str], int]:
    """What differs, in words, and how many files and MLflow runs were compared."""
    mine, theirs = _files(one), _files(other)
    found = [f"only in one of them: {name}" for name in sorted(mine.keys() ^ theirs.keys())]
    shared = sorted(mine.keys() & theirs.keys())
    found += [f"differs: {name}" for name in shared if not _same(mine[name], theirs[name])]
    runs, others = _runs(one / "mlflow.db"), _runs(other / "mlflow.db")
    for key in sorted(runs.keys() | others.keys()):
        if runs.get(key) != others.get(key):
            found.append(f"MLflow run {key}: {_first(runs.get(key), others.get(key))}")
    return found, len(shared) + len(others)


def _files(project: Path) -> dict[str, Path]:
    data = project / "data"
    found = {str(p.relative_to(data)): p for p in data.rglob("*") if p.is_file()}
    return {name: path for name, path in found.items() if not name.startswith(_ELSEWHERE)}


def _same(one: Path, other: Path) -> bool:
    if one.read_bytes() == other.read_bytes():
        return True
    read = _READERS.get(one.suffix)
    return read is not None and _equal(read(one), read(other))


def _table(path: Path):
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    return table.drop(columns=[name for name in table if _CLOCK.search(str(name))])


def _tensors(path: Path) -> dict:
    with safe_open(path, framework="np") as file:
        header = {key: _json(value) for key, value in (file.metadata() or {}).items()}
    return {**load_file(path), "header": _timeless(header)}


def _json(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return text


def _h5ad(path: Path) -> dict:
    import anndata

    data = anndata.read_h5ad(path)
    return {"X": np.asarray(data.X), "obs": data.obs, "var": data.var}


def _journal(path: Path) -> dict:
    """Parameters, values and states of the trials; not when, nor by which process."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
    names = sorted(optuna.get_all_study_names(storage))
    studies = {name: optuna.load_study(study_name=name, storage=storage).trials for name in names}
    return {
        name: [(t.params, t.value, t.state.name) for t in trials if t.state.is_finished()]
        for name, trials in studies.items()
    }


_READERS = {
    ".csv": _table,
    ".parquet": _table,
    ".json": lambda path: _timeless(json.loads(path.read_text())),
    ".safetensors": _tensors,
    ".h5ad": _h5ad,
    ".log": _journal,
}


def _timeless(value):
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if not _CLOCK.search(str(k))}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _equal(one, other) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other


def _runs(store: Path) -> dict[str, dict]:
    """By experiment and name: states, parameters, last metrics and steps of the runs.

    A kill between a metric and the record of its node has it written again: a point twice.
    """
    with sqlite3.connect(store) as db:
        rows = db.execute(
            "select r.run_uuid, e.name || '/' || r.name, r.status from runs r "
            "join experiments e using (experiment_id) where r.lifecycle_stage = 'active'"
        ).fetchall()
        params, metrics = _pairs(db, "params"), _pairs(db, "latest_metrics")
        points = _pairs(db, "metrics", "count(distinct step)", "group by run_uuid, key")
    found: dict[str, dict] = {}
    for uuid, name, status in rows:
        run = {"params": params.get(uuid, {}), "last": metrics.get(uuid, {}), "points": points.get(uuid, {}), "status": status}  # fmt: skip
        while name in found:
            name += " again"
        found[name] = run
    return found


def _pairs(db, table: str, value: str = "value", tail: str = "") -> dict[str, dict]:
    found: dict[str, dict] = {}
    for uuid, key, held in db.execute(f"select run_uuid, key, {value} from {table} {tail}"):
        if not _CLOCK.search(key) and not key.startswith("system/"):
            found.setdefault(uuid, {})[key] = held
    return found


def _first(one: dict | None, other: dict | None) -> str:
    if one is None or other is None:
        return "only in one of them"
    kind = next(kind for kind in one if one[kind] != other[kind])
    if kind == "status":
        return f"{one[kind]} in place of {other[kind]}"
    keys = [k for k in one[kind].keys() | other[kind].keys() if one[kind].get(k) != other[kind].get(k)]  # fmt: skip
    return f"{kind} {sorted(keys)[:5]}"
