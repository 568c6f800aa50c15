"""What all benchmarks share: how a result looks, where it is kept, how it is shown.

``results/<benchmark>.json`` holds what was recorded, in one or more runs (a run is what one
machine measured on one day)::

    {"benchmark": "fit_loop",
     "runs": [{"date": "2026-11-21", "machine": {...}, "versions": {...}, "about": {...},
               "rows": [{"name": "969 genes", "ours": 15.0, "plain": 18.7, "unit": "ms a step",
                         "ratio": 1.28, ...}]}]}

``ratio`` is plain / ours, how many times as fast or as small ours is; null where nothing plain
stands beside it. A row has whatever else it measured. A name means the same case at every size,
so that a quick run is compared with the record of a full one.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_LOG_WIDTH = 150  # columns
TOLERATED = 0.8  # of the recorded ratio: below it is a regression


_chosen = [re.compile("")]


def row(name: str, ours: float, plain: float | None, unit: str, ratio: float | None = None, **more) -> dict:  # fmt: skip
    """One line of a result; `ratio` where it is not plain / ours (a median over rounds)."""
    if ratio is None and plain is not None:
        ratio = plain / ours
    return {"name": name, "ours": ours, "plain": plain, "unit": unit, "ratio": ratio, **more}


def main(
    benchmark: str,
    measure: Callable[[bool], Iterable[dict]],
    packages: tuple[str, ...],
    one: Callable[..., dict] | None = None,
    about: dict | None = None,
) -> None:
    """The command line of a benchmark.

    Parameters
    ----------
    benchmark : str
        The name of its file in ``results``.
    measure : callable
        ``measure(full)`` gives the rows one by one; `full` asks for the sizes of the record,
        otherwise some seconds of them.
    packages : tuple of str
        Whose versions its times depend on.
    one : callable, optional
        What :func:`in_fresh_process` calls in that process.
    about : dict, optional
        What holds for all rows: goals, sizes.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the sizes of the recorded results")
    parser.add_argument("--record", action="store_true", help=f"keep the rows in results/{benchmark}.json")  # fmt: skip
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--only", default="", help="of a benchmark of many cases: those whose names match this expression")  # fmt: skip
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    _chosen.append(re.compile(options.only))
    if options.one:
        print(json.dumps(one(**json.loads(options.one))))
        return
    where = here(packages)
    rows = list(_as_they_come(measure(options.full)))
    if options.json:
        options.json.write_text(json.dumps(rows))
    else:
        show(compare(benchmark, rows))
    if options.record:
        record(benchmark, {**where, "about": about or {}, "rows": rows})


def wanted(name: str) -> bool:
    """Whether ``--only`` asks for a case; a benchmark of many costly ones looks before it runs."""
    return bool(_chosen[-1].search(name))


def _as_they_come(rows: Iterable[dict]) -> Iterator[dict]:
    for each in rows:
        print(
            f"{each['name']}: {_number(each['ours'])} {each['unit']}", file=sys.stderr, flush=True
        )
        yield each


def in_fresh_process(script: str, **arguments) -> dict:
    """What the script's `one` gives in a process of its own, where nothing is warm.

    Raises
    ------
    RuntimeError
        With the last line of what it said, or the signal that ended it.
    """
    command = [sys.executable, script, "--one", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"ended by signal {-done.returncode}"]
        raise RuntimeError(said[0])
    return json.loads(done.stdout.splitlines()[-1])


def cpu_seconds(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of CPU, which a busy machine does not stretch, and what came out."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def clock() -> float:
    """Seconds: of CPU, and of the wall where a GPU works."""
    return time.perf_counter() if device() == "cuda" else time.process_time()


def growth(before: dict, after: dict, axis: str) -> dict[str, float]:
    """Exponents by which what is in seconds or GB grew with a size: 1 where cost is linear.

    Parameters
    ----------
    before, after : dict
        Sizes and costs of the same names. Costs too small to tell are left out.
    axis : str
        The size that grew.
    """
    by = math.log(after[axis] / before[axis])
    costs = (name for name in after if name.endswith(("_s", "_gb")) and name in before)
    return {
        name: round(math.log(after[name] / before[name]) / by, 2)
        for name in costs
        if min(after[name], before[name]) > 0.01
    }


def peak_gb() -> float:
    """The most memory that this process has had; imports are in it."""
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def here(packages: Iterable[str]) -> dict:
    """Date, machine and versions: the head of a run."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    return {"date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions}


def machine() -> dict:
    """What the times depend on."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    torch = sys.modules.get("torch")  # of a benchmark that uses it
    return {
        "architecture": platform.machine(),
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "threads": os.environ.get("OMP_NUM_THREADS", "as the script sets them"),
        **({"device": torch.cuda.get_device_name()} if _has_gpu(torch) else {}),
    }


def device() -> str:
    """Where torch works: a GPU where there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _has_gpu(torch) -> bool:
    return torch is not None and torch.cuda.is_available()


def record(benchmark: str, run: dict) -> None:
    """Keep a run; rows of the same names in earlier runs give way to it."""
    path, names = RESULTS / f"{benchmark}.json", {row["name"] for row in run["rows"]}
    earlier = json.loads(path.read_text())["runs"] if path.exists() else []
    for old in earlier:
        old["rows"] = [row for row in old["rows"] if row["name"] not in names]
    runs = [one for one in [*earlier, run] if one["rows"]]
    text = json.dumps({"benchmark": benchmark, "runs": runs}, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def recorded(benchmark: str) -> dict[str, dict]:
    """The recorded rows by name; empty before anything was recorded."""
    path = RESULTS / f"{benchmark}.json"
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    return {row["name"]: row for run in runs for row in run["rows"]}


def compare(benchmark: str, rows: list[dict], known: dict[str, dict] | None = None) -> list[dict]:
    """Rows with ``benchmark``, ``recorded`` (the ratio; in `known`, or on disk) and ``regressed``."""
    known, found = recorded(benchmark) if known is None else known, []
    for each in rows:
        before = known.get(each["name"], {}).get("ratio")
        both = before is not None and each["ratio"] is not None
        regressed = both and each["ratio"] < TOLERATED * before
        found.append({"benchmark": benchmark, **each, "recorded": before, "regressed": regressed})
    return found


def show(rows: list[dict], console: Console | None = None) -> None:
    """One table of ratios; what regressed is marked."""
    table = Table(title="times as fast (or small) as the plain way")
    for name in ("benchmark", "case", "unit"):
        table.add_column(name, overflow="fold")
    for name in ("ours", "plain", "ratio", "recorded", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for each in rows:
        numbers = (_number(each[key]) for key in ("ours", "plain", "ratio", "recorded"))
        mark = (
            f"REGRESSED by {1 - each['ratio'] / each['recorded']:.0%}" if each["regressed"] else ""
        )
        style = "bold red" if each["regressed"] else None
        table.add_row(each["benchmark"], each["name"], each["unit"], *numbers, mark, style=style)
    console = console or Console()
    if not console.is_terminal:  # a log has no edge at which to fold
        console.width = max(console.width, _LOG_WIDTH)
    console.print(table)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
