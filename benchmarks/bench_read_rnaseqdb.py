"""How long RNAseqDB takes to read: this package against pandas, each in a process of its own.

The goal is half of pandas' time. Without ``GENEX_REAL_DATA`` there is nothing to read.

Usage: ``GENEX_REAL_DATA=FOLDER python benchmarks/bench_read_rnaseqdb.py [--full] [--record]``
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import common

RESULT = Path(__file__).parent / "results" / "read_rnaseqdb.json"
GOAL = 2.0  # times as fast as pandas
METHODS = {
    "pandas_merge": "read_csv of every file, DataFrame.merge one after the other",
    "pandas_concat": "read_csv of every file, one concat(axis=1, join='inner') over the two ids",
    "genex_kedro": "read_rnaseqdb: also logarithm, limits, labels and every check",
}


def read_with_pandas(folder: Path, join: str):
    """The plain way: linear values, genes in rows, no labels."""
    import pandas as pd

    keys = ["Hugo_Symbol", "Entrez_Gene_Id"]
    tables = [pd.read_csv(path, sep="\t") for path in sorted(folder.glob("*.txt.gz"))]
    if join == "concat":
        return pd.concat([table.set_index(keys) for table in tables], axis=1, join="inner")
    merged = tables[0]
    for table in tables[1:]:
        merged = merged.merge(table, on=keys)
    return merged.set_index(keys)


def run_one(method: str, folder: str) -> dict:
    """Seconds and memory of one reading, imports not counted; run in a fresh process."""
    import pandas as pd  # noqa: F401  the imports of either method, before the clock starts

    from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb

    folder, before = Path(folder), 1024 * common.peak_gb()
    start, start_cpu = time.perf_counter(), time.process_time()
    if method == "genex_kedro":
        n_samples, n_genes = read_rnaseqdb(folder).shape
    else:
        n_genes, n_samples = read_with_pandas(folder, method.removeprefix("pandas_")).shape
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time()
        - start_cpu,  # what neighbours on the machine change less
        "peak_mib": 1024 * common.peak_gb(),
        "imports_mib": before,
        "shape": [n_samples, n_genes],
    }


def measure(full: bool) -> Iterator[dict]:
    """Every method in turn, so that what else the machine does falls on all alike."""
    folder = Path(os.environ.get("GENEX_REAL_DATA", ""), "rnaseqdb", "normalized")
    files = sorted(folder.glob("*.txt.gz"))
    if not files:
        print(f"skipped: no *.txt.gz in {folder} (GENEX_REAL_DATA)", file=sys.stderr)
        return
    for path in files:
        path.read_bytes()  # into the page cache, so that no method pays for the disk
    runs = {method: [] for method in METHODS}
    for _ in range(5 if full else 1):
        for method, own in runs.items():
            own.append(common.in_fresh_process(__file__, method=method, folder=str(folder)))
    ours = runs["genex_kedro"]
    for method in ("pandas_merge", "pandas_concat"):
        plain = runs[method]
        yield common.row(
            f"{len(files)} files against {method.removeprefix('pandas_')}",
            _median(ours, "cpu_seconds"),
            _median(plain, "cpu_seconds"),
            "s of CPU",
            what=METHODS[method],
            seconds=[run["seconds"] for run in ours],
            plain_seconds=[run["seconds"] for run in plain],
            peak_mib=max(run["peak_mib"] for run in ours),
            plain_peak_mib=max(run["peak_mib"] for run in plain),
            imports_mib=max(run["imports_mib"] for run in ours),
            shape=ours[0]["shape"],
        )


def _median(runs: list[dict], key: str) -> float:
    return statistics.median(run[key] for run in runs)


if __name__ == "__main__":
    packages = ("numpy", "pandas", "pyarrow", "isal", "anndata")
    about = {"goal": GOAL, "what": METHODS["genex_kedro"]}
    common.main("read_rnaseqdb", measure, packages, run_one, about)
