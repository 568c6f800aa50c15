"""The benchmarks' records: every script has one, they parse, and a regression shows."""

import ast
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("bench_*.py"))
RUN = {"date", "machine", "versions", "about", "rows"}
ROW = {"name", "ours", "plain", "unit", "ratio"}


@pytest.fixture
def common(monkeypatch, tmp_path):
    """The helper of the benchmarks, with a folder of records of its own."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import common

    monkeypatch.setattr(common, "RESULTS", tmp_path)
    yield common
    sys.modules.pop("common")


def benchmark_of(script: Path) -> str:
    """What the script calls its record: the first argument of ``common.main``."""
    calls = [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, ast.Call)]
    (main,) = [c for c in calls if ast.unparse(c.func) == "common.main"]
    return main.args[0].value


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_has_a_record_by_its_name(script):
    assert benchmark_of(script) == script.stem.removeprefix("bench_")
    assert (FOLDER / "results" / f"{benchmark_of(script)}.json").exists()
    assert f"`{script.name}`" in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("results/*")), ids=lambda path: path.stem)
def test_every_record_has_the_one_shape(path):
    record = json.loads(path.read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    assert record["benchmark"] == path.stem
    rows = [row for run in record["runs"] for row in run["rows"]]
    assert all(run.keys() >= RUN for run in record["runs"])
    assert all(row.keys() >= ROW for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert (row["ratio"] is None) == (row["plain"] is None)
        if row["ratio"] is not None:  # a median of ratios is near the ratio of medians
            assert row["ratio"] == pytest.approx(row["plain"] / row["ours"], rel=0.3), row["name"]


def run_of(common, *rows):
    return {**common.here(("numpy",)), "about": {}, "rows": list(rows)}


def test_a_planted_regression_shows_and_nothing_else(common):
    common.record(
        "planted", run_of(common, common.row("a", 1, 10, "s"), common.row("b", 1, 10, "s"))
    )
    now = [
        common.row("a", 1, 7.9, "s"),
        common.row("b", 1, 8.1, "s"),
        common.row("c", 1, None, "s"),
    ]
    rows = common.compare("planted", now)
    assert [row["regressed"] for row in rows] == [True, False, False]
    known = common.recorded("planted")
    common.record("planted", run_of(common, *now))  # --record: what was known before counts
    again = common.compare("planted", now, known)
    assert [row["regressed"] for row in again] == [True, False, False]
    console = Console(record=True, width=120, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    common.show(rows, console)
    (marked,) = [line for line in console.export_text().splitlines() if "REGRESSED" in line]
    assert " a " in marked and "21%" in marked and "7.9" in marked


def test_a_new_run_replaces_the_rows_of_its_names_only(common):
    common.record("planted", run_of(common, common.row("a", 1, 2, "s"), common.row("b", 1, 2, "s")))
    common.record("planted", run_of(common, common.row("b", 1, 5, "s")))
    assert {name: row["ratio"] for name, row in common.recorded("planted").items()} == {
        "a": 2,
        "b": 5,
    }
    common.record("planted", run_of(common, common.row("a", 1, 3, "s")))
    runs = json.loads((common.RESULTS / "planted.json").read_text())["runs"]
    assert [[row["name"] for row in run["rows"]] for run in runs] == [["b"], ["a"]]


SLOW = """
'''Slow.'''
import sys
sys.path.insert(0, {folder!r})
import common
def measure(full):
    yield common.row("a", 1, 50 if full else 5, "s")
common.main("slow", measure, ("numpy",))
"""


@pytest.mark.parametrize(
    ("flags", "status"), [([], 0), (["--strict"], 1), (["--strict", "--full"], 0)]
)
def test_only_strict_fails_on_a_regression_and_nothing_is_written_unasked(
    common, flags, status, tmp_path, monkeypatch, capsys
):
    import run_all

    script = tmp_path / "bench_slow.py"
    script.write_text(SLOW.format(folder=str(FOLDER)))
    common.record("slow", run_of(common, common.row("a", 1, 10, "s")))
    before = (tmp_path / "slow.json").read_text()
    monkeypatch.setattr(run_all, "SCRIPTS", {"slow": script})
    monkeypatch.setattr("sys.argv", ["run_all.py", *flags])
    assert run_all.main() == status
    assert ("REGRESSED" in capsys.readouterr().out) == ("--full" not in flags)
    assert (tmp_path / "slow.json").read_text() == before
    sys.modules.pop("run_all")
