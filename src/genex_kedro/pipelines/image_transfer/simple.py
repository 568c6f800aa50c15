"""The classifiers that every image has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from threadpoolctl import threadpool_limits

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.names import LOGISTIC, SIMPLE, full_name
from genex_kedro.models.simple.classifiers import SIMPLE_CLASSIFIERS
from genex_kedro.study.fits import HISTORY, fit_row, seed_of
from genex_kedro.study.tumor_types.fits import of_held_out, predictions, type_data


def classify_simple(
    studies: dict[str, AnnData],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The simple classifiers on the same samples and genes.

    Returns
    -------
    predictions : DataFrame
        As of the networks.
    fits : DataFrame
        A row per fit, for the tracking, with the setting that validation chose.
    linear_weights : DataFrame
        Of logistic regression on standardised genes: ``seed, class, gene, weight``.
    """
    tables, rows, weights = [], [], []
    for study in studies.values():
        data, seed = type_data(study), seed_of(study)
        held_out = of_held_out(study)
        Z = data.standardiser.apply(held_out.X)
        train, validation = data.expression["train"], data.expression["validation"]
        labels, known = (np.array(data.classes)[data.labels[p]] for p in ("train", "validation"))
        fit = digest([data_digest(study), code_digest(classify_simple)])
        for name, classifier in SIMPLE_CLASSIFIERS.items():
            with threadpool_limits(1):  # faster than two on small data, and the same each time
                fitted = classifier(train, labels, validation, known, seed)
                probability = np.exp(fitted.log_probability(Z))
            model = full_name(SIMPLE, name)
            tables.append(predictions(held_out, model, fitted.classes, probability))
            rows.append(fit_row(model, seed, fit, "cpu") | {"epoch": 0, "setting": fitted.setting})
            if name == LOGISTIC:
                weights.append(_tidy(fitted, study.var_names, seed))
    return (
        pd.concat(tables, ignore_index=True),
        pd.DataFrame(rows, columns=[*HISTORY, "setting"]),
        pd.concat(weights, ignore_index=True),
    )


def _tidy(fitted, genes: pd.Index, seed: int) -> pd.DataFrame:
    wide = pd.DataFrame(fitted.weights, index=fitted.classes, columns=genes).rename_axis("class")
    table = wide.reset_index().melt("class", var_name="gene", value_name="weight")
    return table.assign(seed=seed)[["seed", "class", "gene", "weight"]]
