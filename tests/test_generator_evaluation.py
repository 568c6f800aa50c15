"""The scorecard's nodes on simulated samples: every row, what failed, every picture."""

import re

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.errors import InputError
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.pipelines.baselines.nodes import sample_simple
from genex_kedro.pipelines.evaluation import generator_pictures as pictures
from genex_kedro.pipelines.evaluation import generators as ours
from genex_kedro.pipelines.evaluation.pipeline import of_generators
from genex_kedro.pipelines.evaluation.settings import PictureSettings, ScoreSettings
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.generation.augmentation import AugmentationSettings
from genex_kedro.study.generation.ceilings import CEILINGS, HELD_OUT, TRAINING
from genex_kedro.study.generation.goals import Goals
from genex_kedro.study.generation.settings import GeneratorSettings
from genex_kedro.study.generation.summary import RankingSettings
from genex_kedro.study.split import split_patients

NAMES = ["class_mean", "class_normal", "training_copies"]
QUICK = ScoreSettings(tree_rounds=2)
RANKING = RankingSettings(families={"fidelity": ["gamma", "ks_median"], "privacy": ["domias_auc"]}, repeats=100)  # fmt: skip
LOOK = PictureSettings(
    models=["simple/class_normal", "gan/x"], embedding={"method": "pca"}, gene_pairs=200
)


@pytest.fixture(scope="module")
def studies():
    cohort, _ = simulate(
        SimulationSettings(tissues=("lung", "kidney"), n_genes=150, tumors_per_type=20, gtex_per_tissue=20)
    )  # fmt: skip
    found = {}
    for seed in (0, 1):
        study = cohort.copy()
        study.obs["split"] = split_patients(study.obs, np.array([0.6, 0.2, 0.2]), seed).to_numpy()
        study.uns["seed"] = seed
        found[f"seed_{seed}"] = study
    return found


@pytest.fixture(scope="module")
def simple(studies):
    made = sample_simple(studies)[0]
    return {key: cohort for key, cohort in made.items() if not key.startswith("class_noise")}


@pytest.fixture(scope="module")
def failed(simple) -> dict[str, AnnData]:
    """A network that diverged, once with good samples left and once without."""
    made = {}
    for seed in (0, 1):
        cohort = simple[f"class_normal_seed_{seed}"].copy()
        cohort.uns |= {"model": "gan/x", "status": "diverged"}
        if seed:
            cohort.X[:] = np.nan
        made[f"x_seed_{seed}"] = cohort
    return made


@pytest.fixture(scope="module")
def table(studies, simple, failed):
    made = [ours.score_generators(studies, QUICK, one) for one in (simple, failed)]
    return ours.collect_scores(*made, ours.score_ceilings(studies, QUICK))


def test_every_generator_and_every_ceiling_has_a_row_per_seed(table):
    models = {f"simple/{name}" for name in NAMES} | {"gan/x"} | set(CEILINGS)
    assert set(table["model"]) == models
    assert len(table) == 2 * len(models)
    assert set(table["run"]) >= {"real/held-out samples seed 1", "simple/class_mean seed 0"}
    assert set(table["subset"]) == {"overall"}
    assert table["seed"].tolist() == [0] * len(models) + [1] * len(models)


def test_a_familys_scores_depend_on_no_other_family():
    nodes = {node.short_name: node for node in of_generators().nodes}
    scored = {name: node for name, node in nodes.items() if name.startswith("score_")}
    assert {"score_cvae", "score_simple", "score_real"} < set(scored)
    for name, node in scored.items():
        made = [i for i in node.inputs if i.endswith("synthetic")]
        assert len(made) == (name != "score_real")
    assert set(nodes["collect_scores"].inputs) == {o for n in scored.values() for o in n.outputs}


def test_a_failed_model_counts_and_says_so(table):
    status = table.set_index(["model", "seed"])["status"]
    assert status["gan/x", 0] == status["gan/x", 1] == "diverged"
    assert status["simple/class_mean", 0] == "collapsed"
    assert status["simple/class_normal", 0] == status[TRAINING, 0] == "finished"
    scores = table.set_index(["model", "seed"])["gamma"]
    assert scores["gan/x", 0] == scores["simple/class_normal", 0]
    assert np.isnan(scores["gan/x", 1])
    summary = ours.summarise_generators(table, RANKING).set_index("model")
    assert summary.loc["gan/x", "rank"] > summary.loc["simple/class_normal", "rank"]
    assert summary.loc["simple/class_mean", "rank"] == pytest.approx(4, abs=0.5)


def test_training_samples_are_no_ceiling_of_privacy_and_held_out_ones_are(table):
    found = table.set_index("model").loc[[TRAINING, HELD_OUT]].groupby(level=0)["domias_auc"].mean()
    assert np.isnan(found[TRAINING])
    assert found[HELD_OUT] == pytest.approx(0.5, abs=0.2)


def test_goals_stand_beside_what_real_samples_reach(table):
    goals = Goals({"gamma": {"below_ceiling": 0.0}, "recall_test": {"at_least": 0.9}})
    found = ours.compare_generators_with_goals(table, goals)
    assert len(found) == 2 * 4  # no ceiling among them
    assert not found.set_index(["metric", "model"]).loc[
        ("recall_test", "simple/class_mean"), "reached"
    ]


def test_too_few_test_samples_for_the_neighbours_are_a_users_error(studies):
    study = studies["seed_0"]
    test = np.flatnonzero(study.obs["split"] == "test")
    kept = np.setdiff1d(np.arange(study.n_obs), test[10:])
    with pytest.raises(InputError, match=r"(?s)10 test samples.*more than 10.*split\.test"):
        ours.score_ceilings({"seed_0": study[kept].copy()}, QUICK)


def test_pictures_are_of_the_generators_chosen(studies, simple, failed, table, caplog):
    good = {key: cohort for key, cohort in failed.items() if key == "x_seed_0"}
    planes = pictures.embed_generators(studies, LOOK, simple, good)
    assert set(planes["model"]) == set(LOOK.models)
    counts = planes[planes["model"] == "gan/x"]["kind"].value_counts()
    assert counts.to_dict() == {
        "real": studies["seed_0"].n_obs,
        "synthetic": good["x_seed_0"].n_obs,
    }
    assert len(pictures.draw_planes(planes).axes) == 6
    figure = pictures.draw_correlations(studies, LOOK, simple, good)
    assert [axis.get_title() for axis in figure.axes[:3]] == [TRAINING, *LOOK.models]
    assert len(ours.draw_precision_recall(table).axes) == 4
    ranks = ours.draw_ranks(ours.summarise_generators(table, RANKING))
    names = [text.get_text() for text in ranks.axes[0].get_yticklabels()]
    assert "gan/x (diverged)" in names
    assert not any(name.startswith("real/") for name in names)
    pictures.draw_correlations(studies, LOOK, simple)
    assert "no picture of gan/x: not trained" in caplog.text
    with pytest.raises(InputError, match=r"(?s)pictures\.models.*gan/y.*simple/class_mean"):
        pictures.embed_generators(studies, LOOK.model_copy(update={"models": ["gan/y"]}), simple)


@pytest.fixture(scope="module")
def networks():
    from genex_kedro.models.cvae.config import CvaeConfig

    tiny = {"network": {"encoder_hidden": [8], "decoder_hidden": [8], "latent": 2}, "fit": {"epochs": 5, "device": "cpu"}}  # fmt: skip
    return GeneratorSettings[CvaeConfig](networks={"tiny": tiny})


def test_augmentation_refits_what_is_asked_and_draws_both_protocols(studies, simple, networks):
    settings = AugmentationSettings(n_real=[20], n_synthetic=40, repeats=1, refit={"cvae/tiny": 1})
    table = pictures.augment_generators(studies, settings, networks, simple)
    assert set(table["seed"]) == {0, 1}
    refitted = table[(table["n_real"] == 20) & table["protocol"].str.contains("same n")]
    assert set(refitted["model"]) == {f"simple/{n}" for n in SIMPLE_GENERATORS} | {"cvae/tiny"}
    figure = pictures.draw_augmentation(table.replace({"model": {"": np.nan}}))  # as read from CSV
    assert len(figure.axes) == 4
    ticks = [text.get_text() for text in figure.axes[-1].get_xticklabels()]
    sizes = table.loc[table["whole"], "n_real"].unique()
    assert ticks == ["20", f"all ({sizes.mean():.0f})"]  # one place, whatever the split leaves
    assert re.search("40 synthetic", figure.get_suptitle())
    assert pictures.draw_augmentation(pd.DataFrame(columns=table.columns)).axes == []


def test_a_network_that_is_none_cannot_be_refitted(studies, networks):
    settings = AugmentationSettings(refit={"cvae/bset": 1})
    with pytest.raises(InputError, match=r"(?s)augmentation\.refit.*'cvae/bset'.*cvae/tiny"):
        pictures.augment_generators(studies, settings, networks)
