"""The aligned translator in the pipeline: on a simulated cohort whose patients are known."""

import logging

import numpy as np
import pytest
from pydantic import ValidationError

from genex_kedro.datasets.checkpoint import CheckpointDataset
from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.memorised import HELD
from genex_kedro.pipelines.cyclegan import nodes
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import split_patients
from genex_kedro.study.translation.networks import translate
from genex_kedro.study.translation.objectives import CycleGanSettings, ObjectiveSettings

SETTINGS = CycleGanSettings(
    networks={
        "best": {"scaling": "none", "network": {"kind": "aligned", "power": 0.5}},
        "best_paired": {"scaling": "none", "network": {"kind": "aligned", "paired": True}},
    }
)
BEST_PAIRED = CycleGanSettings(networks={"best_paired": SETTINGS.networks["best_paired"]})


@pytest.fixture(scope="module")
def simulated():
    cohort, truth = simulate(
        SimulationSettings(
            tissues=("lung", "liver"),
            n_genes=300,
            tumors_per_type=60,
            pairs_per_type=60,
            gtex_per_tissue=10,
        )
    )
    split = split_patients(cohort.obs, np.array([0.6, 0.2, 0.2]), 0)
    return prepare_study(cohort, split, 0, StudySettings(panel="all"), "refuse"), truth


@pytest.fixture(scope="module")
def checkpoints(simulated):
    found = {}
    histories = []
    for some, history in nodes.train_cyclegan({"seed_0": simulated[0]}, {}, SETTINGS):
        found |= some
        histories.append(history)
    assert histories[-1]["validation.rmse"].notna().all()
    return found


@pytest.fixture(scope="module")
def models(simulated, checkpoints):
    return nodes.keep_cyclegan({"seed_0": simulated[0]}, checkpoints, SETTINGS)


def rank_of_own(made, truth, classes):
    """Mean share of the class's other patients whose true effect fits the prediction better."""
    ranks = []
    for name in np.unique(classes):
        a, b = made[classes == name], truth[classes == name]
        r = np.corrcoef(a - a.mean(0), b - b.mean(0))[: len(a), len(a) :]
        ranks += list((r > np.diag(r)[:, None]).sum(1) / (len(a) - 1))
    return np.mean(ranks)


def test_the_planted_patient_is_found_better_than_in_the_tumor_itself(simulated, models):
    study, truth = simulated
    test = study[(study.obs["split"] == "test") & (study.obs["condition"] == "tumor")]
    effects = truth.patient_effects.loc[test.obs["patient_id"]].to_numpy()
    classes = test.obs["cohort"].astype(str).to_numpy()
    tissue = test.obs["tissue"].astype(str).to_numpy()
    raw = rank_of_own(np.asarray(test.X), effects, classes)
    for name in ("best", "best_paired"):
        made = translate(models[f"{name}_seed_0"], np.asarray(test.X), tissue, 0)
        assert rank_of_own(made.normal, effects, classes) < 0.85 * raw, name


def test_layers_labels_and_flags(simulated, models):
    study, _ = simulated
    made = nodes.translate_test({"seed_0": study}, models, SETTINGS)
    for name, paired in (("best", False), ("best_paired", True)):
        cohort = made[f"{name}_seed_0"]
        assert set(cohort.layers) == {"normal", "normal_draw", "normal_blind", "normal_blind_draw"}
        assert cohort.uns["paired"] is paired
        assert cohort.uns["pairs_in_validation"] and cohort.uns["status"] == "finished"
        assert (cohort.obs["inferred_tissue"] == cohort.obs["tissue"].astype(str)).mean() > 0.9
        assert not np.array_equal(cohort.layers["normal"], cohort.layers["normal_draw"])


def test_numbers_set_without_validation_pairs_are_said_to_be(simulated):
    study = simulated[0].copy()
    held_out = (study.obs["split"] == "validation").to_numpy()
    names = np.array([f"P{i}" for i in range(study.n_obs)], dtype=object)
    study.obs["patient_id"] = np.where(held_out, names, study.obs["patient_id"].astype(str))
    *_, (found, _) = nodes.train_cyclegan({"seed_0": study}, {}, SETTINGS)
    kept = nodes.keep_cyclegan({"seed_0": study}, found, BEST_PAIRED)
    assert kept["best_paired_seed_0"].card["pairs_in_validation"] is False
    assert kept["best_paired_seed_0"].card["paired"]


def test_a_kept_translator_holds_no_training_sample_even_of_a_class_of_one(simulated, caplog):
    study = simulated[0].copy()
    training = (study.obs["split"] == "train").to_numpy()
    for at, (column, name) in enumerate((("cohort", "RARE"), ("tissue", "eye"))):
        study.obs[column] = study.obs[column].astype(str)
        for condition in ("tumor", "normal"):
            row = np.flatnonzero(training & (study.obs["condition"] == condition))[at]
            study.obs.iloc[row, study.obs.columns.get_loc(column)] = name
    caplog.set_level(logging.INFO, logger="genex_kedro")
    *_, (found, _) = nodes.train_cyclegan({"seed_0": study}, {}, BEST_PAIRED)
    assert "4 training samples are of cohorts with fewer than 3" in caplog.text
    for model in nodes.keep_cyclegan({"seed_0": study}, found, BEST_PAIRED).values():
        assert model.card["nearest_to_training"] > HELD


def test_a_tissue_never_seen_is_named_as_told_and_has_no_probability(simulated, models):
    study, _ = simulated
    X = np.asarray(study.X[:5])
    made = translate(models["best_seed_0"], X, ["brain"] * 5, 0)
    assert set(made.tissue) == {"brain"} and np.isnan(made.probability).all()
    assert np.isfinite(made.draw).all()
    blind = translate(models["best_seed_0"], X, None, 0)
    assert set(blind.tissue) <= {"lung", "liver"} and (blind.probability > 0.5).all()


def test_it_comes_back_from_disk_as_it_was(simulated, checkpoints, models, tmp_path):
    study, _ = simulated
    CheckpointDataset(filepath=str(tmp_path / "c")).save(checkpoints)
    again = CheckpointDataset(filepath=str(tmp_path / "c"), resume=True).load()
    *_, (last, _) = nodes.train_cyclegan({"seed_0": study}, again, SETTINGS)
    assert (
        last["best_paired_seed_0"].state == checkpoints["best_paired_seed_0"].state
    )  # not refitted
    folder = ModelFolderDataset(str(tmp_path / "m"))
    folder.save(nodes.keep_cyclegan({"seed_0": study}, again, SETTINGS))
    loaded, X = folder.load(), np.asarray(study.X[:7])
    for key, model in models.items():
        one, two = (translate(m, X, None, 3) for m in (model, loaded[key]))
        assert np.array_equal(one.normal, two.normal) and np.array_equal(one.draw, two.draw)


def test_which_belong_together_makes_no_difference_without_pairs(simulated):
    """Patients' names exchanged among training normals: `best` must not notice."""
    study, _ = simulated
    mixed = study.copy()
    rows = np.flatnonzero((study.obs["split"] == "train") & (study.obs["condition"] == "normal"))
    patients = mixed.obs["patient_id"].astype(str).to_numpy().copy()
    patients[rows] = np.random.default_rng(0).permutation(patients[rows])
    mixed.obs["patient_id"] = patients
    weights = []
    for one in (study, mixed):
        found = {}
        for some, _ in nodes.train_cyclegan({"seed_0": one}, {}, SETTINGS):
            found |= some
        weights.append({key: c.weights("aligned")["gene_gain"] for key, c in found.items()})
    assert (weights[0]["best_seed_0"] == weights[1]["best_seed_0"]).all()
    assert not (weights[0]["best_paired_seed_0"] == weights[1]["best_paired_seed_0"]).all()


def test_what_it_cannot_learn_from_is_named(simulated, caplog):
    study, _ = simulated
    caplog.set_level(logging.INFO, logger="genex_kedro")
    condition = study.obs["condition"].astype(str)
    apart = study[(study.obs["tissue"].astype(str) == "lung") == (condition == "tumor")].copy()
    strangers = study.copy()
    strangers.obs["patient_id"] = [f"P{i}" for i in range(study.n_obs)]
    for one, message in ((apart, "no tissue with both"), (strangers, "0 patients with a tumor")):
        caplog.clear()
        *_, (last, _) = nodes.train_cyclegan({"seed_0": one}, {}, SETTINGS)
        assert "best_paired_seed_0" not in last and message in caplog.text
    with pytest.raises(ValidationError, match="takes none"):
        ObjectiveSettings(network=AlignedConfig(), fit={"epochs": 3})
    with pytest.raises(ValidationError, match="needs a fit"):
        ObjectiveSettings(network={"generator_hidden": [8]})
    with pytest.raises(ValidationError, match="kind"):
        ObjectiveSettings(network={"kind": "magic"})
