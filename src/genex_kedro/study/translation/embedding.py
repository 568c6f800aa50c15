"""Tumors, their own normals and what translators make of them, on one plane."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.study.fits import part_of
from genex_kedro.study.translation.cohort import find_pairs
from genex_kedro.transforms import Standardiser


class TranslationEmbeddingSettings(BaseModel):
    """Which translators are drawn, and the t-SNE of Figures 3 and 4 of paper 000."""

    model_config = ConfigDict(extra="forbid")
    models: tuple[str, ...] = Field(min_length=1)
    perplexity: float = Field(default=30, gt=1)
    seed: int = 0


def embed(
    study: AnnData, translated: list[AnnData], settings: TranslationEmbeddingSettings
) -> pd.DataFrame:
    """t-SNE of the test samples together with each translator's draws for the tumors.

    A plane per translator, of all test tumors and normals and its outputs for the tumors, on
    genes standardised by the training samples and reduced to 50 principal components.

    Returns
    -------
    DataFrame
        ``model, x, y, kind`` (``tumor``, ``normal`` or ``made``), ``cohort``, ``tissue``, and
        ``pair``: the number that a normal, its patient's tumors and what was made of them share,
        -1 for none.
    """
    test = study[part_of(study, "test")]
    scaler = Standardiser.fit(np.asarray(study.X[part_of(study, "train")]), "per_gene")
    is_tumor = (test.obs["condition"] == "tumor").to_numpy()
    number = np.full(test.n_obs, -1)
    tumor, normal = find_pairs(test.obs)
    number[normal] = number[tumor] = np.unique(normal, return_inverse=True)[1]
    labels = test.obs[["cohort", "tissue"]].astype(str)
    labels["kind"] = np.where(is_tumor, "tumor", "normal")
    labels["pair"] = number
    tables = []
    for cohort in translated:
        layer = "normal_draw" if "normal_draw" in cohort.layers else "normal"
        made = labels[is_tumor].assign(kind="made")
        values = np.concatenate([np.asarray(test.X), np.asarray(cohort.layers[layer])[is_tumor]])
        points = _plane(scaler.apply(values), settings)
        table = pd.concat([labels, made], ignore_index=True)
        tables.append(table.assign(x=points[:, 0], y=points[:, 1], model=cohort.uns["model"]))
    columns = ["model", "x", "y", "kind", "cohort", "tissue", "pair"]
    return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)


def _plane(values: np.ndarray, settings: TranslationEmbeddingSettings) -> np.ndarray:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    n = min(50, *values.shape)
    reduced = PCA(n, random_state=settings.seed).fit_transform(values)
    perplexity = min(settings.perplexity, (len(values) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=settings.seed).fit_transform(
        reduced
    )
