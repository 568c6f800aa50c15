"""Unseen tumors through trained translators: genes, holes, draws, change, doubts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from planted_study import planted_study

from genex_kedro.cohort import notices
from genex_kedro.errors import InputError
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS, kept
from genex_kedro.pipelines.cyclegan.nodes import keep_cyclegan, train_cyclegan
from genex_kedro.study.fits import part_of
from genex_kedro.study.matching import Profiles
from genex_kedro.study.translation import applied_output as outputs
from genex_kedro.study.translation.applied_input import fit_to_model
from genex_kedro.study.translation.fitting import atlas_of, translation_data
from genex_kedro.study.translation.objectives import CycleGanSettings
from genex_kedro.study.translation.trained import load_translator

STUDY = planted_study()
TRAIN, VALIDATION = (translation_data(STUDY, part, 3) for part in ("train", "validation"))
ATLAS = atlas_of(STUDY, TRAIN)
TRANSLATOR = load_translator(
    kept.to_trained_model(
        SIMPLE_TRANSLATORS["shrunken_residual"]().fit(TRAIN, VALIDATION), STUDY.var, {}
    ),
    ATLAS,
)


def unseen() -> AnnData:
    chosen = part_of(STUDY, "test") & (STUDY.obs["condition"] == "tumor").to_numpy()
    cohort = STUDY[chosen & (STUDY.obs["tissue"] != "brain").to_numpy()].copy()
    cohort.obs["tissue"] = cohort.obs["tissue"].astype(str)
    return cohort


def taken(cohort: AnnData, least: float = 0.8) -> Profiles:
    return fit_to_model(cohort, STUDY.var, ATLAS, least)


def test_genes_are_brought_into_the_models_order_and_others_left():
    cohort = unseen()
    more = np.concatenate([cohort.X[:, ::-1], np.ones((cohort.n_obs, 2), np.float32)], axis=1)
    var = pd.DataFrame(index=[*cohort.var_names[::-1], "EXTRA1", "EXTRA2"])
    found = taken(AnnData(more, cohort.obs, var))
    assert np.array_equal(found.expression, cohort.X) and found.measured.all()
    assert list(found.genes) == list(STUDY.var_names) and found.absent == []


def test_a_gene_under_an_older_name_in_the_model_is_found():
    genes = pd.DataFrame({"entrez": ""}, index=["TMEM2", "EPRS"])
    atlas = ATLAS
    small = type(atlas)(
        atlas.tissues, atlas.classes, atlas.centre[:2], atlas.scale[:2], atlas.coefficients[:, :2],
        atlas.intercepts, atlas.class_means[:, :2], atlas.within[:2], atlas.axes[:, :2], atlas.variances, atlas.rest,
        atlas.limit,
    )  # fmt: skip
    obs = pd.DataFrame({"tissue": ["lung"]}, index=["a"])
    today = AnnData(np.array([[3, 5]], np.float32), obs, pd.DataFrame(index=["EPRS1", "CEMIP2"]))
    found = fit_to_model(today, genes, small, 0.8)
    assert found.expression.tolist() == [[5, 3]] and found.absent == []


def test_holes_are_filled_for_the_model_and_marked():
    cohort = unseen()
    real = np.array(cohort.X)
    cohort.X[:, 5] = np.nan
    cohort.X[0, 7] = np.nan
    found = taken(cohort)
    assert found.absent == ["G5"] and not found.measured[:, 5].any()
    assert not found.measured[0, 7] and found.measured[1:, 7].all()
    typical = TRAIN.tumor[TRAIN.tumor_tissue == cohort.obs["tissue"].iloc[0]].mean(0)
    assert found.expression[0, 7] == pytest.approx(typical[7], abs=1e-3)
    assert found.expression[1, 7] == real[1, 7]
    assert "values not measured" in notices(cohort)["check"].str.cat()
    change = outputs.change_table(found, found.expression, np.ones_like(found.expression))
    assert "G5" not in set(change["gene"]) and len(change) == found.measured.sum()


def test_too_little_is_refused_and_a_poor_sample_left_out():
    cohort = unseen()
    poor = cohort.copy()
    poor.X[2, :30] = np.nan
    found = taken(poor)
    assert len(found.obs) == cohort.n_obs - 1 and poor.obs_names[2] not in found.obs.index
    assert "left out" in notices(poor)["check"].str.cat()
    with pytest.raises(InputError, match=r"30 of the model's 60 genes \(50%\)"):
        taken(cohort[:, :30].copy())
    poor = cohort.copy()
    poor.X[::2, :15], poor.X[1::2, 15:30] = np.nan, np.nan
    with pytest.raises(InputError, match="45 of the model's 60 genes"):
        taken(poor)


def test_draws_follow_the_seed_and_the_first_samples_do_not_depend_on_the_later():
    found = taken(unseen())
    tissue = outputs.tissue_for(TRANSLATOR, found)
    first, again, other = (
        np.stack(list(outputs.some_draws(TRANSLATOR, found, tissue, 2, seed))) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1]) and first.min() >= 0


def test_the_change_is_ranked_by_how_far_it_is_beyond_the_draws():
    found = taken(unseen())
    normal = found.expression.copy()
    normal[:, 3] -= 2
    normal[:, 4] += 3
    sd = np.full(normal.shape, 0.1, np.float32)
    sd[:, 4] = 1.0
    table = outputs.change_table(found, normal, sd).set_index(["sample_id", "gene"])
    one = table.loc[found.obs.index[0]]
    assert one.loc["G3", "log2_fold_change"] == pytest.approx(2)
    assert one.loc["G3", "z"] == pytest.approx(20) and one.loc["G3", "rank"] == 1
    assert one.loc["G4", "z"] == pytest.approx(-3) and one.loc["G4", "rank"] == 2
    assert sorted(one["rank"]) == list(range(1, 61))
    none = outputs.change_table(found, normal, np.zeros_like(sd)).set_index(["sample_id", "gene"])
    assert none["z"].isna().all() and none.loc[found.obs.index[0]].loc["G4", "rank"] == 1


def calls(cohort: AnnData, judge=lambda x: np.full(len(x), 0.9)) -> pd.DataFrame:
    found = taken(cohort)
    tissue = outputs.tissue_for(TRANSLATOR, found)
    made = {"after": outputs.guesses(TRANSLATOR, found, tissue)}
    return outputs.calls_table(found, tissue, TRANSLATOR, ATLAS, {"pooled": judge}, made)


def test_samples_like_the_training_samples_are_not_doubted():
    table = calls(unseen())
    assert table["unsure"].mean() < 0.15
    assert (table["tissue_used"] == table["tissue_given"]).all()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda c: setattr(c, "X", c.X * 0.4), "unlike the training samples"),
        (lambda c: c.obs.__setitem__("tissue", "brain"), "no normals of brain in training"),
        (lambda c: c.obs.__setitem__("tissue", np.where(c.obs["tissue"] == "lung", "liver", "lung")), "looks like"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_doubted_and_why(spoil, says):
    cohort = unseen()
    spoil(cohort)
    table = calls(cohort)
    assert table["unsure"].mean() > 0.9
    assert table["why"].str.contains(says).mean() > 0.9


def test_a_tissue_that_is_not_given_is_inferred():
    cohort = unseen()
    own = cohort.obs["tissue"].to_numpy(str)
    cohort.obs["tissue"] = outputs.NOT_GIVEN
    table = calls(cohort)
    assert (table["tissue_used"] == own).mean() > 0.9 and (table["tissue_given"] == "").all()


def test_a_sample_that_was_judged_normal_before_is_doubted():
    table = calls(unseen(), judge=lambda x: np.full(len(x), 0.2))
    assert table["why"].str.contains("judged normal as it came").all()


@pytest.fixture(scope="module")
def networks() -> dict[str, TrainedModel]:
    """The pipeline cyclegan's own: the aligned translator, and a network for a few steps."""
    fit = {"epochs": 2, "batch_size": 50, "patience": None, "device": "cpu", "save_every_s": 0}
    small = {"conditional": True, "generator_hidden": [8], "discriminator_hidden": [8]}
    settings = CycleGanSettings(
        networks={
            "best": {"scaling": "none", "network": {"kind": "aligned"}},
            "conditional": {"scaling": "per_gene", "network": small, "fit": fit},
            "plain": {"scaling": "per_gene", "network": small | {"conditional": False}, "fit": fit},
        }
    )
    checkpoints: dict = {}
    for saved, _ in train_cyclegan({"seed_0": STUDY}, {}, settings):
        checkpoints |= saved
    return keep_cyclegan({"seed_0": STUDY}, checkpoints, settings)


@pytest.mark.parametrize("name", ["best", "conditional", "plain"])
def test_networks_plug_in_with_some_tissues_told_and_some_not(networks, name):
    translator = load_translator(networks[f"{name}_seed_0"], ATLAS)
    cohort = unseen()
    own = cohort.obs["tissue"].to_numpy(str)
    cohort.obs["tissue"] = np.where(np.arange(cohort.n_obs) % 2, outputs.NOT_GIVEN, own)
    found = taken(cohort)
    assert networks[f"{name}_seed_0"].card["training_samples"] > 0, "the report says on how many"
    assert "brain" not in translator.tissues, "training has its tumors, and none of its normals"
    tissue = outputs.tissue_for(translator, found)
    assert (tissue[1::2] == "").all() and (tissue[::2] == own[::2]).all()
    mixed = outputs.guesses(translator, found, tissue)
    told = outputs.guesses(translator, found, own)
    assert np.allclose(mixed[::2], told[::2], atol=1e-4) and np.isfinite(mixed).all()
    first, again = (list(outputs.some_draws(translator, found, tissue, 1, 4)) for _ in range(2))
    assert np.array_equal(first, again)
    made = {"after": mixed}
    table = outputs.calls_table(found, tissue, translator, ATLAS, {}, made)
    if name == "plain":
        assert translator.tissues == [] and (table["tissue_used"] == "").all()
    else:
        assert set(translator.tissues) >= {"liver", "lung"}
        assert (table["tissue_used"].to_numpy() == own)[::2].all()


def test_the_aligned_translator_is_nearer_than_doing_nothing(networks):
    translator = load_translator(networks["best_seed_0"], ATLAS)
    found = taken(unseen())
    made = outputs.guesses(translator, found, outputs.tissue_for(translator, found))
    test = STUDY[part_of(STUDY, "test")]
    own = test.X[[list(test.obs_names).index(n.replace("tumor", "normal")) for n in found.obs.index]]  # fmt: skip
    error, nothing = (np.sqrt(np.mean((x - own) ** 2)) for x in (made, found.expression))
    assert error < 0.5 * nothing
