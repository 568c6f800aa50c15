"""One MLflow run per model, with every value once, also after a kill."""

import json
import shutil

import numpy as np
import pytest

from genex_kedro.tracking import RunBook

EXPERIMENT = "judges"


@pytest.fixture
def open_book(tmp_path, mlflow_template):
    """Opens the run book of a new session; all write to one store."""
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")

    def opened(memory="runs.json", **tags) -> RunBook:
        uri = f"sqlite:///{tmp_path}/mlflow.db"
        return RunBook(uri, tmp_path / "mlruns", tmp_path / memory, tags)

    return opened


def history(*epochs, **constant):
    return [{"epoch": e, "train.loss": 1 / (1 + e), **constant} for e in epochs]


def steps(book, run, key):
    return [m.step for m in book.client.get_metric_history(run, key)]


def status(book, run):
    return book.client.get_run(run).info.status


# --- which run -----------------------------------------------------------------------------


def test_two_models_do_not_mix(open_book):
    book = open_book()
    paper, best = (book.run(EXPERIMENT, name, fit="f") for name in ("paper", "best"))
    assert book.run(EXPERIMENT, "paper", fit="f") == paper != best
    for run, loss in ((paper, 1.0), (best, 2.0)):
        book.log_params(run, {"model": f"of {run}"})
        book.log_history(run, [{"epoch": 0, "train.loss": loss}])
        book.log_metrics(run, {"eval.auc": loss / 4})
    for run, loss in ((paper, 1.0), (best, 2.0)):
        data = book.client.get_run(run).data
        assert data.params == {"model": f"of {run}"}
        assert data.metrics == {"train.loss": loss, "eval.auc": loss / 4}
        assert steps(book, run, "train.loss") == [0]
    assert sorted(book.runs_of(EXPERIMENT)) == sorted([paper, best])


def test_a_name_in_two_experiments_is_two_runs(open_book):
    book = open_book()
    judge, translator = book.run("judges", "best", fit="f"), book.run("cyclegan", "best", fit="f")
    assert judge != translator
    assert book.runs_of("cyclegan") == [translator]
    assert book.client.get_run(judge).info.run_name == "best"
    found = book.client.get_experiment_by_name("judges").experiment_id
    assert book.client.get_run(judge).info.experiment_id == found


def test_every_run_carries_the_tags_of_its_session(open_book):
    book = open_book(**{"genex.env": "test"})
    assert (
        book.client.get_run(book.run(EXPERIMENT, "best", fit="f")).data.tags["genex.env"] == "test"
    )


def test_only_what_this_session_wrote_to_is_open(open_book):
    book = open_book()
    assert not book.is_open(EXPERIMENT, "best")
    book.run(EXPERIMENT, "best", fit="f")
    assert book.is_open(EXPERIMENT, "best")
    assert not book.is_open(EXPERIMENT, "paper")
    assert not open_book().is_open(EXPERIMENT, "best")


def test_a_training_that_was_cut_off_goes_on_in_its_run(open_book):
    run = open_book().run(EXPERIMENT, "best", fit="f")  # killed: nobody closes it
    later = open_book()
    assert status(later, run) == "RUNNING"
    assert later.run(EXPERIMENT, "best", fit="f") == run
    later.close("FINISHED")
    assert status(later, run) == "FINISHED"


def test_what_is_finished_does_not_stay_running_when_the_session_is_killed_later(open_book):
    book = open_book()
    finished = book.run(EXPERIMENT, "paper", fit="f")
    book.rest()  # its node has ended
    cut_off = book.run(EXPERIMENT, "best", fit="f")
    assert [status(open_book(), run) for run in (finished, cut_off)] == ["FINISHED", "RUNNING"]
    book.close("FAILED")
    assert [status(book, run) for run in (finished, cut_off)] == ["FINISHED", "FAILED"]


def test_another_training_gets_a_run_of_its_own(open_book):
    cut_off = open_book().run(EXPERIMENT, "best", fit="old data")
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="new data")
    assert run != cut_off
    assert status(book, cut_off) != "RUNNING"  # it will never go on
    book.close("FINISHED")
    assert open_book().run(EXPERIMENT, "best", fit="new data") == run


def test_a_model_that_is_only_judged_keeps_the_run_it_was_trained_in(open_book):
    book = open_book()
    run, other = (book.run(EXPERIMENT, name, fit="f") for name in ("best", "paper"))
    book.close("FINISHED")
    later = open_book()
    assert later.run(EXPERIMENT, "best") == run
    later.close("FINISHED")
    assert status(later, run) == status(later, other) == "FINISHED"


def test_a_model_judged_without_a_known_training_gets_a_run(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best")
    assert book.run(EXPERIMENT, "best") == run
    assert status(book, run) == "RUNNING"


@pytest.mark.parametrize("fit", ["f", None])
def test_a_deleted_run_is_not_written_to(open_book, fit):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.client.delete_run(run)
    assert open_book().run(EXPERIMENT, "best", fit=fit) != run


def test_an_emptied_store_begins_anew(open_book, tmp_path, mlflow_template):
    run = open_book().run(EXPERIMENT, "best", fit="f")
    shutil.copy(mlflow_template, tmp_path / "other.db")
    other = RunBook(f"sqlite:///{tmp_path}/other.db", tmp_path, tmp_path / "runs.json", {})
    assert other.run(EXPERIMENT, "best", fit="f") != run


def test_a_session_that_wrote_to_no_run_knows_those_of_earlier_ones(open_book):
    book = open_book()
    paper, best = (book.run(EXPERIMENT, name, fit="f") for name in ("paper", "best"))
    book.run("cyclegan", "best", fit="f")
    book.close("FINISHED")
    later = open_book()
    assert sorted(later.runs_of(EXPERIMENT)) == sorted([paper, best])
    later.client.delete_run(paper)
    assert later.runs_of(EXPERIMENT) == [best]


def test_closing_ends_only_the_runs_of_the_session(open_book):
    killed = open_book().run(EXPERIMENT, "paper", fit="f")
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.close("FAILED")
    assert (status(book, run), status(book, killed)) == ("FAILED", "RUNNING")
    assert not book.is_open(EXPERIMENT, "best")


def test_a_trial_lies_under_its_search_and_is_no_run_of_the_experiment(open_book):
    book = open_book()
    search = book.run(EXPERIMENT, "grid", fit="f")
    trial = book.run(EXPERIMENT, "grid trial 0", fit="f", parent=search)
    assert book.client.get_run(trial).data.tags["mlflow.parentRunId"] == search
    assert book.runs_of(EXPERIMENT) == [search]
    assert not book.is_open(EXPERIMENT, "grid trial 0")
    book.close("FINISHED")
    later = open_book()
    assert later.runs_of(EXPERIMENT) == [search]
    assert later.run(EXPERIMENT, "grid trial 0", fit="f", parent=search) == trial
    assert open_book().run(EXPERIMENT, "grid trial 0", fit="g", parent=search) != trial


# --- what is written -----------------------------------------------------------------------


def test_an_epoch_is_written_once_however_often_the_history_is_saved(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_history(run, history(0, 1, 2))
    book.log_history(run, history(0, 1, 2))
    book.log_history(run, history(0, 1, 2, 3))
    assert steps(book, run, "train.loss") == [0, 1, 2, 3]
    values = [m.value for m in book.client.get_metric_history(run, "train.loss")]
    assert values == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_an_epoch_is_written_once_also_after_a_kill(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_metrics(run, {"eval.auc": 0.9}, step=7)  # no epoch
    book.log_history(run, history(0, 1, 2))
    later = open_book()
    later.log_history(later.run(EXPERIMENT, "best", fit="f"), history(0, 1, 2, 3, 4))
    assert steps(later, run, "train.loss") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "order",
    [
        ("train.loss", "train.auc"),
        ("train.auc", "train.loss"),
    ],
)
def test_an_epoch_with_a_metric_that_is_no_number_is_written_once(open_book, order):
    rows = [{"epoch": e, **dict.fromkeys(order, 0.5)} for e in range(2)]
    rows[1]["train.auc"] = float("nan")
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_history(run, rows)
    later = open_book()
    later.log_history(later.run(EXPERIMENT, "best", fit="f"), rows)
    assert steps(later, run, "train.loss") == [0, 1]


def test_a_long_history_is_written_whole(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_history(run, history(*range(1100), **{"train.auc": 0.5}))  # MLflow takes 1,000 a call
    assert steps(book, run, "train.auc") == list(range(1100))


def test_what_is_no_finite_number_is_left_out(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    nothing = {"nan": float("nan"), "inf": float("inf"), "none": None, "text": "high"}
    book.log_metrics(run, {**nothing, "auc": 0.5, "tumors": 3})
    book.log_history(run, history(0, 1, **{"train.auc": float("nan")}))
    metrics = book.client.get_run(run).data.metrics
    assert metrics == {"auc": 0.5, "tumors": 3, "train.loss": 0.5}


@pytest.mark.parametrize(
    "number",
    [np.float64(2), np.float32(2), np.int64(2)],
)
def test_numbers_of_numpy_are_numbers(open_book, number):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_metrics(run, {"auc": number})
    assert book.client.get_run(run).data.metrics == {"auc": 2}


def test_parameters_are_flat_and_a_value_once_logged_stays(open_book):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_params(run, {"fit": {"epochs": 3}, "note": "x" * 7000})
    book.log_params(run, {"fit": {"epochs": 5, "patience": 2}})
    params = book.client.get_run(run).data.params
    assert (params["fit.epochs"], params["fit.patience"]) == ("3", "2")
    assert params["note"] == "x" * 6000  # the most that MLflow keeps
    book.log_params(run, {"many": {f"p{i}": i for i in range(250)}})
    assert len(book.client.get_run(run).data.params) == 253


def test_the_data_of_a_training_are_named(open_book, tmp_path):
    book = open_book()
    run = book.run(EXPERIMENT, "best", fit="f")
    book.log_input(run, "studies", "abc", tmp_path / "studies")
    (used,) = book.client.get_run(run).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("studies", "abc")
    assert json.loads(used.dataset.source) == {"uri": str(tmp_path / "studies")}


def test_a_figure_lies_with_its_run(open_book, tmp_path):
    book = open_book()
    paper, best = (book.run(EXPERIMENT, name, fit="f") for name in ("paper", "best"))
    (tmp_path / "roc.png").write_bytes(b"picture")
    book.log_figure(best, tmp_path / "roc.png")
    (stored,) = (tmp_path / "mlruns").rglob("roc.png")
    assert best in stored.parts
    assert [f.path for f in book.client.list_artifacts(best, "figures")] == ["figures/roc.png"]
    assert not book.client.list_artifacts(paper)
