"""How long RNAseqDB takes to read: this package against pandas, each in a process of its own.

``python benchmarks/bench_read_rnaseqdb.py FOLDER`` (or with ``GENEX_REAL_DATA`` set) prints a
table and writes ``benchmarks/results/read_rnaseqdb.json``. The goal is half of pandas' time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "read_rnaseqdb.json"
GOAL = 0.5
REPEATS = 5
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


def measure(method: str, folder: Path) -> dict:
    """Seconds and memory of one reading, imports not counted; run in a fresh process."""
    import pandas as pd  # noqa: F401  the imports of either method, before the clock starts

    from genex_kedro.datasets.rnaseqdb import read_rnaseqdb

    before = _peak_mib()
    start, start_cpu = time.perf_counter(), time.process_time()
    if method == "genex_kedro":
        n_samples, n_genes = read_rnaseqdb(folder).shape
    else:
        n_genes, n_samples = read_with_pandas(folder, method.removeprefix("pandas_")).shape
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time()
        - start_cpu,  # what neighbours on the machine change less
        "peak_mib": _peak_mib(),
        "imports_mib": before,
        "shape": [n_samples, n_genes],
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(folder: Path) -> dict:
    """Every method in turn, repeated, so that what else the machine does falls on all alike."""
    runs = {method: [] for method in METHODS}
    for _ in range(REPEATS):
        for method, of_method in runs.items():
            command = [sys.executable, __file__, str(folder), "--method", method]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            of_method.append(json.loads(done.stdout))
    methods = {
        method: {
            "what": METHODS[method],
            "seconds_median": round(statistics.median(run["seconds"] for run in of_method), 3),
            "seconds": [round(run["seconds"], 3) for run in of_method],
            "cpu_seconds_median": round(
                statistics.median(run["cpu_seconds"] for run in of_method), 3
            ),
            "peak_mib": round(max(run["peak_mib"] for run in of_method)),
            "imports_mib": round(max(run["imports_mib"] for run in of_method)),
            "shape": of_method[0]["shape"],
        }
        for method, of_method in runs.items()
    }
    ours = methods["genex_kedro"]
    ratios = {
        name: {
            method: round(ours[name] / of_method[name], 3)
            for method, of_method in methods.items()
            if method != "genex_kedro"
        }
        for name in ("seconds_median", "cpu_seconds_median")
    }
    return {"methods": methods, "ratio_to": ratios, "goal": GOAL}


def machine() -> dict:
    """What the times depend on."""
    packages = ("numpy", "pandas", "pyarrow", "isal", "anndata")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "environment": {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "")},
    }


def _processor() -> str:
    """The processor's name; Python's own answer on Linux is only the architecture."""
    listing = Path("/proc/cpuinfo")
    names = listing.read_text().splitlines() if listing.is_file() else []
    model = [line.split(":", 1)[1].strip() for line in names if line.startswith("model name")]
    return model[0] if model else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    real = os.environ.get("GENEX_REAL_DATA", "")
    parser.add_argument("folder", nargs="?", default=Path(real, "rnaseqdb", "normalized"))
    parser.add_argument("--method", choices=METHODS, help="time one method, in this process")
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    files = sorted(folder.glob("*.txt.gz"))
    if not files:
        parser.error(f"no *.txt.gz in {folder}: give the folder 'normalized', or GENEX_REAL_DATA")
    if arguments.method:
        print(json.dumps(measure(arguments.method, folder)))
        return
    for path in files:
        path.read_bytes()  # into the page cache, so that no method pays for the disk
    result = {"files": len(files), "machine": machine(), **compare(folder)}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    for method, of_method in result["methods"].items():
        print(
            f"{method:14} {of_method['seconds_median']:6.2f} s, {of_method['cpu_seconds_median']:.2f} s of processor, {of_method['peak_mib']:6} MiB peak"
        )
    for method, ratio in result["ratio_to"]["seconds_median"].items():
        print(f"genex_kedro takes {ratio:.2f} of {method}'s time (goal {GOAL})")


if __name__ == "__main__":
    main()
