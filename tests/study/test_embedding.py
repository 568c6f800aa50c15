"""Planes of real and synthetic samples, and the paper's settings handed on."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.study.generation.embedding import EmbeddingSettings, embed_together


def cohort(n, seed, **uns):
    rng = np.random.default_rng(seed)
    tissue = np.resize(["liver", "lung"], n)
    X = rng.normal(size=(n, 30)) + 8 * (tissue == "lung")[:, None]
    obs = pd.DataFrame({"tissue": tissue, "condition": "normal", "split": "train"}, index=map(str, range(n)))  # fmt: skip
    found = AnnData(X.astype(np.float32), obs)
    found.uns |= {"seed": 3, **uns}
    return found


@pytest.mark.parametrize("method", ["pca", pytest.param("umap", marks=pytest.mark.slow)])
def test_planted_tissues_lie_apart_and_real_and_synthetic_together(method):
    settings = EmbeddingSettings(method=method, n_neighbors=15)
    plane = embed_together(cohort(40, 0), [cohort(30, 1, model="cvae/best")], settings)
    assert plane["kind"].value_counts().to_dict() == {"real": 40, "synthetic": 30}
    assert set(plane["seed"]) == {3}
    centre = plane.groupby(["tissue", "kind"])[["x", "y"]].mean()
    tissues = np.linalg.norm(centre.loc["liver"] - centre.loc["lung"], axis=1)
    kinds = centre.xs("real", level="kind") - centre.xs("synthetic", level="kind")
    assert tissues.min() > 3 * np.linalg.norm(kinds, axis=1).max()
    again = embed_together(cohort(40, 0), [cohort(30, 1, model="cvae/best")], settings)
    pd.testing.assert_frame_equal(plane, again)


def test_umap_gets_the_papers_settings_and_no_more_neighbours_than_there_are(monkeypatch):
    asked = {}

    def umap(**settings):
        asked.update(settings)
        return SimpleNamespace(fit_transform=lambda values: values[:, :2])

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=umap))
    plane = embed_together(cohort(40, 0), [cohort(30, 1, model="cvae/best")], EmbeddingSettings())
    assert asked == {"n_neighbors": 69, "min_dist": 0.7, "random_state": 0, "n_jobs": 1}
    assert plane["method"].iloc[0] == "UMAP, n_neighbors 69 (600 asked, 70 samples), min_dist 0.7"
    assert EmbeddingSettings().said(2000) == "UMAP, n_neighbors 600, min_dist 0.7"
