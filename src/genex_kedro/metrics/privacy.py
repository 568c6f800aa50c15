"""Whether synthetic samples give away who was in the training data.

Everything is measured against *held-out* real samples of other patients: what is as near to
strangers as to training samples gives nothing away. Distances are (n_synthetic, n_real) here.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from genex_kedro.metrics.base import Metric

FALSE_POSITIVES = 0.01


def closest_record_ratio(to_training: np.ndarray, held_out_to_training: np.ndarray) -> float:
    """Median distance to the closest training sample, over that of held-out real samples.

    1 for new real samples, 0 for copies. Samples without noise lie near the middle of their
    class and come out below 1 without giving anyone away.

    Parameters
    ----------
    to_training : ndarray, shape (n_synthetic, n_training)
    held_out_to_training : ndarray, shape (n_held_out, n_training)
    """
    return float(np.median(to_training.min(axis=1)) / np.median(held_out_to_training.min(axis=1)))


def nearest_in_training(to_training: np.ndarray, to_held_out: np.ndarray) -> float:
    """How much more often than by chance the closest real sample is a training sample.

    The closest of n training and m held-out samples is a training sample with chance
    n / (n + m) if they are alike. The share found is put on a scale where that chance is 0 and
    all is 1, so that unequal numbers need no subsampling. 1 for copies.

    Parameters
    ----------
    to_training : ndarray, shape (n_synthetic, n_training)
    to_held_out : ndarray, shape (n_synthetic, n_held_out)
    """
    n, m = to_training.shape[1], to_held_out.shape[1]
    share = (to_training.min(axis=1) < to_held_out.min(axis=1)).mean()
    return float(1 - (1 - share) * (n + m) / m)


def neighbour_distance_ratio(to_training: np.ndarray, held_out_to_training: np.ndarray) -> float:
    """Median of nearest over second-nearest distance to training, over that of held-out reals.

    1 for new real samples; 0 for copies, which have one neighbour like no other.
    """
    synthetic, held_out = (_nearest_two(d) for d in (to_training, held_out_to_training))
    return float(np.median(synthetic) / np.median(held_out))


def membership_scores_gan_leaks(to_synthetic: np.ndarray) -> np.ndarray:
    """GAN-leaks (Chen et al. 2020, section 5.1): minus the distance to the closest synthetic.

    Parameters
    ----------
    to_synthetic : ndarray, shape (n_candidates, n_synthetic)

    Returns
    -------
    ndarray, shape (n_candidates,)
        Higher for likelier members of the training data.
    """
    return -to_synthetic.min(axis=1)


def membership_scores_domias(to_synthetic: np.ndarray, to_reference: np.ndarray) -> np.ndarray:
    """DOMIAS (van Breugel et al. 2023): synthetic density over real density at each candidate.

    A candidate where the generator is denser than the population is likelier a member. The
    densities are those of the nearest neighbour (Loftsgaarden and Quesenberry 1965), each
    proportional to 1 / r^d, so that their ratio is ordered as log(r_reference / r_synthetic)
    whatever the dimension; kernel densities would need a bandwidth at 969 genes.

    Parameters
    ----------
    to_synthetic : ndarray, shape (n_candidates, n_synthetic)
    to_reference : ndarray, shape (n_candidates, n_reference)
        To real samples that are neither training samples nor candidates.
    """
    radii = (d.min(axis=1) for d in (to_reference, to_synthetic))
    reference, synthetic = (np.log(np.maximum(radius, 1e-12)) for radius in radii)
    return reference - synthetic


def membership_auc(members: np.ndarray, strangers: np.ndarray) -> float:
    """AUC of telling training samples from held-out ones by their scores; .5 gives nothing away.

    Parameters
    ----------
    members, strangers : ndarray, shape (n,)
        Scores of :func:`membership_scores_gan_leaks` or :func:`membership_scores_domias`.
    """
    return float(roc_auc_score(*_labelled(members, strangers)))


def membership_tpr(members: np.ndarray, strangers: np.ndarray) -> float:
    """Share of members found at no more than 1 % false positives (Carlini et al. 2022).

    .01 by guessing. Fewer than 100 strangers allow no false positive at all.
    """
    false, true, _ = roc_curve(*_labelled(members, strangers), drop_intermediate=False)
    return float(true[false <= FALSE_POSITIVES].max())


METRICS = (
    Metric("closest_record_ratio", "target", (0.0, np.inf), 1.0, closest_record_ratio),
    Metric("nearest_in_training", "target", (-np.inf, 1.0), 0.0, nearest_in_training),
    Metric("neighbour_distance_ratio", "target", (0.0, np.inf), 1.0, neighbour_distance_ratio),
    Metric("membership_auc", "target", (0.0, 1.0), 0.5, membership_auc),
    Metric("membership_tpr", "lower", (0.0, 1.0), FALSE_POSITIVES, membership_tpr),
)


def _nearest_two(distances: np.ndarray) -> np.ndarray:
    first, second = np.partition(distances, 1, axis=1)[:, :2].T
    return np.divide(first, second, out=np.zeros_like(first), where=second > 0)


def _labelled(members: np.ndarray, strangers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_member = np.repeat([1, 0], [len(members), len(strangers)])
    return is_member, np.concatenate([members, strangers])
