"""From a study to translators of its tumors: what they learn from, and what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from anndata import AnnData

from genex_kedro.models.simple.translators import SimpleTranslator, TranslationData
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.translation.cohort import find_pairs


def translation_data(study: AnnData, part: str, least: int = 1) -> TranslationData:
    """Tumors, normals and pairs of one part of a study.

    Parameters
    ----------
    study : AnnData with ``obs["split"]``
    part : {"train", "validation", "test"}
    least : int
        In training: a tissue's tumors, or normals, are left out if there are fewer.
    """
    chosen = study[part_of(study, part)]
    tissue = chosen.obs["tissue"].astype(str).to_numpy(str)
    is_tumor = (chosen.obs["condition"] == "tumor").to_numpy()
    keep = np.ones(chosen.n_obs, dtype=bool)
    if part == "train":
        for side in (is_tumor, ~is_tumor):
            names, counts = np.unique(tissue[side], return_counts=True)
            keep &= ~(side & np.isin(tissue, names[counts < least]))
    tumor, normal = np.flatnonzero(is_tumor & keep), np.flatnonzero(~is_tumor & keep)
    X = np.asarray(chosen.X)
    pairs = [
        (at_tumor, at_normal)
        for at_tumor, at_normal in zip(*find_pairs(chosen.obs), strict=True)
        if keep[at_tumor] and keep[at_normal]
    ]
    first, second = (
        np.array(side, dtype=int) for side in (zip(*pairs, strict=True) if pairs else ((), ()))
    )
    return TranslationData(
        X[tumor], tissue[tumor], X[normal], tissue[normal],
        (np.searchsorted(tumor, first), np.searchsorted(normal, second)),
    )  # fmt: skip


def why_not(training: TranslationData, paired: bool = False) -> str | None:
    """Why nothing can be fitted on these samples, or None if it can."""
    if not set(training.tumor_tissue) & set(training.normal_tissue):
        return "no tissue with enough tumors and normals in training (translators.least)"
    if paired and len(training.pairs[0]) < 2:
        return f"{len(training.pairs[0])} training patients with a tumor and a normal, 2 needed"
    return None


def atlas_of(study: AnnData, training: TranslationData):
    """The :class:`~genex_kedro.models.atlas.Atlas` of a study; it tells tissues with normals."""
    from genex_kedro.models.atlas import fit_atlas

    def samples(part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chosen = study[part_of(study, part)]
        labels = (chosen.obs[c].astype(str).to_numpy(str) for c in ("tissue", "condition"))
        return np.asarray(chosen.X), *labels

    tissues = np.unique(np.concatenate([training.normal_tissue, training.tumor_tissue]))
    known = [t for t in tissues if t in set(training.normal_tissue)]
    return fit_atlas(samples("train"), samples("validation"), known)


def known_tissue(
    given: np.ndarray, known: Sequence[str], expression: np.ndarray, atlas
) -> np.ndarray:
    """The tissue as given where the translator knows it, else as inferred; str, (n_samples,)."""
    given = np.asarray(given, dtype=str)
    unknown = ~np.isin(given, list(known))
    tissue = given.astype(object)
    if unknown.any():
        tissue[unknown] = atlas.infer(expression[unknown], known)
    return tissue.astype(str)


@dataclass
class BothWays:
    """A translator of tumors into normals and its like for the way back.

    Parameters
    ----------
    there, back : SimpleTranslator
    """

    there: SimpleTranslator
    back: SimpleTranslator

    @classmethod
    def fit(
        cls,
        make: Callable[[], SimpleTranslator],
        training: TranslationData,
        validation: TranslationData,
    ) -> BothWays:
        """Two fits, the second with tumors and normals in each other's place."""
        back = make().fit(training.swapped(), validation.swapped())
        return cls(make().fit(training, validation), back)

    def layers(self, test: AnnData, atlas) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Every layer of a translated cohort, and the tissues that were inferred.

        Parameters
        ----------
        test : AnnData
            The test samples of a study.
        atlas : Atlas

        Returns
        -------
        layers : dict of ndarray, shape (n_test, n_genes)
        inferred : ndarray of str, shape (n_test,)
        """
        X = np.asarray(test.X)
        label = test.obs["tissue"].astype(str).to_numpy(str)
        given = known_tissue(label, self.there.tissues, X, atlas)
        inferred = atlas.infer(X, self.there.tissues)
        layers = {}
        for number, (suffix, tissue) in enumerate((("", given), ("_blind", inferred))):
            generator = np.random.default_rng([seed_of(test), number])
            layers[f"normal{suffix}"] = self.there.point(X, tissue)
            layers[f"normal{suffix}_draw"] = self.there.draw(X, tissue, generator)
        as_tumor = known_tissue(label, self.back.tissues, X, atlas)
        layers["tumor"] = self.back.point(X, as_tumor)
        round_trip = self.back.point(np.maximum(layers["normal"], 0), as_tumor)
        other_way = self.there.point(np.maximum(layers["tumor"], 0), given)
        is_tumor = (test.obs["condition"] == "tumor").to_numpy()[:, None]
        layers["cycle"] = np.where(is_tumor, round_trip, other_way)
        return layers, inferred
