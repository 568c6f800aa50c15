"""Whether synthetic tumors differ from synthetic normals as real ones do, tissue by tissue.

A gene is called different at a Benjamini-Hochberg adjusted p below .05 of Welch's t-test of
tumors against normals of one tissue, on log2(x+1); its log2 fold change is the difference of
the means. Called genes depend on the number of samples: compare equal numbers per class.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control, ttest_ind

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.samples import Samples, require_same_genes

Q = 0.05
N_TOP = 100
_LEAST = 3  # samples of each condition: Welch's degrees of freedom need a variance on each side


@dataclass(frozen=True)
class Differences:
    """Tumor against normal in one tissue.

    Parameters
    ----------
    log2_fold_change : ndarray, shape (n_genes,)
        Mean of tumors minus mean of normals.
    q : ndarray, shape (n_genes,)
        Adjusted p values.
    """

    log2_fold_change: np.ndarray
    q: np.ndarray


@dataclass(frozen=True)
class DifferentialAgreement:
    """Means over tissues; NaN where no tissue has three tumors and three normals on both sides.

    Parameters
    ----------
    recall : float
        Share of the real top genes (the 100 smallest p among those called) that are called in
        the synthetic samples too, with the same sign.
    precision : float
        Share of genes called in the synthetic samples that are called in the real ones. Samples
        with too little spread call every gene and keep a full recall: this gives them away.
    sign_agreement : float
        Share of the real top genes whose fold change has the same sign.
    fold_change_correlation : float
        Pearson correlation of the log2 fold changes over all genes.
    """

    recall: float
    precision: float
    sign_agreement: float
    fold_change_correlation: float


def differences(tumor: np.ndarray, normal: np.ndarray) -> Differences:
    """Welch's t-test per gene with Benjamini-Hochberg adjustment.

    A gene that is constant in both conditions has p 1 if the two values agree, 0 if not.

    Parameters
    ----------
    tumor, normal : ndarray, shape (n_samples, n_genes)
    """
    require_same_genes(tumor, normal)
    tumor, normal = np.asarray(tumor, np.float64), np.asarray(normal, np.float64)
    change = tumor.mean(axis=0) - normal.mean(axis=0)
    constant = (np.ptp(tumor, axis=0) < 1e-6) & (np.ptp(normal, axis=0) < 1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # constant genes, settled below
        p = ttest_ind(tumor, normal, axis=0, equal_var=False).pvalue
    p = np.where(constant, np.abs(change) < 1e-6, p)
    return Differences(change, false_discovery_control(p))


def differential_agreement(
    real: Samples, synthetic: Samples, n_top: int = N_TOP
) -> DifferentialAgreement:
    """All four comparisons at once; see :class:`DifferentialAgreement`."""
    found = [_compare(*pair, n_top) for pair in _by_tissue(real, synthetic)]
    if not found:
        return DifferentialAgreement(*[float("nan")] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a measure that no tissue defines
        return DifferentialAgreement(*(float(v) for v in np.nanmean(found, axis=0)))


def differential_recall(real: Samples, synthetic: Samples) -> float:
    """``recall`` of :func:`differential_agreement`."""
    return differential_agreement(real, synthetic).recall


def differential_precision(real: Samples, synthetic: Samples) -> float:
    """``precision`` of :func:`differential_agreement`."""
    return differential_agreement(real, synthetic).precision


def sign_agreement(real: Samples, synthetic: Samples) -> float:
    """``sign_agreement`` of :func:`differential_agreement`."""
    return differential_agreement(real, synthetic).sign_agreement


def fold_change_correlation(real: Samples, synthetic: Samples) -> float:
    """``fold_change_correlation`` of :func:`differential_agreement`."""
    return differential_agreement(real, synthetic).fold_change_correlation


METRICS = (
    Metric("differential_recall", "higher", (0.0, 1.0), 1.0, differential_recall),
    Metric("differential_precision", "higher", (0.0, 1.0), 1.0, differential_precision),
    Metric("sign_agreement", "higher", (0.0, 1.0), 1.0, sign_agreement),
    Metric("fold_change_correlation", "higher", (-1.0, 1.0), 1.0, fold_change_correlation),
)


def _by_tissue(real: Samples, synthetic: Samples) -> Iterator[tuple[Differences, Differences]]:
    for tissue in np.unique(real.tissue):
        both = []
        for side in (real, synthetic):
            here = side.tissue == tissue
            parts = [side.expression[here & (side.condition == c)] for c in ("tumor", "normal")]
            if min(len(part) for part in parts) >= _LEAST:
                both.append(differences(*parts))
        if len(both) == 2:
            yield both[0], both[1]


def _compare(real: Differences, synthetic: Differences, n_top: int) -> tuple[float, ...]:
    called, called_synthetic = real.q < Q, synthetic.q < Q
    same_sign = np.sign(real.log2_fold_change) == np.sign(synthetic.log2_fold_change)
    top = np.argsort(real.q, kind="stable")[: min(n_top, called.sum())]
    spread = min(real.log2_fold_change.std(), synthetic.log2_fold_change.std())
    return (
        float((called_synthetic & same_sign)[top].mean()) if len(top) else np.nan,
        float(called[called_synthetic].mean()) if called_synthetic.any() else np.nan,
        float(same_sign[top].mean()) if len(top) else np.nan,
        float(np.corrcoef(real.log2_fold_change, synthetic.log2_fold_change)[0, 1])
        if spread > 1e-6
        else 0.0,
    )
