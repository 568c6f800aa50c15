"""Real and synthetic samples in one plane, as paper 001 shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.study.fits import seed_of
from genex_kedro.transforms import Standardiser

REAL, SYNTHETIC = "real", "synthetic"


class EmbeddingSettings(BaseModel):
    """How the plane is made; the defaults are paper 001's.

    ``pca`` is there for machines on which umap-learn's half a minute of compilation is too much.
    """

    model_config = ConfigDict(extra="forbid")
    method: Literal["umap", "pca"] = "umap"
    n_neighbors: int = Field(default=600, ge=2)
    min_dist: float = Field(default=0.7, ge=0, le=1)
    seed: int = 0

    def said(self, n_samples: int) -> str:
        """What a caption says of the method for so many samples."""
        if self.method == "pca":
            return "two principal components"
        used = self.neighbours(n_samples)
        capped = "" if used == self.n_neighbors else f" ({self.n_neighbors} asked, {n_samples} samples)"  # fmt: skip
        return f"UMAP, n_neighbors {used}{capped}, min_dist {self.min_dist:g}"

    def neighbours(self, n_samples: int) -> int:
        """No more neighbours than there are other samples."""
        return min(self.n_neighbors, n_samples - 1)


def embed_together(
    study: AnnData, synthetic: Sequence[AnnData], settings: EmbeddingSettings
) -> pd.DataFrame:
    """All real samples of a study and those of each generator in a plane of their own.

    Real and synthetic samples are embedded *jointly*, as in the paper: a plane fitted to real
    samples alone would have no place for what is unlike them. Genes are standardised by the
    training samples first.

    Parameters
    ----------
    study : AnnData with ``obs["split"]``
    synthetic : sequence of AnnData
        One a generator.
    settings : EmbeddingSettings

    Returns
    -------
    DataFrame
        ``model, seed, kind, tissue, condition, x, y, method``: a row per sample and generator.
    """
    train = (study.obs["split"] == "train").to_numpy()
    scale = Standardiser.fit(study.X[train], "per_gene")
    tables = []
    for cohort in synthetic:
        both = np.concatenate([scale.apply(np.asarray(part.X)) for part in (study, cohort)])
        labels = pd.concat(
            [part.obs[["tissue", "condition"]].astype(str) for part in (study, cohort)]
        )
        x, y = _plane(both, settings).T
        tables.append(
            labels.reset_index(drop=True).assign(
                model=str(cohort.uns["model"]),
                seed=seed_of(study),
                kind=np.repeat([REAL, SYNTHETIC], [study.n_obs, cohort.n_obs]),
                x=x,
                y=y,
                method=settings.said(len(both)),
            )
        )
    return pd.concat(tables, ignore_index=True)


def _plane(values: np.ndarray, settings: EmbeddingSettings) -> np.ndarray:
    if settings.method == "pca":
        from sklearn.decomposition import PCA

        return PCA(2, random_state=settings.seed).fit_transform(values)
    from umap import UMAP  # imports and compiles for some twenty seconds

    plane = UMAP(
        n_neighbors=settings.neighbours(len(values)),
        min_dist=settings.min_dist,
        random_state=settings.seed,
        n_jobs=1,  # what a seed asks for anyway, with a warning
    )
    return plane.fit_transform(values)
