"""The whole project as an Airflow DAG on the simulated cohort, beside `kedro run`: equal or not.

Run by `make airflow` with the project's Python; the argument is Airflow's virtual environment.
Both runs use `--env test`, each in a copy of the project under `build/airflow`.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build/airflow"
COPIED = ("conf", "src", "deploy", "pyproject.toml", ".telemetry")
TABLES = (
    "data/08_reporting/**/*.csv",
    "data/07_model_output/**/*.csv",
    "data/07_model_output/**/*.parquet",
    "data/06_models/**/history.csv",
)
# of what a clock measures nothing is compared
CLOCK = ("second",)


def main() -> None:
    airflow = Path(sys.argv[1]).resolve() / "bin"
    by_airflow, by_kedro = (_copy(name) for name in ("by_airflow", "by_kedro"))
    kedro = [sys.executable, "-m", "kedro"]
    create = ["airflow", "create", "--env", "test", "--group-by", "namespace"]
    where = ["--jinja-file", "deploy/airflow/dag.py.j2", "--target-dir", "dags"]
    _run([*kedro, *create, *where], by_airflow, "kedro airflow create")
    variables = _airflow_variables(by_airflow)
    _run([airflow / "airflow", "db", "migrate"], by_airflow, "airflow db migrate", variables)
    _run([airflow / "airflow", "dags", "test", "genex-kedro"], by_airflow, "airflow dags test", variables)  # fmt: skip
    _run([*kedro, "run", "--env", "test"], by_kedro, "kedro run")
    _compare(by_airflow, by_kedro)


def _copy(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    for part in COPIED:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        else:
            shutil.copy(ROOT / part, folder)
    return folder


def _airflow_variables(project: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(WORK / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GENEX_PROJECT": str(project),
        "GENEX_PYTHON": sys.executable,
    }


def _run(command: list, folder: Path, name: str, variables: dict[str, str] | None = None) -> None:
    """Run to a log; stop with its end if the command fails."""
    log, start = WORK / f"{name.replace(' ', '_')}.log", time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(folder / "src")} | (variables or {})
    with log.open("w") as file:
        done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {time.perf_counter() - start:.0f} s, {cpu:.0f} s of processor, largest process so far {used.ru_maxrss / 2**20:.2f} GB", flush=True)  # fmt: skip
    if done.returncode:
        sys.exit(f"{name} failed; the end of {log}:\n{log.read_text()[-3000:]}")


def _compare(one: Path, other: Path) -> None:
    names = sorted({str(p.relative_to(other)) for pattern in TABLES for p in other.glob(pattern)})
    if not names:
        sys.exit("kedro run left no table")
    for name in names:
        read = pd.read_csv if name.endswith(".csv") else pd.read_parquet
        first, second = (read(folder / name) for folder in (one, other))
        clock = [c for c in second if any(word in c for word in CLOCK)]
        pd.testing.assert_frame_equal(first.drop(columns=clock), second.drop(columns=clock), check_exact=True, obj=name)  # fmt: skip
    print(f"equal to the last bit: {len(names)} tables")


if __name__ == "__main__":
    main()
