"""What translations are compared with: the test samples of a study, their pairs, real normals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.study.fits import part_of
from genex_kedro.study.translation.cohort import find_pairs
from genex_kedro.transforms import Standardiser


@dataclass(frozen=True)
class Truth:
    """The test samples of a study as translations are compared with them.

    Parameters
    ----------
    obs : DataFrame
        Of the test samples, in order.
    measured : ndarray, shape (n_test, n_genes)
        log2(x+1); NaN where a value was filled in.
    given : ndarray, shape (n_test, n_genes)
        What translators were given.
    tumor, normal : ndarray of int, shape (n_pairs,)
        Positions of the pairs; a normal comes again for every tumor of its patient.
    normals, normal_tissue : ndarray
        The training normals.
    scaler : Standardiser
        By the training normals.
    autosomal : ndarray of bool, shape (n_genes,)
        Genes on neither X nor Y.
    group : ndarray of str, shape (n_test,)
        Who a patient is compared with: tissue and cohort of each test sample.
    """

    obs: pd.DataFrame
    measured: np.ndarray
    given: np.ndarray
    tumor: np.ndarray
    normal: np.ndarray
    normals: np.ndarray
    normal_tissue: np.ndarray
    scaler: Standardiser
    autosomal: np.ndarray
    group: np.ndarray

    @classmethod
    def of(cls, study: AnnData, autosomal: np.ndarray) -> Truth:
        """From a study with ``obs["split"]``, and ``layers["imputed"]`` if values were filled in."""
        test = study[part_of(study, "test")]
        measured = np.array(test.X, np.float32)
        if "imputed" in test.layers:
            measured[np.asarray(test.layers["imputed"])] = np.nan
        training_normals = part_of(study, "train") & (study.obs["condition"] == "normal").to_numpy()
        normals = np.asarray(study.X[training_normals])
        tissue = study.obs["tissue"].astype(str).to_numpy(str)[training_normals]
        group = test.obs["tissue"].astype(str) + "/" + test.obs["cohort"].astype(str)
        return cls(
            test.obs, measured, np.asarray(test.X), *find_pairs(test.obs), normals, tissue,
            Standardiser.fit(normals, "per_gene"), autosomal, group.to_numpy(str),
        )  # fmt: skip

    @property
    def is_tumor(self) -> np.ndarray:
        return (self.obs["condition"] == "tumor").to_numpy()

    @property
    def tissue(self) -> np.ndarray:
        """Of each test sample, str, (n_test,)."""
        return self.obs["tissue"].astype(str).to_numpy(str)

    def only(self, chosen: np.ndarray) -> Truth:
        """The same with the pairs whose tumor is chosen; bool, (n_test,)."""
        keep = chosen[self.tumor]
        return replace(self, tumor=self.tumor[keep], normal=self.normal[keep])
