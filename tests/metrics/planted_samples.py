"""Samples with a known structure: classes, correlated genes, tumor genes."""

import numpy as np

from genex_kedro.metrics.samples import Samples

TISSUES = ("liver", "lung", "thyroid")
N_TUMOR_GENES = 10


def planted(n_per_class, n_genes=60, seed=0, truth=7):
    """Samples of one population; `seed` draws other patients, `truth` another population.

    Five factors make genes correlate within a class; the first ten genes are two log2 units
    higher in tumors.
    """
    of_population, rng = np.random.default_rng(truth), np.random.default_rng(seed)
    loadings = of_population.normal(size=(5, n_genes)) * 0.5
    centre = of_population.uniform(3, 9, size=(len(TISSUES), n_genes))
    parts, tissue, condition = [], [], []
    for number, name in enumerate(TISSUES):
        for kind in ("tumor", "normal"):
            noise = rng.normal(size=(n_per_class, 5)) @ loadings
            x = centre[number] + noise + 0.5 * rng.normal(size=noise.shape)
            x[:, :N_TUMOR_GENES] += 2 * (kind == "tumor")
            parts.append(x)
            tissue += [name] * n_per_class
            condition += [kind] * n_per_class
    return Samples(np.concatenate(parts).astype(np.float32), np.array(tissue), np.array(condition))
