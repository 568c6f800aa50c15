"""What translators learn from, and both ways of a translator."""

from __future__ import annotations

import numpy as np
import pytest
from planted_study import planted_study

from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS
from genex_kedro.pipelines.translators.nodes import translate_simple
from genex_kedro.pipelines.translators.settings import SimpleTranslatorSettings
from genex_kedro.study.fits import part_of
from genex_kedro.study.translation.cohort import LAYERS, find_pairs
from genex_kedro.study.translation.fitting import (
    BothWays,
    atlas_of,
    known_tissue,
    translation_data,
    why_not,
)

STUDY = planted_study()
TRAIN, VALIDATION = (translation_data(STUDY, part, 3) for part in ("train", "validation"))


def test_pairs_point_at_the_same_patient():
    training = STUDY[part_of(STUDY, "train")]
    tumors = training[(training.obs["condition"] == "tumor").to_numpy()]
    normals = training[(training.obs["condition"] == "normal").to_numpy()]
    tumor, normal = TRAIN.pairs
    assert len(tumor) == 72
    assert np.array_equal(TRAIN.tumor, tumors.X) and np.array_equal(TRAIN.normal, normals.X)
    assert list(tumors.obs["patient_id"].iloc[tumor]) == list(normals.obs["patient_id"].iloc[normal])  # fmt: skip


def test_no_test_sample_is_learned_from():
    spoiled = STUDY.copy()
    spoiled.X[part_of(STUDY, "test")] = 0
    again = translation_data(spoiled, "train", 3)
    assert np.array_equal(again.tumor, TRAIN.tumor) and np.array_equal(again.normal, TRAIN.normal)


def test_a_tissue_of_too_few_normals_is_not_known():
    few = STUDY[~((STUDY.obs["tissue"] == "lung") & (STUDY.obs["condition"] == "normal") & (STUDY.obs["split"] == "train") & ~STUDY.obs["patient_id"].isin(["LUAD-0", "LUAD-1"]))]  # fmt: skip
    assert set(translation_data(few, "train", 3).normal_tissue) == {"liver"}
    assert set(translation_data(few, "train", 2).normal_tissue) == {"liver", "lung"}


def test_what_cannot_be_fitted_is_said():
    assert why_not(TRAIN) is None and why_not(TRAIN, paired=True) is None
    brain = translation_data(STUDY[STUDY.obs["tissue"] == "brain"], "train")
    assert "no tissue" in why_not(brain)
    tumor, normal = find_pairs(STUDY.obs)
    alone = np.ones(STUDY.n_obs, dtype=bool)
    alone[normal[::2]], alone[tumor[1::2]] = False, False
    assert "0 training patients" in why_not(translation_data(STUDY[alone], "train"), paired=True)


def test_a_tissue_that_is_not_known_is_inferred_among_those_that_are():
    atlas = atlas_of(STUDY, TRAIN)
    assert atlas.tissues == ("liver", "lung")
    test = STUDY[part_of(STUDY, "test")]
    given = test.obs["tissue"].to_numpy(str)
    found = known_tissue(given, ["liver", "lung"], np.asarray(test.X), atlas)
    assert (found == given)[given != "brain"].all()
    assert set(found[given == "brain"]) <= {"liver", "lung"}


def test_both_ways_give_every_layer_and_the_way_back():
    test = STUDY[part_of(STUDY, "test")]
    atlas = atlas_of(STUDY, TRAIN)
    both = BothWays.fit(SIMPLE_TRANSLATORS["tissue_mean_shift"], TRAIN, VALIDATION)
    layers, inferred = both.layers(test, atlas)
    assert set(layers) == set(LAYERS) and len(inferred) == test.n_obs
    known = (test.obs["tissue"] != "brain").to_numpy()
    off = np.abs(layers["cycle"] - test.X)[known]
    assert np.median(off) < 1e-4, "a shift and its reverse, but for what was clipped at zero"


def test_the_node_gives_cohorts_models_and_what_validation_chose():
    settings = SimpleTranslatorSettings(leave_out=["entropic_transport", "gaussian_transport"])
    translated, models, fits = translate_simple({"seed_0": STUDY}, settings)
    assert set(translated) == {f"{n}_seed_0" for n in SIMPLE_TRANSLATORS if "transport" not in n}
    assert {"atlas_seed_0", "gene_slopes_seed_0", "shrunken_residual_seed_0"} <= set(models)
    assert translated["gene_slopes_seed_0"].uns["paired"]
    assert not translated["shrunken_residual_seed_0"].uns["paired"]
    chosen = fits.set_index("model")["slope"]
    assert chosen["simple/shrunken_residual"] in (0.3, 0.5), "planted: .4"
    assert fits["run"].iloc[0] == "simple/identity seed 0"
    again, _, _ = translate_simple({"seed_0": STUDY}, settings)
    for key, cohort in translated.items():
        for layer in cohort.layers:
            assert np.array_equal(cohort.layers[layer], again[key].layers[layer]), (key, layer)


def test_without_pairs_the_paired_rows_are_left_out_and_without_normals_all_are():
    tumor, normal = find_pairs(STUDY.obs)
    alone = np.ones(STUDY.n_obs, dtype=bool)
    alone[normal[::2]], alone[tumor[1::2]] = False, False
    translated, _, _ = translate_simple({"seed_0": STUDY[alone].copy()}, SimpleTranslatorSettings())
    assert "shrunken_residual_seed_0" in translated and "gene_slopes_seed_0" not in translated
    tumors = STUDY[(STUDY.obs["condition"] == "tumor").to_numpy()].copy()
    translated, models, fits = translate_simple({"seed_0": tumors}, SimpleTranslatorSettings())
    assert translated == {} and models == {} and fits.empty and "run" in fits


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="tisue_shift"):
        SimpleTranslatorSettings(leave_out=["tisue_shift"])
