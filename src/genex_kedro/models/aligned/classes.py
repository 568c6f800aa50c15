"""Samples with their labels, and which classes are large enough to learn a mean of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

LEAST_OF_A_CLASS = 3  # the mean of one is that sample; of two, with their one axis, both
OTHERS = ""  # the smaller cohorts of a tissue, taken together


@dataclass(frozen=True)
class Labelled:
    """Tumors or normals with their labels.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
    tissue, cohort : ndarray of str, shape (n_samples,)
        A cohort is a group within a tissue (a TCGA code); where there is none, the tissue.
    """

    expression: np.ndarray
    tissue: np.ndarray
    cohort: np.ndarray

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The class of each sample."""
        return list(zip(self.tissue, self.cohort, strict=True))


def large_enough(tissue: np.ndarray, cohort: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cohorts of tumors, or of normals, whose mean gives no single sample away.

    Cohorts of fewer than :data:`LEAST_OF_A_CLASS` samples are one class with the others such
    of their tissue. Where that is too small still, its samples are to be left out of everything:
    a share of them in the mean of the tissue could be had back from the means of its other classes.

    Parameters
    ----------
    tissue, cohort : ndarray of str, shape (n_samples,)

    Returns
    -------
    cohort : ndarray of str, shape (n_samples,)
    keep : ndarray of bool, shape (n_samples,)
    """
    cohort = np.where(_sizes(tissue, cohort) < LEAST_OF_A_CLASS, OTHERS, cohort)
    return cohort, _sizes(tissue, cohort) >= LEAST_OF_A_CLASS


def learnable(samples: Labelled) -> tuple[Labelled, np.ndarray]:
    """The samples of classes that are :func:`large_enough`, and which (n_samples,) they are."""
    cohort, keep = large_enough(samples.tissue, samples.cohort)
    return Labelled(samples.expression[keep], samples.tissue[keep], cohort[keep]), keep


def pairs_among(
    pairs: tuple[np.ndarray, np.ndarray], tumors: np.ndarray, normals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of which both are kept, as positions among what is kept.

    Parameters
    ----------
    pairs : tuple of ndarray of int, shape (n_pairs,)
    tumors, normals : ndarray of bool
        Which of them are kept.
    """
    tumor, normal = pairs
    both = tumors[tumor] & normals[normal]
    return np.cumsum(tumors)[tumor[both]] - 1, np.cumsum(normals)[normal[both]] - 1


def _sizes(tissue: np.ndarray, cohort: np.ndarray) -> np.ndarray:
    """How many samples are of each sample's class, shape (n_samples,)."""
    keys = list(zip(tissue, cohort, strict=True))
    count = Counter(keys)
    return np.array([count[key] for key in keys], dtype=int)
