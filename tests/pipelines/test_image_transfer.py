"""Tumor types from images: the whole study, its table, its models, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pydantic import ValidationError

from genex_kedro.datasets.imagenet_weights import ImageNetWeights
from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.errors import InputError
from genex_kedro.models.simple.classifiers import SIMPLE_CLASSIFIERS
from genex_kedro.pipelines.image_transfer import nodes
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.split import SplitSettings
from genex_kedro.study.tumor_types.calls import classify_expression
from genex_kedro.study.tumor_types.data import TumorTypeSettings, prepare_tumor_types
from genex_kedro.study.tumor_types.settings import ImageTransferSettings

NONE = ImageNetWeights("none")
FIT = {"epochs": 2, "batch_size": 16, "device": "cpu", "save_every_s": 0}
SETTINGS = {
    "train": "small other",
    "explain": {"network": "small"},
    "layouts": {"similarity": {"order": "similarity"}, "random": {"order": "random"}},
    "networks": {
        "small": {
            "layout": "random",
            "network": {"backbone": "small_cnn", "size": None, "trainable": "all"},
            "fit": {**FIT, "epochs": 8},
        },
        "other": {"network": {"size": 32, "trainable": "head"}, "fit": FIT},
        "mlp": {"network": {"backbone": "mlp", "trainable": "all"}, "fit": FIT},
    },
}


@pytest.fixture(scope="module")
def studies():
    size = {"n_genes": 150, "tumors_per_type": 20, "pairs_per_type": 2, "gtex_per_tissue": 2}
    cohort = simulate(SimulationSettings(tissues=("lung", "kidney"), **size))[0]
    return prepare_tumor_types(cohort, SplitSettings(seeds=[0]), TumorTypeSettings(), "refuse")


@pytest.fixture(scope="module")
def trained(studies):
    settings = ImageTransferSettings(**SETTINGS)
    layouts = nodes.lay_out_genes(studies, settings)
    checkpoints: dict = {}
    for changed, _ in nodes.train_classifiers(studies, layouts, NONE, {}, settings):
        checkpoints |= changed
    return settings, layouts, checkpoints, nodes.keep_classifiers(studies, layouts, NONE, checkpoints, settings)  # fmt: skip


def test_the_study_from_nothing_its_table_and_its_runs(project, run_session):
    run_session("tumor_types")
    reports = project / "data/08_reporting"
    table = pd.read_csv(reports / "evaluation/classifiers.csv")
    networks = {"images/best", "images/resnet18"}
    overall = table[table["subset"] == "overall"].set_index("model")
    assert set(overall.index) == networks | {f"simple/{name}" for name in SIMPLE_CLASSIFIERS}
    assert overall.loc["simple/logistic regression", "accuracy"] > 0.9
    assert overall.loc["simple/logistic regression", "accuracy_gain"] == 0
    assert (overall["accuracy_low"] <= overall["accuracy"]).all()
    assert overall.loc["images/resnet18", ["weights", "layout", "trainable"]].tolist() == ["none", "random", "head"]  # fmt: skip
    published = table[table["subset"] == "published"].set_index("model")["accuracy"]
    assert published["paper 002: ResNet50, ImageNet, split by image"] == 0.92
    types = table[table["subset"].str.startswith("type: ")]
    assert set(types["subset"].str[6:]) == {"KIRC", "KIRP", "LIHC", "LUAD", "LUSC"}
    confusion = pd.read_csv(reports / "evaluation/classifiers_confusion.csv")
    per_run = confusion.groupby("run")["samples"].sum()
    assert (per_run == overall["samples"].iloc[0]).all()
    for name in ("evaluation/classifiers.png", "evaluation/classifiers_confusion.png", "image_transfer/layouts.png", "image_transfer/class_means.png"):  # fmt: skip
        assert (reports / name).stat().st_size > 5000
    _check_tracking(project, overall)


def _check_tracking(project, overall) -> None:
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("tumor types")
    runs = {r.info.run_name: r for r in client.search_runs([experiment.experiment_id])}
    assert set(runs) == set(overall["run"])
    small = runs["images/best seed 0"].data
    assert small.metrics["eval.accuracy"] == pytest.approx(overall.loc["images/best", "accuracy"])
    assert small.params["network.backbone"] == "small_cnn"
    simple = runs["simple/linear SVM seed 0"].data
    same = {k for k in simple.metrics if k.startswith("eval.")}
    assert same == {k for k in small.metrics if k.startswith("eval.")}


def test_a_kept_model_calls_as_it_did_and_says_what_it_is(studies, trained, tmp_path):
    settings, _, _, models = trained
    ModelFolderDataset(str(tmp_path / "models")).save(models)
    again = ModelFolderDataset(str(tmp_path / "models")).load()
    before = nodes.score_networks(studies, models, settings)
    pd.testing.assert_frame_equal(before, nodes.score_networks(studies, again, settings))
    probabilities = before.filter(regex="^p ").to_numpy()
    np.testing.assert_allclose(probabilities.sum(1), 1)
    small = before[(before["model"] == "images/small") & (before["split"] == "test")]
    assert (small["call"] == small["truth"]).mean() > 0.6  # chance is a quarter
    card = again["other_seed_0"].card
    assert card["weights"] == "none"
    assert card["classes"] == {"KIRC": 12, "KIRP": 12, "LUAD": 12, "LUSC": 12}
    assert again["small_seed_0"].config["layout"] == "random"


def test_no_training_sample_is_in_a_model(studies, trained):
    study = next(iter(studies.values()))
    training = study.X[(study.obs["split"] == "train").to_numpy()]
    Z = (training - training.mean(0)) / training.std(0)
    unit = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    for model in trained[3].values():
        for tensor in model.weights.values():
            if tensor.ndim == 2 and tensor.shape[1] == study.n_vars and len(tensor):
                rows = tensor.numpy() / np.linalg.norm(tensor.numpy(), axis=1, keepdims=True)
                assert np.abs(rows @ unit.T).max() < 0.99


def test_rejection_catches_noise_and_few_others(studies, trained):
    model = trained[3]["small_seed_0"]
    study = next(iter(studies.values()))
    _, unfamiliar = classify_expression(model, study.X)
    noise = study.X + np.random.default_rng(0).normal(0, 3, study.shape)
    _, strange = classify_expression(model, noise)
    limit = model.config["reject"]["unfamiliar"]
    assert (strange > limit).all()
    assert (unfamiliar > limit).mean() < 0.3


def test_activations_that_do_not_fit_are_computed_anew_to_the_same_weights(studies, trained):
    settings, layouts, checkpoints, _ = trained
    tight = settings.model_copy(update={"train": ["other"], "max_cache_gb": 0.0})
    *_, (changed, history) = nodes.train_classifiers(studies, layouts, NONE, {}, tight)
    for key, tensor in checkpoints["other_seed_0"].weights("head").items():
        np.testing.assert_allclose(changed["other_seed_0"].weights("head")[key], tensor, atol=1e-5)
    assert set(history["run"]) == {"images/other seed 0"}


def test_a_finished_fit_is_not_repeated_and_a_changed_one_is(studies, trained):
    settings, layouts, checkpoints, _ = trained
    *_, (changed, _) = nodes.train_classifiers(studies, layouts, NONE, checkpoints, settings)
    assert changed["other_seed_0"] is checkpoints["other_seed_0"]
    other = layouts.copy()
    other["row"], other["column"] = layouts["column"], layouts["row"]
    steps = list(nodes.train_classifiers(studies, other, NONE, checkpoints, settings))
    assert steps[-1][0]["other_seed_0"] is not checkpoints["other_seed_0"]


def test_missing_imagenet_weights_stop_the_run_before_any_training(studies, trained, tmp_path):
    settings, layouts, _, _ = trained
    fits = nodes.train_classifiers(studies, layouts, ImageNetWeights("folder", str(tmp_path)), {}, settings)  # fmt: skip
    next(fits)
    with pytest.raises(InputError, match=r"(?s)resnet18.*weights.source=hub"):
        next(fits)


def test_without_imagenet_weights_the_run_says_so(studies, trained, caplog):
    settings, layouts, checkpoints, _ = trained
    list(nodes.train_classifiers(studies, layouts, NONE, checkpoints, settings))
    assert "no ImageNet weights" in caplog.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train": "small resnet51"}, "'resnet51' is none of small, other, mlp, all"),
        ({"train": []}, "at least 1"),
        ({"networks": {**SETTINGS["networks"], "small": {**SETTINGS["networks"]["small"], "layout": "circle"}}}, "'circle' is none of similarity, random"),
        ({"layouts": {"similarity": {"order": "alphabet"}}}, "chromosome"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        ImageTransferSettings(**{**SETTINGS, **change})


def test_all_stands_for_every_network():
    assert ImageTransferSettings(**{**SETTINGS, "train": "all"}).train == ["small", "other", "mlp"]
