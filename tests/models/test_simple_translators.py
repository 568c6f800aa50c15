"""Translators without a network on patients whose normals are known."""

from __future__ import annotations

import numpy as np
import pytest
from planted_patients import TISSUES, planted_patients

from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS, TranslationData
from genex_kedro.models.simple.translators.base import variance_within
from genex_kedro.models.simple.translators.noise import TissueNoise
from genex_kedro.models.simple.translators.regression import gene_slopes
from genex_kedro.models.simple.translators.ridge import Ridge
from genex_kedro.models.simple.translators.transport import GaussianTransport

# three planted tissues are far apart: plans between them need no more than a few cells
pytestmark = pytest.mark.filterwarnings("ignore:Sinkhorn did not converge")

TRAIN, VALIDATION, TEST = (planted_patients(seed=seed) for seed in range(3))
ONE_OUTPUT = {
    "identity",
    "global_mean_shift",
    "tissue_mean_shift",
    "nearest_normal",
    "nearest_normal_in_tissue",
    "gaussian_transport",
    "latent_arithmetic",
}
PAIRED = {name for name, make in SIMPLE_TRANSLATORS.items() if make().paired}


@pytest.fixture(scope="module")
def fitted() -> dict:
    return {name: make().fit(TRAIN, VALIDATION) for name, make in SIMPLE_TRANSLATORS.items()}


def error(translator, data: TranslationData = TEST) -> float:
    tumor, normal = data.pairs
    guess = translator.point(data.tumor[tumor], data.tumor_tissue[tumor])
    return float(np.sqrt(np.mean((guess - data.normal[normal]) ** 2)))


@pytest.mark.parametrize("name", SIMPLE_TRANSLATORS)
def test_every_translator_gives_a_guess_and_a_draw_that_a_seed_repeats(fitted, name):
    translator, X, tissue = fitted[name], TEST.tumor, TEST.tumor_tissue
    guess = translator.point(X, tissue)
    assert guess.shape == X.shape and np.isfinite(guess).all()
    first, again, other = (translator.draw(X, tissue, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, again) and first.shape == X.shape
    assert np.array_equal(first, other) == (name in ONE_OUTPUT)
    alone = translator.point(X[:1], tissue[:1])
    assert np.allclose(alone, guess[:1], atol=1e-6), "depends on the other samples"


def test_the_planted_slope_is_found_and_beats_every_row_without_it(fitted):
    assert fitted["shrunken_residual"].chosen["slope"] == 0.5
    assert np.abs(fitted["gene_slopes"].slopes - 0.5).mean() < 0.02
    errors = {name: error(translator) for name, translator in fitted.items()}
    best = errors["gene_slopes"]
    assert best < 0.12, "noise is .05, tissue means come from 40 patients"
    assert errors["shrunken_residual"] == pytest.approx(best, rel=0.1)
    others = set(errors) - {"gene_slopes", "shrunken_residual", "gene_slopes_ridge"}
    assert min(errors[name] for name in others) > best
    assert errors["identity"] > errors["global_mean_shift"] > errors["tissue_mean_shift"]


def test_without_a_patient_effect_the_mean_normal_is_best_and_no_slope_is_chosen():
    train, validation, test = (planted_patients(seed=s, slope=0.0, noise=0.3) for s in range(3))
    slope = SIMPLE_TRANSLATORS["shrunken_residual"]().fit(train, validation)
    mean = SIMPLE_TRANSLATORS["tissue_mean_normal"]().fit(train, validation)
    assert slope.chosen["slope"] == 0.0
    assert error(mean, test) == pytest.approx(error(slope, test)) == pytest.approx(0.3, rel=0.05)


def test_draws_have_the_spread_of_normals_and_guesses_of_a_mean_have_none(fitted):
    of_normals = np.sqrt(variance_within(TEST.normal, TEST.normal_tissue)).mean()
    for name in ("tissue_mean_normal", "gene_slopes", "residual_ridge", "shrunken_residual"):
        made = fitted[name].draw(TEST.tumor, TEST.tumor_tissue, np.random.default_rng(0))
        ratio = np.sqrt(variance_within(made, TEST.tumor_tissue)).mean() / of_normals
        assert ratio == pytest.approx(1, abs=0.1), name
    guess = fitted["tissue_mean_normal"].point(TEST.tumor, TEST.tumor_tissue)
    assert variance_within(guess, TEST.tumor_tissue).max() < 1e-20


def test_unpaired_translators_do_not_depend_on_who_belongs_to_whom():
    shuffled = np.random.default_rng(0).permutation(len(TRAIN.pairs[0]))
    other = TranslationData(
        TRAIN.tumor,
        TRAIN.tumor_tissue,
        TRAIN.normal,
        TRAIN.normal_tissue,
        (TRAIN.pairs[0], TRAIN.pairs[1][shuffled]),
    )
    for name, make in SIMPLE_TRANSLATORS.items():
        guesses = [
            make().fit(data, VALIDATION).point(TEST.tumor, TEST.tumor_tissue)
            for data in (TRAIN, other)
        ]
        assert np.array_equal(*guesses) == (name not in PAIRED), name
    assert {
        "neighbours_normals",
        "whole_profile_ridge",
        "residual_ridge",
        "gene_slopes",
        "gene_slopes_ridge",
    } == PAIRED


def test_copies_are_real_normals_of_the_tissue(fitted):
    for name in ("another_normal", "nearest_normal_in_tissue"):
        for made in (
            fitted[name].point(TEST.tumor, TEST.tumor_tissue),
            fitted[name].draw(TEST.tumor, TEST.tumor_tissue, np.random.default_rng(0)),
        ):
            distance = np.abs(made[:, None] - TRAIN.normal[None]).max(-1)
            assert distance.min(1).max() < 1e-12
            assert (TRAIN.normal_tissue[distance.argmin(1)] == TEST.tumor_tissue).all()


def test_gaussian_transport_brings_tumors_to_the_moments_of_normals():
    rng = np.random.default_rng(0)
    A = np.eye(6) + 0.3 * rng.normal(size=(6, 6))
    tumor, normal = rng.normal(size=(4000, 6)) @ A + 5, rng.normal(size=(4000, 6)) * 2 + 9
    one = np.full(4000, "lung")
    data = TranslationData(tumor, one, normal, one)
    made = GaussianTransport(regularisation=1e-6).fit(data, data).point(tumor, one)
    assert made.mean(0) == pytest.approx(normal.mean(0), abs=0.05)
    assert np.cov(made.T) == pytest.approx(np.cov(normal.T), abs=0.25)


def test_entropic_transport_of_an_unseen_tumor_moves_as_its_neighbour():
    tissue = np.repeat(["a", "b"], 50)
    rng = np.random.default_rng(0)
    tumor = rng.normal(size=(100, 5)) * 0.1 + np.where(tissue == "a", 3.0, 8.0)[:, None]
    data = TranslationData(tumor, tissue, tumor + 1, tissue)
    translator = SIMPLE_TRANSLATORS["entropic_transport"]().fit(data, data)
    made = translator.point(tumor[[0, 99]] + 0.01, np.array(["a", "b"]))
    assert made.mean(1) == pytest.approx([4, 9], abs=0.4)


def test_ridge_is_that_of_scikit_learn():
    from sklearn.linear_model import Ridge as Reference

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 12)), rng.normal(size=(30, 7))
    for intercept in (True, False):
        ours = Ridge(X + 1, Y, intercept)
        reference = Reference(alpha=0.7 * ours._unit, fit_intercept=intercept).fit(X + 1, Y)
        assert ours.predict(X + 1, 0.7) == pytest.approx(reference.predict(X + 1), abs=1e-9)
    assert ours.choose(X[:0], Y[:0]) == 1.0


def test_slopes_are_least_squares_and_shrink_to_the_pooled_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) * [1, 2, 3]
    Y = X * [0.1, 0.5, 0.9] + 0.01 * rng.normal(size=X.shape)
    assert gene_slopes(X, Y, 0.0) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)
    pooled = (X * Y).sum() / (X**2).sum()
    assert gene_slopes(X, Y, 1e6) == pytest.approx(pooled, abs=1e-3)


def test_noise_recovers_covariance_and_tissue_spread():
    rng = np.random.default_rng(0)
    axes, row = rng.normal(size=(3, 20)), np.repeat([0, 1], 1500)
    scale = np.array([1.0, 3.0])[row][:, None]
    residuals = scale * (rng.normal(size=(3000, 3)) @ axes + 0.3 * rng.normal(size=(3000, 20)))
    made = TissueNoise.fit(residuals, row, 2).draw(row, np.random.default_rng(1))
    for tissue in (0, 1):
        real, drawn = (np.corrcoef(side[row == tissue].T) for side in (residuals, made))
        assert drawn == pytest.approx(real, abs=0.12)
        ratio = made[row == tissue].std(0) / residuals[row == tissue].std(0)
        assert ratio == pytest.approx(1, abs=0.1)


def test_a_tissue_without_tumors_is_known_and_one_without_normals_is_not():
    lone = TRAIN.tumor_tissue != "lung"
    data = TranslationData(
        TRAIN.tumor[lone],
        TRAIN.tumor_tissue[lone],
        TRAIN.normal[TRAIN.normal_tissue != "liver"],
        TRAIN.normal_tissue[TRAIN.normal_tissue != "liver"],
    )
    translator = SIMPLE_TRANSLATORS["tissue_mean_shift"]().fit(data, VALIDATION.unpaired())
    assert translator.tissues == ["lung", "thyroid"]
    lung = TEST.tumor_tissue == "lung"
    assert np.isfinite(translator.point(TEST.tumor[lung], TEST.tumor_tissue[lung])).all()
    with pytest.raises(ValueError, match="liver"):
        translator.point(TEST.tumor, TEST.tumor_tissue)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: TranslationData(d.tumor * np.nan, d.tumor_tissue, d.normal, d.normal_tissue), "not finite"),
        (lambda d: TranslationData(d.tumor, d.tumor_tissue[:3], d.normal, d.normal_tissue), "tissues"),
        (lambda d: TranslationData(d.tumor, np.full(len(d.tumor), "x"), d.normal, d.normal_tissue), "both tumors and normals"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused(spoil, says):
    with pytest.raises(ValueError, match=says):
        SIMPLE_TRANSLATORS["tissue_mean_normal"]().fit(spoil(TRAIN), VALIDATION)


def test_a_paired_translator_without_pairs_says_so():
    with pytest.raises(ValueError, match="no pairs"):
        SIMPLE_TRANSLATORS["gene_slopes"]().fit(TRAIN.unpaired(), VALIDATION)


def test_swapped_data_translate_the_other_way():
    back = SIMPLE_TRANSLATORS["tissue_mean_shift"]().fit(TRAIN.swapped(), VALIDATION.swapped())
    there = SIMPLE_TRANSLATORS["tissue_mean_shift"]().fit(TRAIN, VALIDATION)
    X, tissue = TEST.tumor, TEST.tumor_tissue
    assert back.point(there.point(X, tissue), tissue) == pytest.approx(X)
    assert set(TISSUES) == set(back.tissues)
