"""The pipeline cyclegan on a simulated cohort: what it hands on, and what it leaves out."""

import logging

import numpy as np
import pandas as pd
import pytest

from genex_kedro.models.cyclegan.config import CycleGanConfig
from genex_kedro.models.memorised import HELD
from genex_kedro.pipelines.cyclegan import nodes
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import split_patients
from genex_kedro.study.translation.networks import translate
from genex_kedro.study.translation.objectives import CycleGanSettings, ObjectiveSettings

FIT = {"epochs": 2, "batch_size": 20, "patience": None, "device": "cpu", "save_every_s": 0}
SMALL = {"generator_hidden": (8,), "discriminator_hidden": (8,)}
PAPER = ObjectiveSettings(scaling="per_sample", network=CycleGanConfig(**SMALL), fit=FIT)
CONDITIONAL = ObjectiveSettings(network=CycleGanConfig(**SMALL, conditional=True), fit=FIT)
SETTINGS = CycleGanSettings(networks={"paper": PAPER, "conditional": CONDITIONAL})


@pytest.fixture(scope="module")
def study():
    cohort, _ = simulate(
        SimulationSettings(
            tissues=("lung", "liver"),
            n_genes=100,
            tumors_per_type=16,
            pairs_per_type=10,
            gtex_per_tissue=6,
        )
    )
    split = split_patients(cohort.obs, np.array([0.6, 0.2, 0.2]), 0)
    return prepare_study(cohort, split, 0, StudySettings(panel="all"), "refuse")


def checkpoints_of(study, settings=SETTINGS, resume=None):
    found = {}
    for checkpoints, _ in nodes.train_cyclegan({"seed_0": study}, resume or {}, settings):
        found |= checkpoints
    return found


@pytest.fixture(scope="module")
def models(study):
    return nodes.keep_cyclegan({"seed_0": study}, checkpoints_of(study), SETTINGS)


def test_what_diverged_says_so_and_holds_no_training_sample(study):
    checkpoints = checkpoints_of(study)
    checkpoints["paper_seed_0"].state["status"] = "diverged"
    kept = nodes.keep_cyclegan({"seed_0": study}, checkpoints, SETTINGS)
    made = nodes.translate_test({"seed_0": study}, kept, SETTINGS)
    assert made["paper_seed_0"].uns["status"] == "diverged"
    assert made["conditional_seed_0"].uns["status"] == "finished"
    assert not made["paper_seed_0"].uns["pairs_in_validation"]
    assert all(model.card["nearest_to_training"] > HELD for model in kept.values())


def test_every_test_sample_is_translated_by_every_objective(study, models):
    made = nodes.translate_test({"seed_0": study}, models, SETTINGS)
    assert set(made) == {"paper_seed_0", "conditional_seed_0"}
    for cohort in made.values():
        assert list(cohort.obs_names) == list(study.obs_names[study.obs["split"] == "test"])
        assert set(cohort.layers) >= {"normal", "normal_draw", "normal_blind", "cycle", "tumor"}
        assert not cohort.uns["paired"]
    paper, conditional = made["paper_seed_0"], made["conditional_seed_0"]
    assert (paper.layers["normal"] == paper.layers["normal_blind"]).all()  # it is never told
    assert set(paper.obs["inferred_tissue"]) == {""}
    inferred = conditional.obs["inferred_tissue"] == conditional.obs["tissue"].astype(str)
    assert inferred.mean() > 0.9


def test_a_tissue_the_network_does_not_know_is_inferred(study, models):
    X = np.asarray(study.X[:4])
    unknown = translate(models["conditional_seed_0"], X, ["brain"] * 4, 0)
    blind = translate(models["conditional_seed_0"], X, None, 0)
    assert np.array_equal(unknown.normal, blind.normal)
    assert set(unknown.tissue) <= {"lung", "liver"}
    with pytest.raises(ValueError, match="100"):
        translate(models["conditional_seed_0"], X[:, :9], None, 0)


def test_a_finished_fit_is_taken_up_and_changed_settings_start_afresh(study, caplog):
    caplog.set_level(logging.INFO, logger="genex_kedro")
    settings = CycleGanSettings(networks={"paper": PAPER})
    first = checkpoints_of(study, settings)
    assert checkpoints_of(study, settings, first)["paper_seed_0"] is first["paper_seed_0"]
    other = PAPER.model_copy(update={"network": CycleGanConfig(**SMALL, change_weight=10)})
    changed = CycleGanSettings(networks={"paper": other})
    again = checkpoints_of(study, changed, first)["paper_seed_0"]
    assert "starts afresh" in caplog.text
    assert again.history[-1]["train.generators"] != first["paper_seed_0"].history[-1]["train.generators"]  # fmt: skip
    with pytest.raises(RuntimeError, match="paper_seed_0"):
        nodes.keep_cyclegan({"seed_0": study}, first, changed)


def test_what_cannot_be_learned_is_left_out_and_named(study, caplog):
    tissue, condition = study.obs["tissue"].astype(str), study.obs["condition"].astype(str)
    apart = study[(tissue == "lung") == (condition == "tumor")].copy()
    found = checkpoints_of(apart)
    assert set(found) == {"paper_seed_0"}
    assert "conditional_seed_0: translator 'cyclegan' is left out: 0 tumors and 0 normals" in caplog.text  # fmt: skip
    assert set(nodes.keep_cyclegan({"seed_0": apart}, found, SETTINGS)) == {"paper_seed_0"}
    one_missing = study[~((tissue == "liver") & (condition == "normal"))].copy()
    checkpoints_of(one_missing, CycleGanSettings(networks={"conditional": CONDITIONAL}))
    assert "without training samples of both conditions are left out: liver" in caplog.text


def test_the_history_names_objective_seed_and_losses(study):
    *_, (_, history) = nodes.train_cyclegan({"seed_0": study}, {}, SETTINGS)
    assert set(history["run"]) == {"cyclegan/paper seed 0", "cyclegan/conditional seed 0"}
    losses = history[[c for c in history if c.startswith("train.")]]
    assert {"train.cycle", "train.change", "train.discriminators"} <= set(losses)
    assert np.isfinite(losses.drop(columns="train.identity", errors="ignore")).all(axis=None)
    assert isinstance(history, pd.DataFrame)
