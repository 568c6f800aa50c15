"""Searches that several processes share through a real PostgreSQL server."""

import signal
import time

import pytest
from planted_search import EPOCHS, GRID, TPE, run, start_together

import postgresql
from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.tuning.tables import history_table
from genex_kedro.tuning.trials import open_study
from refusals import assert_refused


@pytest.fixture(scope="module")
def url():
    found = postgresql.binaries()
    if found is None:
        pytest.skip("no initdb of PostgreSQL on this machine: a shared database was NOT tested")
    with postgresql.server(found) as address:
        yield address


@pytest.fixture
def database(url):
    """An empty database of its own."""
    import psycopg

    name = f"study_{time.monotonic_ns()}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{url.rpartition('/')[0]}/{name}"


def opened(database):
    return open_study(TrialStorageDataset("unused", shared=database).load(), "planted", GRID)


def points(study):
    return sorted(tuple(sorted(trial.params.items())) for trial in study.trials)


def wait_for(condition, what):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_two_processes_share_a_grid_and_one_that_is_killed_leaves_nothing_undone(
    database, tmp_path
):
    study = opened(database)
    one, two = start_together(database, 0.1)

    def both_at_work():
        trials = study.trials
        workers = {t.user_attrs.get("worker") for t in trials if len(t.params) == 2}
        return len(workers) == 2 and any(t.state.is_finished() for t in trials)

    wait_for(both_at_work, "both should be at work")
    one.send_signal(signal.SIGKILL)
    assert one.wait() == -signal.SIGKILL
    assert two.wait(timeout=300) == 0
    assert {trial.state.name for trial in study.trials} == {"COMPLETE"}
    # none lost, none doubled
    assert points(study) == points(run(tmp_path / "journal", GRID))
    assert all(len(trial.intermediate_values) == EPOCHS for trial in study.trials)
    assert [trial.number for trial in study.trials] == list(range(12))


def test_one_process_asks_a_database_for_the_trials_that_it_asks_a_journal_for(database, tmp_path):
    few = TPE.model_copy(update={"n_trials": 5, "startup": 3})
    shared = run("unused", few, shared=database)
    own = run(tmp_path / "journal", few)
    assert [t.params for t in shared.trials] == [t.params for t in own.trials]
    assert history_table(shared).equals(history_table(own))


def test_a_server_that_is_not_there_is_one_clear_mistake(url):
    address, port = url.rsplit("/", 1)[0].rsplit(":", 1)
    nobody = f"{address}:{int(port) ^ 1}/postgres?connect_timeout=2"
    refuse = TrialStorageDataset("unused", shared=nobody)
    assert_refused(lambda: TrialStorageDataset.load.__wrapped__(refuse), ["tuning.storage", "start the database"])  # fmt: skip
