"""The runner leaves out what is unchanged, and only that."""

import json

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from genex_kedro.datasets.files import CSVDataset
from genex_kedro.runner import ReusingRunner

ran: list[str] = []


def double(table: pd.DataFrame, factor: int) -> pd.DataFrame:
    ran.append("double")
    return table * factor


def total(table: pd.DataFrame) -> pd.DataFrame:
    ran.append("total")
    return table.sum().to_frame().T


def half(table: pd.DataFrame) -> pd.DataFrame:
    ran.append("half")
    return table / 2


@pytest.fixture
def run(tmp_path):
    """Runs the little pipeline in a folder and tells which nodes ran."""
    pd.DataFrame({"x": [1, 2]}).to_csv(tmp_path / "in.csv", index=False)

    def go(factor=2, nodes=None, **how):
        ran.clear()
        catalog = DataCatalog(
            {
                **{n: CSVDataset(filepath=str(tmp_path / f"{n}.csv")) for n in ("in", "b", "d")},
                "c": MemoryDataset(),
                "params:factor": MemoryDataset(factor),
            }
        )
        pipeline = nodes or Pipeline(
            [
                node(double, ["in", "params:factor"], "b", name="double"),
                node(half, "b", "c", name="half"),
                node(total, "c", "d", name="total"),
            ]
        )
        ReusingRunner(tmp_path / "ledger", **how).run(pipeline, catalog)
        return list(ran)

    go.folder = tmp_path
    return go


def test_runs_all_at_first_and_nothing_the_second_time_but_what_is_only_in_memory(run):
    assert run() == ["double", "half", "total"]
    # `half` keeps its result in memory: it has no record of its own that could be current
    assert run() == ["half", "total"]


def test_a_changed_parameter_runs_what_depends_on_it(run):
    run()
    assert run(factor=3) == ["double", "half", "total"]
    assert pd.read_csv(run.folder / "d.csv")["x"].item() == 4.5


def test_a_changed_input_or_a_lost_output_is_noticed(run):
    run()
    pd.DataFrame({"x": [5, 5]}).to_csv(run.folder / "in.csv", index=False)
    assert run()[0] == "double"
    (run.folder / "b.csv").unlink()
    assert run()[0] == "double"
    (run.folder / "b.csv").write_text("x\n1\n")  # someone edits a result
    assert run()[0] == "double"


def test_reuse_can_be_refused(run):
    run()
    assert run(rerun=True) == ["double", "half", "total"]


def test_a_failing_node_leaves_no_record(run):
    def fail(table):
        raise RuntimeError("stop")

    run()
    pipeline = Pipeline([node(fail, "in", "b", name="double")])
    with pytest.raises(RuntimeError):
        run(nodes=pipeline)
    assert not (run.folder / "ledger" / "double.json").exists()
    assert json.loads((run.folder / "ledger" / "total.json").read_text())["inputs"]


class Progress(CSVDataset):
    """What an interrupted node can go on from."""

    is_resume_state = True

    def discard(self):
        ran.append("discard")


def test_a_node_goes_on_where_it_was_cut_off_but_starts_afresh_once_it_was_finished(tmp_path):
    pd.DataFrame({"x": [1]}).to_csv(tmp_path / "progress.csv", index=False)

    def work(progress, fail):
        ran.append("work")
        if fail:
            raise RuntimeError("cut off")
        return progress

    def go(fail, reuse=True, **how):
        ran.clear()
        catalog = DataCatalog(
            {
                "resume": Progress(filepath=str(tmp_path / "progress.csv")),
                "params:fail": MemoryDataset(fail),
                "params:reuse": MemoryDataset(reuse),
                "out": CSVDataset(filepath=str(tmp_path / "out.csv")),
            }
        )
        pipeline = Pipeline([node(work, ["resume", "params:fail"], "out", name="work")])
        ReusingRunner(tmp_path / "ledger", **how).run(pipeline, catalog)

    with pytest.raises(RuntimeError):
        go(fail=True)
    go(fail=False)
    assert ran == ["work"]  # went on
    go(fail=False)
    assert ran == []  # nothing to do
    go(fail=False, rerun=True)
    assert ran == ["work"], "named nodes run again and lose nothing they could go on from"
    go(fail=False, reuse=False)
    assert ran == ["discard", "work"]


def test_half_written_tables_never_appear(tmp_path):
    dataset = CSVDataset(filepath=str(tmp_path / "t.csv"))
    dataset.save(pd.DataFrame({"x": [1]}))

    class Unprintable:
        def __str__(self):
            raise RuntimeError("cut off")

    with pytest.raises(Exception, match="cut off"):
        dataset.save(pd.DataFrame({"x": ["fine", Unprintable()]}))
    assert pd.read_csv(tmp_path / "t.csv")["x"].tolist() == [1]
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
