"""The atlas tells tissues and strangers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genex_kedro.models.atlas import Atlas, fit_atlas, from_trained_model, to_trained_model
from genex_kedro.models.simple.translators import kept


def people(n, seed, tissues=("kidney", "liver", "lung"), n_genes=80, shift=1.0):
    """Profiles of (tissue, condition) classes with five shared factors."""
    truth, rng = np.random.default_rng(5), np.random.default_rng(seed)
    loadings = truth.normal(size=(5, n_genes)) * 0.6
    centre = {t: truth.uniform(4, 8, n_genes) for t in ("kidney", "liver", "lung", "brain")}
    change = truth.normal(0, shift, n_genes)
    labels = [(t, c) for t in tissues for c in ("tumor", "normal") for _ in range(n)]
    tissue, condition = (np.array(side) for side in zip(*labels, strict=True))
    X = np.stack([centre[t] + change * (c == "tumor") for t, c in labels])
    X = X + rng.normal(size=(len(X), 5)) @ loadings + 0.4 * rng.normal(size=X.shape)
    return X.astype(np.float32), tissue, condition


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return fit_atlas(people(30, 0), people(60, 1), ["kidney", "liver", "lung"])


def test_tissues_of_unseen_patients_are_told_with_calibrated_certainty(atlas):
    X, tissue, _ = people(100, 2)
    p = atlas.probabilities(X)
    assert p.sum(1) == pytest.approx(1) and p.shape == (600, 3)
    assert (atlas.infer(X) == tissue).mean() > 0.99
    among = atlas.infer(X, among=["lung", "kidney"])
    assert set(among) == {"lung", "kidney"}
    with pytest.raises(ValueError, match="none of"):
        atlas.infer(X, among=["brain"])


def test_certainty_is_calibrated_where_tissues_overlap():
    rng = np.random.default_rng(0)

    def two(n):
        tissue = np.repeat(["a", "b"], n)
        X = rng.normal(size=(2 * n, 200)) + 0.05 * np.where(tissue == "a", 1, -1)[:, None]
        return X, tissue, np.full(2 * n, "tumor")

    overlap = fit_atlas(two(60), two(500), ["a", "b"])
    X, tissue, _ = two(500)
    p = overlap.probabilities(X)[:, 0]
    right = (overlap.infer(X) == tissue).mean()
    assert right < 0.9
    assert np.maximum(p, 1 - p).mean() == pytest.approx(right, abs=0.05)


def test_unseen_patients_are_near_and_strangers_far(atlas):
    X, _, _ = people(100, 3)
    assert (atlas.distance(X) > 1).mean() < 0.05
    brain, _, _ = people(20, 4, tissues=("brain",))
    assert (atlas.distance(brain) > 1).all()
    assert (atlas.distance(X * 0.5) > 1).all(), "another scale"


def test_a_typical_profile_is_the_mean_of_its_class_and_else_of_all(atlas):
    X, tissue, condition = people(30, 0)
    of_class = X[(tissue == "lung") & (condition == "tumor")].mean(0)
    typical = atlas.typical(np.array(["lung", "brain"]))
    assert typical[0] == pytest.approx(of_class, abs=1e-3)
    assert typical[1] == pytest.approx(X.mean(0), abs=1e-3)


def test_an_atlas_is_kept_and_read_back(atlas):
    genes = pd.DataFrame(index=[f"G{i}" for i in range(80)])
    back = from_trained_model(to_trained_model(atlas, genes, {"seed": 0}))
    X, _, _ = people(5, 6)
    assert back.tissues == atlas.tissues and back.classes == atlas.classes
    assert back.distance(X) == pytest.approx(atlas.distance(X), rel=1e-3)
    assert back.probabilities(X) == pytest.approx(atlas.probabilities(X), abs=1e-3)
    with pytest.raises(ValueError, match="atlas"):
        kept.from_trained_model(to_trained_model(atlas, genes, {}))


def test_one_tissue_needs_no_telling_apart():
    alone = fit_atlas(people(10, 0, ("lung",)), people(10, 1, ("lung",)), ["lung"])
    X, _, _ = people(5, 2, ("lung",))
    assert (alone.infer(X) == "lung").all() and alone.probabilities(X) == pytest.approx(1)
