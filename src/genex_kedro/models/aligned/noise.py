"""How normals of a class depart from their mean: a covariance in few axes, no sample kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genex_kedro.models.aligned.config import AlignedConfig


def class_noise(
    config: AlignedConfig,
    keys: Sequence,
    normal_keys: Sequence,
    rest: np.ndarray,
    tumor_keys: Sequence,
) -> dict[str, np.ndarray]:
    """Spread and correlations of the normals of each tumor class.

    Parameters
    ----------
    config : AlignedConfig
    keys : sequence
        The class of each normal.
    normal_keys, tumor_keys : sequence
        The classes there are; one that has no normals has the pooled noise.
    rest : ndarray, shape (n_normals, n_genes)
        What class means leave of the normals.

    Returns
    -------
    dict of ndarray
        ``noise_spread`` (n_tumor_classes, n_genes), ``noise_axes`` (n_axes, n_genes),
        ``class_axes`` (n_tumor_classes, n_class_axes, n_genes), ``own_share``
        (n_tumor_classes,): the buffers of :class:`genex_kedro.models.aligned.model.Aligned`.
    """
    row = np.array([normal_keys.index(key) for key in keys])
    pooled = (rest**2).mean(0)
    spread, unit = {}, np.zeros_like(rest)
    for k, key in enumerate(normal_keys):
        mine = rest[row == k]
        n = max(len(mine) - 1, 0)
        square = ((mine**2).mean(0) * n if n else 0) + config.spread_prior * pooled
        spread[key] = np.sqrt(np.maximum(square / (n + config.spread_prior), 1e-12))
        unit[row == k] = mine / spread[key]
    noise_axes = _axes(unit, min(config.axes, max(len(unit) // 2, 1)))
    n_class = config.class_axes
    shape = (len(tumor_keys), n_class, rest.shape[1])
    class_axes, own_share = np.zeros(shape), np.zeros(len(tumor_keys))
    class_spread = np.tile(np.sqrt(pooled), (len(tumor_keys), 1))
    for at, key in enumerate(tumor_keys):
        if key not in spread:
            continue
        mine = unit[row == normal_keys.index(key)]
        found = _axes(mine, min(n_class, len(mine) // 2))
        class_axes[at, : len(found)] = found
        own_share[at] = len(mine) / (len(mine) + config.covariance_prior) if len(found) else 0.0
        class_spread[at] = spread[key]
    return {
        "noise_spread": class_spread,
        "noise_axes": noise_axes,
        "class_axes": class_axes,
        "own_share": own_share,
    }


def _axes(unit: np.ndarray, n: int) -> np.ndarray:
    """Leading axes of standardised residuals, of a length that no gene's exceeds 1; (n, genes)."""
    if n < 1:
        return np.zeros((0, unit.shape[1]))
    _, scale, axes = np.linalg.svd(unit / np.sqrt(len(unit)), full_matrices=False)
    found = scale[:n, None] * axes[:n]
    return found / np.maximum(np.sqrt((found**2).sum(0)), 1)
