"""Whether real and synthetic samples can be told apart.

A classifier is judged on samples it was not fitted on, in five folds. Compare equal numbers of
real and synthetic samples with the same classes: otherwise the classes give them away.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.neighbours import PairDistances, to_neighbour
from genex_kedro.metrics.samples import require_same_genes

N_FOLDS = 5
ROUNDS = 300


def adversarial_real(distances: PairDistances) -> float:
    """Share of real samples whose nearest other sample is real.

    Above .5 the synthetic samples leave places out where real ones are, or lie too widely spread
    around them. One half of :func:`adversarial_accuracy`, whose mean can be .5 by two errors that
    cancel out; equal numbers of samples are required there too.
    """
    _require_as_many(distances)
    return float((distances.between.min(axis=1) > to_neighbour(distances.within_real)).mean())


def adversarial_synthetic(distances: PairDistances) -> float:
    """Share of synthetic samples whose nearest other sample is synthetic; the other half.

    Below .5 they stand alone, nearer to some real sample than to each other; above it they crowd.
    """
    _require_as_many(distances)
    nearest = to_neighbour(distances.within_synthetic)
    return float((distances.between.min(axis=0) > nearest).mean())


def adversarial_accuracy(distances: PairDistances) -> float:
    """Nearest-neighbour adversarial accuracy (Yale et al. 2020, Neurocomputing 416, eq. 2).

    Mean of the share of real samples whose nearest other real sample is nearer than any
    synthetic one, and the share of synthetic samples likewise. .5 where the two cannot be told
    apart, 1 where they lie apart; near 0 each sample has a copy on the other side.

    Raises
    ------
    ValueError
        If the numbers of real and synthetic samples differ: .5 would mean nothing then.
    """
    return (adversarial_real(distances) + adversarial_synthetic(distances)) / 2


def logistic_auc(real: np.ndarray, synthetic: np.ndarray, seed: int = 0) -> float:
    """AUC of a logistic regression (L2, C = .01) on standardised genes, cross-validated.

    Linear: it sees means that differ, and no covariance.

    Below .5 the two kinds depend on each other, and it says nothing good: a copy lies in a
    fitting fold under the other label, or the synthetic samples keep the exact means of these
    real ones, from which the real samples left out then deviate the other way. Against unseen
    patients neither happens.

    Parameters
    ----------
    real, synthetic : ndarray, shape (n_samples, n_genes)
        At least five each.
    seed : int
        Of the folds.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    return _auc(model, real, synthetic, seed)


def trees_auc(
    real: np.ndarray, synthetic: np.ndarray, seed: int = 0, rounds: int = ROUNDS
) -> float:
    """AUC of gradient-boosted trees, cross-validated; arguments as :func:`logistic_auc`.

    300 rounds of trees with 8 leaves, a tenth of the genes offered at each split: on 2 x 648
    samples of RNAseqDB within .01 of the AUC of scikit-learn's defaults in half their time. 100
    such rounds miss up to .06. 64 bins a gene instead of 255 change it by less than another seed
    does and take less than half of the time (histograms of 969 genes outgrow the cache).

    Parameters
    ----------
    rounds : int
        Fewer are for tests of what is around it.
    """
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        max_leaf_nodes=8,
        max_features=0.1,
        max_bins=64,
        early_stopping=False,
        random_state=seed,
    )
    return _auc(model, real, synthetic, seed)


METRICS = (
    Metric("adversarial_accuracy", "target", (0.0, 1.0), 0.5, adversarial_accuracy),
    Metric("adversarial_real", "target", (0.0, 1.0), 0.5, adversarial_real),
    Metric("adversarial_synthetic", "target", (0.0, 1.0), 0.5, adversarial_synthetic),
    Metric("logistic_auc", "target", (0.0, 1.0), 0.5, logistic_auc),
    Metric("trees_auc", "target", (0.0, 1.0), 0.5, trees_auc),
)


def _require_as_many(distances: PairDistances) -> None:
    n_real, n_synthetic = distances.between.shape
    if n_real != n_synthetic:
        raise ValueError(f"{n_real} real and {n_synthetic} synthetic samples, expected as many")


def _auc(model: ClassifierMixin, real: np.ndarray, synthetic: np.ndarray, seed: int) -> float:
    require_same_genes(real, synthetic, least=N_FOLDS)
    expression = np.concatenate([real, synthetic])
    is_synthetic = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    score = cross_val_predict(model, expression, is_synthetic, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_synthetic, score[:, 1]))
