"""Generators without a network, which every trained one has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import data_digest
from genex_kedro.models.conditions import FACTORS
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.study.fits import HISTORY, fit_row, part_of, seed_of
from genex_kedro.study.generation.synthetic import synthetic_cohort
from genex_kedro.study.split import classes


def sample_simple(studies: dict[str, AnnData]) -> tuple[dict[str, AnnData], pd.DataFrame]:
    """As many samples of every class as there are training samples, from each simple generator.

    Returns
    -------
    synthetic : dict of AnnData, ``<generator>_seed_<n>``
    fits : DataFrame
        A row per fit, for the tracking.
    """
    synthetic, rows = {}, []
    for study in studies.values():
        training = study[part_of(study, "train")]
        seed, labels = seed_of(study), classes(training.obs).to_numpy(str)
        for name, generator in SIMPLE_GENERATORS.items():
            model = generator().fit(training.X, labels)
            values = model.sample(labels, np.random.default_rng(seed))
            asked = training.obs[list(FACTORS)]
            full = full_name(SIMPLE, name)
            synthetic[f"{name}_seed_{seed}"] = synthetic_cohort(
                values, asked, study.var, full, seed
            )
            rows.append(fit_row(full, seed, data_digest(study), "cpu") | {"epoch": 0})
    return synthetic, pd.DataFrame(rows, columns=HISTORY)
