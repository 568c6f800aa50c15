"""Models as MLflow serves them: as good as the direct call, mistakes worded, nothing pickled."""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.error
import urllib.request

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
import uvicorn
from anndata import AnnData
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server

from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.datasets.model_shelf import models_in
from genex_kedro.errors import InputError
from genex_kedro.logged_models import FilesSettings, LoggedModels, ScoredModels
from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator
from genex_kedro.models.discriminator.model import to_trained_model as keep_judge
from genex_kedro.models.images.classifier import build_image_classifier
from genex_kedro.models.images.classifier import to_trained_model as keep_classifier
from genex_kedro.models.images.config import ImageClassifierConfig
from genex_kedro.models.shelf import ModelShelf
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS
from genex_kedro.pipelines.classify.nodes import classify_samples
from genex_kedro.pipelines.classify.settings import ClassifySettings
from genex_kedro.pipelines.generate.nodes import generate_samples
from genex_kedro.pipelines.translate.nodes import translate_tumors
from genex_kedro.pipelines.translators.nodes import translate_simple
from genex_kedro.pipelines.translators.settings import SimpleTranslatorSettings
from genex_kedro.serving.package import package
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.generation.fulfilment import fulfil
from genex_kedro.study.generation.request import GenerateSettings
from genex_kedro.study.split import SplitSettings, split_patients
from genex_kedro.study.translation.settings import TranslateSettings
from genex_kedro.tracking import RunBook
from genex_kedro.transforms import Standardiser
from refusals import assert_refused
from trained_generators import trained

SEED = 3
ASKED = {
    "generator": "cvae/best",
    "translator": "simple/shrunken_residual",
    "classifier": "images/small",
}
SMALL = SimulationSettings(
    tissues=("lung", "liver"), n_genes=150, tumors_per_type=15, pairs_per_type=8, gtex_per_tissue=8
)


@pytest.fixture(scope="module")
def study() -> AnnData:
    cohort, _ = simulate(SMALL)
    cohort.obs["split"] = split_patients(cohort.obs, SplitSettings().fractions, SEED)
    cohort.uns["seed"] = SEED
    return cohort


@pytest.fixture(scope="module")
def tumors(study) -> AnnData:
    return study[(study.obs["split"] == "test") & (study.obs["condition"] == "tumor")].copy()


def classifier_of(study):
    config = ImageClassifierConfig(backbone="mlp", trainable="all", hidden=(8,))
    classifier = build_image_classifier(config, np.arange(study.n_vars), 13, 3, SEED)
    classifier.familiar = torch.eye(study.n_vars)[:5]
    about = {"classes": ["A", "B", "C"], "side": 13, "layout": "random", "keras_v1": False,
             "temperature": 1.5, "reject": {"confidence": 0.4, "unfamiliar": 1.0}}  # fmt: skip
    transform = Standardiser.fit(np.asarray(study.X), "per_gene").to_json()
    card = {"setting": "small", "seed": SEED, "validation_loss": 1.0, "classes": dict.fromkeys("ABC", 5)}  # fmt: skip
    return keep_classifier(classifier, about, study.var, transform, card)


@pytest.fixture(scope="module")
def shelf(study, tmp_path_factory) -> ModelShelf:
    """One model of each kind, with what a translator needs beside it."""
    root = tmp_path_factory.mktemp("models")
    others = [name for name in SIMPLE_TRANSLATORS if name != "shrunken_residual"]
    _, translators, _ = translate_simple({"": study}, SimpleTranslatorSettings(leave_out=others))
    judge = build_discriminator(DiscriminatorConfig(hidden=(4,)), study.n_vars, 0)
    transform = Standardiser.fit(np.asarray(study.X), "per_sample").to_json()
    kept = {
        "cvae": {f"best_seed_{SEED}": trained(SEED)},
        "translators": translators,
        "discriminator/pooled": {f"best_seed_{SEED}": keep_judge(judge, study.var, transform, {})},
        "image_transfer": {f"small_seed_{SEED}": classifier_of(study)},
    }
    for family, models in kept.items():
        ModelFolderDataset(str(root / family / "models")).save(models)
    return models_in(root)


@pytest.fixture(scope="module")
def packed(shelf, tmp_path_factory) -> dict:
    """Folder of each kind of model, as it is logged."""
    folders = {}
    for kind, asked in ASKED.items():
        folders[kind] = tmp_path_factory.mktemp("packed") / kind
        package(kind, shelf, shelf.find(asked)[0], folders[kind])
    return folders


@pytest.fixture(scope="module")
def loaded(packed) -> dict:
    return {kind: mlflow.pyfunc.load_model(str(folder)) for kind, folder in packed.items()}


def test_a_generator_gives_the_samples_of_the_direct_call(loaded, shelf):
    asked = pd.DataFrame({"tissue": ["lung"], "condition": ["tumor"], "n": [3]})
    made = loaded["generator"].predict(asked, params={"seed": 5})
    settings = GenerateSettings(n=3, tissue="lung", condition="tumor", seed=5)
    direct, _ = fulfil(shelf.find("cvae/best")[1], "cvae/best", settings)
    np.testing.assert_array_equal(made[direct.var_names], direct.X)
    assert made["sample_id"].tolist() == direct.obs_names.tolist()
    assert (made[["tissue", "condition", "source"]] == ["lung", "tumor", "TCGA"]).all(axis=None)


def test_a_row_a_sample_gives_each_its_own(loaded):
    rows = pd.DataFrame({"tissue": ["lung", "lung", "liver"], "condition": "normal", "source": ["GTEX", "GTEX", None]})  # fmt: skip
    made = loaded["generator"].predict(rows)
    assert made["tissue"].tolist() == ["lung", "lung", "liver"]
    assert not made.iloc[0, 4:].equals(made.iloc[1, 4:])
    linear = loaded["generator"].predict(rows, params={"unit": "linear"})
    np.testing.assert_allclose(np.log2(linear.iloc[:, 4:] + 1), made.iloc[:, 4:], atol=1e-5)


def test_a_translator_gives_the_normals_of_the_pipeline(loaded, shelf, tumors):
    table = tumors.to_df().assign(tissue=tumors.obs["tissue"].astype(str))
    made = loaded["translator"].predict(table.assign(sample_id=tumors.obs_names))
    settings = TranslateSettings(model=ASKED["translator"], uncertainty_draws=2)
    results, _ = translate_tumors(tumors, shelf, settings)
    expected = results["expression"]
    np.testing.assert_allclose(made[expected.columns], expected, atol=1e-6)
    calls = made.set_index("sample_id")[results["calls"].columns]
    pd.testing.assert_frame_equal(calls, results["calls"])
    drawn = loaded["translator"].predict(table, params={"draw": True, "seed": 1})
    assert not np.allclose(drawn[expected.columns], expected, atol=0.1)
    assert (drawn["tissue_given"] == made["tissue_given"]).all()


def test_a_tissue_that_is_not_told_is_inferred_and_few_missing_genes_are_filled(loaded, tumors):
    table = tumors.to_df().drop(columns=tumors.var_names[:10])
    made = loaded["translator"].predict(table)
    assert (made["tissue_used"] == tumors.obs["tissue"].to_numpy(str)).mean() > 0.8
    assert made["genes_measured"].tolist() == [round(140 / 150, 4)] * len(table)
    assert made[tumors.var_names[:10]].notna().all(axis=None)


def test_each_application_refuses_a_model_of_another_kind(shelf, tumors):
    asked = {
        "translator": lambda: translate_tumors(tumors, shelf, TranslateSettings(model="pooled judge/best")),
        "classifier": lambda: classify_samples(tumors, shelf, ClassifySettings(model="cvae/best")),
        "generator": lambda: generate_samples(shelf, GenerateSettings(model="images/small")),
    }  # fmt: skip
    found = {"translator": "judge", "classifier": "generator", "generator": "classifier"}
    for kind, ask in asked.items():
        there = f"a {kind}: one of {ASKED[kind]}"
        assert_refused(ask, [f"a trained {found[kind]}", there])
    folder = str(shelf.path(shelf.find("images/small")[0]))
    wrong = GenerateSettings(folder=folder)
    assert_refused(lambda: generate_samples(shelf, wrong), [folder, "a trained classifier"])


def test_a_classifier_gives_the_calls_of_the_pipeline(loaded, shelf, tumors):
    made = loaded["classifier"].predict(tumors.to_df().assign(sample_id=tumors.obs_names))
    settings = ClassifySettings(model=ASKED["classifier"], top=0)
    calls, _ = classify_samples(tumors, shelf, settings)
    pd.testing.assert_frame_equal(made, calls)


@pytest.mark.parametrize(
    ("kind", "change", "params", "says"),
    [
        ("generator", {"tissue": "pancreas"}, {}, "(?s)'pancreas'.*liver, lung"),
        ("generator", {"n": 0}, {}, "greater than or equal to 1"),
        ("generator", {}, {"unit": "furlong"}, "furlong|linear"),
        ("generator", {"condition": ...}, {}, "missing inputs.*condition"),
        ("translator", {"genes": 40}, {}, "(?s)40 of the model's 150 genes.*min_coverage"),
        ("translator", {"negative": -3.0}, {}, "(?s)table to translate.*unit"),
        ("classifier", {"genes": 40}, {}, "(?s)table to classify.*at least 80%"),
        ("classifier", {}, {"unit": "furlong"}, "(?s)table to classify.*furlong"),
    ],
)
def test_a_mistake_is_told_in_the_project_s_words(loaded, tumors, kind, change, params, says):
    if kind == "generator":
        asked = {"tissue": "lung", "condition": "tumor", "n": 1} | change
        table = pd.DataFrame([{k: v for k, v in asked.items() if v is not ...}])
    else:
        table = tumors.to_df().iloc[:, : change.get("genes", 150)].copy()
        table.iloc[0, 0] = change.get("negative", table.iloc[0, 0])
    with pytest.raises(MlflowException, match=says) as refusal:
        loaded[kind].predict(table, params=params)
    assert "--params" not in str(refusal.value), "whoever asks a server has no command line"


def test_what_is_logged_is_numbers_text_and_code(packed):
    kinds = {path.suffix for folder in packed.values() for path in folder.rglob("*") if path.is_file()}  # fmt: skip
    assert not kinds & {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".bin", ".pyc"}
    for folder in packed.values():
        pinned = (folder / "requirements.txt").read_text().split()
        assert pinned and all("==" in need and "+" not in need for need in pinned)
        assert (folder / "code/genex_kedro/serving/package.py").exists()
        described = mlflow.models.get_model_info(str(folder))
        assert described.signature.outputs.has_input_names() and described.signature.params
        assert described.saved_input_example_info


@pytest.fixture(scope="module")
def address(loaded):
    """The generator behind MLflow's own server, on a free port."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")  # init leaves it set
        application = scoring_server.init(loaded["generator"])
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}/invocations"
    server.should_exit = True
    thread.join()


def posted(address: str, content: dict) -> dict:
    request = urllib.request.Request(address, json.dumps(content).encode(), {"Content-Type": "application/json"})  # fmt: skip
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def test_the_server_takes_json_and_gives_json(address, loaded):
    rows = [{"tissue": "lung", "condition": "normal", "n": 2}]
    answer = posted(address, {"dataframe_records": rows, "params": {"seed": 9}})["predictions"]
    direct = loaded["generator"].predict(pd.DataFrame(rows), params={"seed": 9})
    pd.testing.assert_frame_equal(pd.DataFrame(answer), direct, check_dtype=False, atol=1e-5)


def test_the_server_answers_a_mistake_with_400_and_what_to_do(address):
    rows = [{"tissue": "pancreas", "condition": "normal"}]
    with pytest.raises(urllib.error.HTTPError) as refusal:
        posted(address, {"dataframe_records": rows})
    assert refusal.value.code == 400
    message = json.load(refusal.value)["message"]
    assert "'pancreas'" in message and "to do:" in message and "Traceback" not in message


# --- what is logged ------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path, mlflow_template, shelf):
    """A store, and the logged models of a scorecard of generators."""
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    book = RunBook(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "mlruns", tmp_path / "runs.json", {})  # fmt: skip

    def entry(name: str, named=("*/best",), seeds="first", first=SEED) -> tuple:
        files = FilesSettings(named=list(named), seeds=seeds)
        models = LoggedModels(book, shelf, ScoredModels(kind="generator"), files, first)
        run = book.run("synthesis", name)
        return run, models.entry(run, name, {"model": name.partition(" seed")[0]})

    entry.book = book
    return entry


def test_a_judged_model_is_logged_once_and_can_be_loaded_by_its_uri(log, tmp_path):
    client, name = log.book.client, f"cvae/best seed {SEED}"
    run, model = log(name)
    assert log(name) == (run, model), "the files are those that were logged"
    log.book.log_input(run, "synthesis.studies", "abc", tmp_path)
    data = log.book.data_of([log("real/x seed 3")[0], run])
    log.book.log_metrics(run, {"eval.gamma": 0.5}, model=model, data=data)
    stored = client.get_logged_model(model)
    assert (stored.name, stored.model_type, stored.source_run_id) == (f"cvae-best seed {SEED}", "generator", run)  # fmt: skip
    assert stored.tags["served"] == "true" and stored.params == {"model": "cvae/best"}
    (metric,) = stored.metrics
    assert (metric.key, metric.value) == ("eval.gamma", 0.5)
    assert (metric.dataset_name, metric.dataset_digest) == ("synthesis.studies", "abc")
    assert client.get_run(run).data.metrics == {"eval.gamma": 0.5}
    asked = pd.DataFrame({"tissue": ["lung"], "condition": ["tumor"], "n": [2]})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
        mlflow.set_tracking_uri(client.tracking_uri)
        made = mlflow.pyfunc.load_model(f"models:/{model}").predict(asked)
        mlflow.set_tracking_uri(None)
    assert len(made) == 2


def test_a_model_trained_anew_replaces_what_was_logged(log, shelf, monkeypatch):
    name = f"cvae/best seed {SEED}"
    monkeypatch.setattr("genex_kedro.serving.package.package", lambda *at: at[-1].mkdir())
    with monkeypatch.context() as killed_at_the_end:
        killed_at_the_end.setattr(log.book.client, "finalize_logged_model", lambda *_: None)
        killed = log(name)[1]
    run, model = log(name)
    assert model != killed
    monkeypatch.setattr("genex_kedro.logged_models.digest", lambda value: "another")
    assert log(name)[1] != model
    assert len(log.book.logged_models(run)) == 1


def test_a_model_that_cannot_be_served_is_said_and_fails_no_run(log, monkeypatch, caplog):
    def package(*_):
        raise InputError(where="model", found="no atlas", expected="one", remedy="Train it.")

    monkeypatch.setattr("genex_kedro.serving.package.package", package)
    stored = log.book.client.get_logged_model(log(f"cvae/best seed {SEED}")[1])
    assert stored.status == "READY" and stored.tags["served"] == "false"
    assert "cvae/best cannot be served: model found: no atlas" in caplog.text


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (f"cvae/best seed {SEED}", {"named": []}),
        (f"cvae/best seed {SEED}", {"named": ["*/log2"]}),
        (f"cvae/best seed {SEED}", {"first": 1}),
        ("cvae/best seed 4", {"seeds": "all"}),  # not trained here
        ("real/held-out samples seed 3", {}),
    ],
)
def test_what_is_not_served_is_in_the_comparison_all_the_same(log, name, asked):
    stored = log.book.client.get_logged_model(log(name, **asked)[1])
    assert stored.status == "READY" and stored.tags["served"] == "false"
    assert log.book.logged_models(stored.source_run_id)[0].model_id == stored.model_id
