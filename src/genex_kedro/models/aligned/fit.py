"""The aligned translator fitted in closed form on unpaired tumors and normals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genex_kedro.models.aligned.classes import Labelled, learnable, pairs_among
from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.aligned.model import NOT_TOLD, Aligned, Classes
from genex_kedro.models.aligned.noise import class_noise
from genex_kedro.models.atlas import TEMPERATURES
from genex_kedro.models.simple.translators.regression import gene_slopes

LEAST_PAIRS = 20  # to set the reach by


@dataclass(frozen=True)
class Held:
    """Validation samples, by which numbers are chosen.

    Parameters
    ----------
    tumors, normals : Labelled
    pairs : tuple of ndarray of int
        Positions of tumors and of their patients' normals; may be empty.
    """

    tumors: Labelled
    normals: Labelled
    pairs: tuple[np.ndarray, np.ndarray]


def fit_aligned(
    config: AlignedConfig,
    tumors: Labelled,
    normals: Labelled,
    held: Held,
    pairs: tuple[np.ndarray, np.ndarray] | None = None,
) -> Aligned:
    """Fit on training samples; nothing is drawn, and without `pairs` none is asked for.

    Two numbers come from validation samples: the temperature of the inferred tissue, by
    likelihood, and how much of the residual is passed on, one number by least squares over
    validation pairs (``config.reach`` where they are fewer than :data:`LEAST_PAIRS`).
    Classes too small for a mean that is not their samples are merged or left out
    (:func:`genex_kedro.models.aligned.classes.large_enough`).

    Raises
    ------
    ValueError
        No tissue with enough of both tumors and normals, or no pairs where they are asked for.
    """
    (tumors, of_tumors), (normals, of_normals) = learnable(tumors), learnable(normals)
    if not set(tumors.tissue) & set(normals.tissue):
        raise ValueError("no tissue with enough tumors and normals to learn from")
    if pairs is not None:
        pairs = pairs_among(pairs, of_tumors, of_normals)
    classes, tumor_keys, normal_keys = _classes(tumors, normals)
    tumor_mean, tumor_rest = _class_means(tumors, tumor_keys[: len(set(tumors.keys))])
    own_mean, normal_rest = _class_means(normals, normal_keys)
    fitted = _means(config, tumors, normals, tumor_keys, tumor_mean)
    tumor_mean = fitted["tumor_mean"]
    fitted |= _alignment(config, np.concatenate([tumor_rest, normal_rest]))
    fitted |= _discriminants(config, fitted, np.concatenate([tumor_mean, own_mean]))
    fitted |= class_noise(config, normals.keys, normal_keys, normal_rest, tumor_keys)
    aligned = Aligned(
        config,
        classes,
        tumors.expression.shape[1],
        len(fitted["axes"]),
        len(fitted["noise_axes"]),
        fitted["class_axes"].shape[1],
    )
    aligned.load_state_dict(
        {k: torch.as_tensor(np.asarray(v), dtype=torch.float32) for k, v in fitted.items()}
    )
    _set_temperature(aligned, held)
    if config.paired:
        if pairs is None or not len(pairs[0]):
            raise ValueError("no pairs of a tumor and its patient's normal to learn from")
        slopes = _gene_slopes(tumor_rest[pairs[0]], normal_rest[pairs[1]], config.slope_prior)
        aligned.gene_gain.mul_(torch.as_tensor(slopes, dtype=torch.float32))
    _set_reach(aligned, tumor_rest, normal_rest, held)
    return aligned.eval()


def asks_pairs(aligned: Aligned, held: Held) -> bool:
    """Whether a number is set by validation pairs: there are :data:`LEAST_PAIRS` of its tissues."""
    return len(_pairs_seen(aligned, held)[0]) >= LEAST_PAIRS


def _classes(tumors: Labelled, normals: Labelled) -> tuple[Classes, list, list]:
    """The classes and their keys; last, a class of tumors for each tissue that has normals alone."""
    normal_keys = sorted(set(normals.keys))
    without = sorted({t for t, _ in normal_keys} - set(tumors.tissue))
    tumor_keys = sorted(set(tumors.keys)) + [(t, t) for t in without]
    tissues = tuple(sorted({t for t, _ in tumor_keys}))
    of_tumors = tuple(tissues.index(t) for t, _ in tumor_keys)
    of_normals = tuple(tissues.index(t) for t, _ in normal_keys)
    return Classes(tissues, of_tumors, of_normals), tumor_keys, normal_keys


def _class_means(samples: Labelled, keys: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each class, and what it leaves, scaled up for the degrees of freedom it took."""
    row = np.array([keys.index(key) for key in samples.keys])
    X = samples.expression.astype(np.float64)
    means = np.stack([X[row == k].mean(0) for k in range(len(keys))])
    n = np.bincount(row, minlength=len(keys))
    scale = np.sqrt(n / np.maximum(n - 1, 1))[row]
    return means, (X - means[row]) * scale[:, None]


def _means(config, tumors, normals, tumor_keys, tumor_mean) -> dict[str, np.ndarray]:
    """Mean normals of the tumor classes, drawn to their tissue's and that to all tissues'."""
    X = normals.expression.astype(np.float64)
    known = sorted(set(normals.tissue))
    of_tissue = {t: X[normals.tissue == t].mean(0) for t in known}
    grand = np.mean(list(of_tissue.values()), axis=0)
    shrunk = {}
    for t in known:
        n = (normals.tissue == t).sum()
        shrunk[t] = (n * of_tissue[t] + config.tissue_prior * grand) / (n + config.tissue_prior)
    both = [t for t in known if t in set(tumors.tissue)]
    tumor_of = np.stack(
        [tumors.expression[tumors.tissue == t].mean(0, dtype=np.float64) for t in both]
    )
    normal_of = np.stack([of_tissue[t] for t in both])
    a, b = tumor_of - tumor_of.mean(0), normal_of - normal_of.mean(0)
    slope = config.unseen_slope * (a * b).sum() / max((a * a).sum(), 1e-12)
    means, tumor_means = [], list(tumor_mean)
    for k, (tissue, cohort) in enumerate(tumor_keys):
        if k == len(tumor_means):  # normals without a tumor of their tissue: the usual change
            tumor_means.append(shrunk[tissue] + (tumor_of - normal_of).mean(0))
        if tissue not in shrunk:  # tumors without a normal of their tissue
            means.append(normal_of.mean(0) + slope * (tumor_mean[k] - tumor_of.mean(0)))
            continue
        own = (normals.tissue == tissue) & (normals.cohort == cohort)
        total = X[own].sum(0) + config.class_prior * shrunk[tissue]
        means.append(total / max(own.sum() + config.class_prior, 1e-12))
    return {
        "normal_mean": np.stack(means),
        "tumor_mean": np.stack(tumor_means),
        "unseen_normal": normal_of.mean(0),
        "unseen_tumor": tumor_of.mean(0),
        "unseen_gain": [slope],
    }


def _alignment(config: AlignedConfig, rest: np.ndarray) -> dict[str, np.ndarray]:
    """Axes, and gains of variance ** -power along them, in units of the genes' spread."""
    spread = np.sqrt((rest**2).mean(0))
    spread = np.where(spread > 1e-6, spread, 1.0)
    _, scale, axes = np.linalg.svd(rest / spread / np.sqrt(len(rest)), full_matrices=False)
    keep = scale > 1e-6 * scale[0]
    variance = (1 - config.diagonal) * scale[keep] ** 2 + config.diagonal
    rest_gain = config.diagonal**-config.power
    return {
        "spread": spread,
        "axes": axes[keep],
        "gain": variance**-config.power - rest_gain,
        "rest_gain": [rest_gain],
        "gene_gain": spread ** (1 - 2 * config.power),
        "_variance": variance,
    }


def _discriminants(config, fitted, means: np.ndarray) -> dict[str, np.ndarray]:
    """Linear discriminants of all classes, weights and biases."""
    axes, variance = fitted["axes"], fitted.pop("_variance")
    z = means / fitted["spread"]
    inside = z @ axes.T
    precise = z / config.diagonal + (inside * (1 / variance - 1 / config.diagonal)) @ axes
    return {
        "class_weight": precise / fitted["spread"],
        "class_bias": -0.5 * (z * precise).sum(1),
        "temperature": [1.0],
    }


def _gene_slopes(tumor: np.ndarray, normal: np.ndarray, prior: float) -> np.ndarray:
    """Slope of each gene's normal residual on its tumor residual, over that common to all.

    Drawn to 1, the common one, by `prior` average genes; not below 0.
    """
    xx, xy = (tumor**2).sum(0), (tumor * normal).sum(0)
    common = xy.sum() / max(xx.sum(), 1e-12)
    if common <= 0:
        return np.ones(len(xx))
    return np.maximum(gene_slopes(tumor, normal, prior), 0) / common


def _set_temperature(aligned: Aligned, held: Held) -> None:
    """How sure the inferred tissue may be: the likeliest on validation samples."""
    position = {t: i for i, t in enumerate(aligned.classes.tissues)}
    tissue = np.concatenate([held.tumors.tissue, held.normals.tissue])
    X = np.concatenate([held.tumors.expression, held.normals.expression])
    known = np.array([t in position for t in tissue], dtype=bool)
    if not known.any():
        return
    own = torch.tensor([position[t] for t in tissue[known]])
    x = torch.as_tensor(X[known], dtype=torch.float32)
    losses = []
    for temperature in TEMPERATURES:
        aligned.temperature.fill_(temperature)
        found = aligned.infer(x, torch.full((len(x),), NOT_TOLD))
        losses.append(
            float(-found.probability.gather(1, own[:, None]).clamp_min(1e-30).log().mean())
        )
    aligned.temperature.fill_(TEMPERATURES[int(np.argmin(losses))])


def _pairs_seen(aligned: Aligned, held: Held) -> tuple[np.ndarray, np.ndarray]:
    """The validation pairs of tissues that training had."""
    tumor, normal = held.pairs
    seen = np.isin(held.tumors.tissue[tumor], list(aligned.classes.tissues))
    return tumor[seen], normal[seen]


def _set_reach(aligned: Aligned, tumor_rest, normal_rest, held: Held) -> None:
    """Scale what is passed on: by validation pairs, or to the configured reach."""
    made = aligned.pass_on(torch.as_tensor(tumor_rest, dtype=torch.float32)).numpy()
    factor = aligned.config.reach * np.sqrt((normal_rest**2).mean() / max((made**2).mean(), 1e-12))
    position = {t: i for i, t in enumerate(aligned.classes.tissues)}
    if asks_pairs(aligned, held):
        tumor, normal = _pairs_seen(aligned, held)
        x = torch.as_tensor(held.tumors.expression[tumor], dtype=torch.float32)
        tissue = torch.tensor([position[t] for t in held.tumors.tissue[tumor]])
        share = aligned.infer(x, tissue).tumor_class
        passed = aligned.pass_on(x - share @ aligned.tumor_mean).double().numpy()
        left = held.normals.expression[normal] - (share @ aligned.normal_mean).double().numpy()
        least_squares = (passed * left).sum() / max((passed**2).sum(), 1e-12)
        factor = max(least_squares, 0.0) * aligned.config.stretch
    aligned.gain.mul_(factor)
    aligned.rest_gain.mul_(factor)
