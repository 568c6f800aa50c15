"""Searches end with the same trials whatever happens on the way."""

import itertools
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from optuna.storages.journal import JournalFileBackend
from planted_search import EPOCHS, GRID, PRUNED, TPE, PlantedFits, planted_loss, run, start_together

from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.tuning import trials as trials_module
from genex_kedro.tuning.search import search
from genex_kedro.tuning.settings import SearchSettings
from genex_kedro.tuning.tables import history_table, parameters_of, trials_table
from genex_kedro.tuning.trials import Trials, open_study


def tables(study):
    return trials_table(study).drop(columns="seconds"), history_table(study)


def assert_same(study, other):
    for one, two in zip(tables(study), tables(other), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def points(study):
    return sorted(tuple(sorted(trial.params.items())) for trial in study.trials)


def opened(journal, settings):
    return open_study(TrialStorageDataset(str(journal)).load(), "planted", settings)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole") / "journal", PRUNED)


def test_a_grid_has_every_point_once(tmp_path):
    study = run(tmp_path / "journal", GRID)
    every = [dict(zip(GRID.searched, values, strict=True)) for values in itertools.product(*GRID.searched.values())]  # fmt: skip
    assert points(study) == sorted(tuple(sorted(point.items())) for point in every)
    assert study.best_params == {"hidden_layers": 3, "learning_rate": 0.001}
    run(tmp_path / "journal", GRID)  # once more: nothing is left to do
    assert len(study.trials) == 12


def test_tpe_finds_what_is_planted(tmp_path):
    study = run(tmp_path / "journal", TPE)
    assert len(study.trials) == 30
    assert study.best_params["hidden_layers"] == 3
    assert 3e-4 < study.best_params["learning_rate"] < 3e-3
    late = [planted_loss(trial.params) for trial in study.trials[20:]]
    early = [planted_loss(trial.params) for trial in study.trials[:8]]
    assert sum(late) / len(late) < 0.5 * sum(early) / len(early)


def test_a_hopeless_trial_is_pruned_and_one_that_diverges_is_no_best(tmp_path):
    study = run(tmp_path / "journal", PRUNED)
    table = trials_table(study)
    assert (table["state"][:4] != "pruned").all()  # the first are trained to the end
    pruned = table[table["state"] == "pruned"]
    assert len(pruned) and (pruned["epochs"] == 2).all()  # the first epoch is not judged
    medians = table["validation_loss"][table["state"] == "finished"].median()
    assert (pruned["validation_loss"] > medians).all()
    diverged = table[table["parameter.learning_rate"] > 0.05]
    assert (diverged["state"] == "diverged").all() and diverged["validation_loss"].isna().all()


def test_eleven_trials_and_the_rest_are_thirty(tmp_path):
    whole = run(tmp_path / "whole", TPE)
    first = TPE.model_copy(update={"n_trials": 11})
    study = run(tmp_path / "parts", first)
    assert len(study.trials) == 11
    assert_same(run(tmp_path / "parts", TPE), whole)


class Dead(BaseException):
    """Stands for the end of a process: from then on it writes nothing."""


def run_and_die(journal, settings, moment, monkeypatch, how):
    """A process that is killed when it writes to the journal for the `moment`-th time."""
    writes, append = itertools.count(1), JournalFileBackend.append_logs

    def write(self, logs):
        number = next(writes)
        if number < moment:
            return append(self, logs)
        if number == moment and how == "after":
            append(self, logs)
        if number == moment and how == "half":
            with Path(self._file_path).open("ab") as file:
                file.write(b'{"op_code":5,"worker_id"')
        raise Dead

    with monkeypatch.context() as patch:
        patch.setattr(JournalFileBackend, "append_logs", write)
        patch.setattr(trials_module.psutil.Process, "pid", 2**22 + 1, raising=False)  # of nobody
        with pytest.raises(Dead):
            run(journal, settings)


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_killed_at_any_write_it_ends_with_the_same_trials(tmp_path, monkeypatch, how, uninterrupted):  # fmt: skip
    monkeypatch.setattr(trials_module, "_SECONDS_TO_CLAIM", 0.05)
    offset = {"before": 0, "half": 5, "after": 10}[how]
    for moment in range(3 + offset, 110, 16):
        journal = tmp_path / f"journal {moment}"
        run_and_die(journal, PRUNED, moment, monkeypatch, how)
        assert_same(run(journal, PRUNED), uninterrupted)


def test_killed_again_and_again_it_ends_with_the_same_trials(tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(trials_module, "_SECONDS_TO_CLAIM", 0.05)
    for moment in (30, 8, 9, 17, 11):
        run_and_die(tmp_path / "journal", PRUNED, moment, monkeypatch, "after")
    assert_same(run(tmp_path / "journal", PRUNED), uninterrupted)


def test_an_error_and_a_stop_abandon_the_trial_for_the_next_run(tmp_path, uninterrupted):
    class Failing(PlantedFits):
        def advance(self):
            raise RuntimeError("out of memory")

    study = opened(tmp_path / "journal", PRUNED)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(search(Trials(study, PRUNED), 1, Failing))
    going_on = search(Trials(study, PRUNED), 1, PlantedFits)
    next(going_on)
    next(going_on)
    going_on.close()  # as Ctrl-C does
    assert_same(run(tmp_path / "journal", PRUNED), uninterrupted)


def test_trials_asked_for_at_once_are_taken_over_together(tmp_path, monkeypatch):
    monkeypatch.setattr(trials_module, "_SECONDS_TO_CLAIM", 0.05)
    whole = run(tmp_path / "whole", GRID, at_once=5)
    assert points(whole) == points(run(tmp_path / "one by one", GRID))
    begun = []

    def start(chosen):
        begun.append(len(chosen))
        return PlantedFits(chosen)

    study = opened(tmp_path / "parts", GRID)
    going_on = search(Trials(study, GRID), 5, start)
    next(going_on)
    going_on.close()
    list(search(Trials(study, GRID), 5, start))
    assert begun == [5, 5, 5, 1]  # the four that were cut off and one new, ...
    assert_same(study, whole)


def test_processes_share_a_study_and_one_that_is_killed_leaves_nothing_undone(tmp_path):
    one, two = start_together(str(tmp_path / "journal"), 0.1)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if (tmp_path / "journal").exists():
            study = opened(tmp_path / "journal", GRID)
            workers = {t.user_attrs.get("worker") for t in study.trials if len(t.params) == 2}
            if len(workers) == 2 and any(trial.state.is_finished() for trial in study.trials):
                break
        time.sleep(0.05)
    assert len(workers) == 2, "both should be at work"
    one.send_signal(signal.SIGKILL)
    assert one.wait() == -signal.SIGKILL
    assert two.wait(timeout=300) == 0
    assert {trial.state.name for trial in study.trials} == {"COMPLETE"}
    assert points(study) == points(run(tmp_path / "alone", GRID))
    assert all(len(trial.intermediate_values) == EPOCHS for trial in study.trials)


def test_a_process_waits_for_the_trials_of_others(tmp_path):
    study = opened(tmp_path / "journal", GRID)
    busy = Trials(study, GRID)
    taken = [busy.next() for _ in range(2)]  # by this process, which lives
    going_on = search(Trials(study, GRID), 1, PlantedFits)
    for _ in range(10):
        next(going_on)
    assert busy.others_run()
    for trial in taken:
        study.tell(trial, 0.0)
    assert list(going_on) == []


def test_the_last_trial_is_not_asked_for_twice(tmp_path):
    study = opened(tmp_path / "journal", GRID)
    late = Trials(study, GRID)
    run(tmp_path / "journal", GRID)
    seen = study.get_trials()[:11]
    study.get_trials = lambda **_: seen
    assert late.next() is None  # it saw eleven, and another process had asked for the twelfth
    study = opened(tmp_path / "journal", GRID)
    assert len(study.trials) == 13
    assert len(trials_table(study)) == 12


def test_parameters_survive_a_table_on_disk(tmp_path):
    settings = SearchSettings(
        n_trials=3,
        startup=3,
        space={
            "learning_rate": {"low": 0.00001, "high": 0.1, "log": True},
            "hidden_layers": {"low": 2, "high": 4},
            "average": [None, 0.99],
            "core": [True, False],
            "prior": ["class", "standard"],
        },
    )
    study = run(tmp_path / "journal", settings)
    other = pd.DataFrame({"study": ["another"], "trial": [0]})
    pd.concat([other, trials_table(study)]).to_csv(tmp_path / "trials.csv", index=False)
    again = pd.read_csv(tmp_path / "trials.csv", float_precision="round_trip").iloc[1:]
    for (_, row), trial in zip(again.iterrows(), study.trials, strict=True):
        found = parameters_of(row, settings)
        assert found == trial.params
        assert isinstance(found["hidden_layers"], int)
