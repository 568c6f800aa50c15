"""Everything a generator is judged by, in one table row.

Fairness before all: wherever the number of samples matters (nearest neighbours, classifiers,
correlations, differential genes) as many synthetic as real samples of each class are compared
(:func:`genex_kedro.metrics.samples.match_classes`). ``_train`` stands for a comparison with the
samples that the generator has seen, where copying is rewarded, ``_test`` for one with unseen
patients. Neighbours are sought among genes standardised by the training samples.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from genex_kedro.metrics import (
    correlation,
    dendrogram,
    detectability,
    differential,
    discrepancy,
    manifold,
    marginals,
    privacy,
    utility,
)
from genex_kedro.metrics.generator_metrics import ATTACKS, METRICS
from genex_kedro.metrics.neighbours import pair_distances
from genex_kedro.metrics.samples import Samples, match_classes, require_same_genes


def score_generator(
    train: Samples,
    test: Samples,
    synthetic: Samples,
    seed: int,
    reference: Samples | None = None,
    rounds: int = detectability.ROUNDS,
    against_train: bool = True,
) -> dict[str, float]:
    """All scores of one generator.

    Parameters
    ----------
    train : Samples
        What the generator was trained on.
    test : Samples
        Real samples of other patients, which nothing was chosen by.
    synthetic : Samples
        The generator's, with the labels it was asked for; as many as training samples, of the
        same classes, uses all data.
    seed : int
        Of matching, folds and trees; the same seed gives the same scores.
    reference : Samples, optional
        Real samples of yet other patients (the validation part), the population that DOMIAS
        compares with. None takes half of the test samples of each class for it, and only the
        other half as strangers.
    rounds : int
        Of the boosted trees; fewer find less.
    against_train : bool
        False leaves out (as NaN) what compares with training samples and what asks for privacy:
        for training samples in the place of synthetic ones, which would meet themselves.

    Returns
    -------
    dict of str to float
        One value per metric of :data:`METRICS`, under its name.

    Raises
    ------
    ValueError
        Genes differ, values are not finite, or no class is in common.
    """
    for other in (test, synthetic) if reference is None else (test, synthetic, reference):
        require_same_genes(train.expression, other.expression)
    rng = np.random.default_rng(seed)
    seen, like_train = match_classes(train, synthetic, rng)
    unseen, like_test = match_classes(test, synthetic, rng)
    scale = _Standardised(train)
    scores = dict.fromkeys((metric.name for metric in METRICS), np.nan)
    scores |= _fidelity(unseen, like_test) | _all_samples(test, synthetic)
    scores |= _against(unseen, like_test, scale, seed, rounds, "test")
    scores |= _utility(train, test, synthetic) | _biology(unseen, like_test)
    if against_train:
        scores |= _against(seen, like_train, scale, seed, rounds, "train")
        scores |= _privacy(train, test, synthetic, reference, scale, rng)
    return scores


class _Standardised:
    """Genes by the mean and standard deviation of the training samples, and their components."""

    def __init__(self, train: Samples) -> None:
        x = np.asarray(train.expression, np.float64)
        sd = x.std(axis=0)
        self.mean, self.sd = x.mean(axis=0), np.where(sd > 1e-6, sd, 1)
        self.components = discrepancy.principal_space(self(train))

    def __call__(self, samples: Samples) -> np.ndarray:
        return (np.asarray(samples.expression, np.float64) - self.mean) / self.sd


def _fidelity(real: Samples, synthetic: Samples) -> dict[str, float]:
    pair = real.expression, synthetic.expression
    agreement = correlation.correlation_agreement(*pair)
    tree = dendrogram.tree_agreement(*pair)
    classes = real.classes, synthetic.classes
    return {
        "gamma": agreement.gamma,
        "correlation_slope": agreement.slope,
        "correlation_rmse": agreement.rmse,
        "gamma_within_class": correlation.gamma_within_class(*pair, *classes),
        "s_dend": tree.s_dend,
        "s_sdcc": tree.s_sdcc,
        **{metric.name: metric(*pair) for metric in marginals.METRICS},
        **{metric.name: metric(*pair, *classes) for metric in marginals.WITHIN_CLASS},
    }


def _all_samples(test: Samples, synthetic: Samples) -> dict[str, float]:
    """Gamma of all synthetic samples, whose correlations are less noisy than those of a part."""
    pair = test.expression, synthetic.expression
    agreement = correlation.correlation_agreement(*pair)
    within = correlation.gamma_within_class(*pair, test.classes, synthetic.classes)
    return {
        "gamma_all": agreement.gamma,
        "correlation_slope_all": agreement.slope,
        "correlation_rmse_all": agreement.rmse,
        "gamma_within_class_all": within,
    }


def _against(
    real: Samples, synthetic: Samples, scale: _Standardised, seed: int, rounds: int, part: str
) -> dict[str, float]:
    """Distances, neighbours and classifiers of equal numbers of real and synthetic samples."""
    pair = scale(real), scale(synthetic)
    distances = pair_distances(*pair)
    scores = {
        **{metric.name: metric(distances) for metric in manifold.METRICS},
        "mmd": discrepancy.mmd(distances),
        "frechet": discrepancy.frechet(*(scale.components.transform(x) for x in pair)),
        "adversarial_accuracy": detectability.adversarial_accuracy(distances),
        "adversarial_real": detectability.adversarial_real(distances),
        "adversarial_synthetic": detectability.adversarial_synthetic(distances),
        "logistic_auc": detectability.logistic_auc(*pair, seed),
        "trees_auc": detectability.trees_auc(*pair, seed, rounds),
    }
    return {f"{name}_{part}": value for name, value in scores.items()}


def _utility(train: Samples, test: Samples, synthetic: Samples) -> dict[str, float]:
    """NaN for a label of which there is one value only (a cohort of one tissue)."""
    scores = {}
    for label in utility.LABELS:
        defined = all(len(np.unique(getattr(s, label))) > 1 for s in (synthetic, train))
        for metric in utility.METRICS:
            measure = metric.name.removeprefix("transfer_")
            tstr, trtr = (
                metric(samples, test, label) if defined else np.nan
                for samples in (synthetic, train)
            )
            scores |= {
                f"tstr_{label}_{measure}": tstr,
                f"trtr_{label}_{measure}": trtr,
                f"tstr_over_trtr_{label}_{measure}": tstr / trtr,
            }
    return scores


def _biology(real: Samples, synthetic: Samples) -> dict[str, float]:
    found = differential.differential_agreement(real, synthetic)
    values = (found.recall, found.precision, found.sign_agreement, found.fold_change_correlation)
    return {metric.name: value for metric, value in zip(differential.METRICS, values, strict=True)}


def _privacy(
    train: Samples,
    test: Samples,
    synthetic: Samples,
    reference: Samples | None,
    scale: _Standardised,
    rng: np.random.Generator,
) -> dict[str, float]:
    members, held_out, made = scale(train), scale(test), scale(synthetic)
    to_train, to_test = euclidean_distances(made, members), euclidean_distances(made, held_out)
    between_real = euclidean_distances(held_out, members)
    strangers = np.ones(len(test), dtype=bool)
    if reference is None:
        strangers = _half(test.classes, rng)
        population = held_out[~strangers]
    else:
        population = scale(reference)
    attacks: dict[str, list[np.ndarray]] = {name: [] for name in ATTACKS}
    for candidates, to_made in ((members, to_train.T), (held_out[strangers], to_test.T[strangers])):
        to_population = euclidean_distances(candidates, population)
        attacks["gan_leaks"].append(privacy.membership_scores_gan_leaks(to_made))
        attacks["domias"].append(privacy.membership_scores_domias(to_made, to_population))
    scores = {
        "closest_record_ratio": privacy.closest_record_ratio(to_train, between_real),
        "nearest_in_training": privacy.nearest_in_training(to_train, to_test),
        "neighbour_distance_ratio": privacy.neighbour_distance_ratio(to_train, between_real),
    }
    for name, found in attacks.items():
        scores[f"{name}_auc"] = privacy.membership_auc(*found)
        scores[f"{name}_tpr"] = privacy.membership_tpr(*found)
    return scores


def _half(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random half of every class, as a mask."""
    chosen = np.zeros(len(classes), dtype=bool)
    for name in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == name))
        chosen[rows[: (len(rows) + 1) // 2]] = True
    return chosen
