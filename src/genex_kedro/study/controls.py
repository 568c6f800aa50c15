"""How much of a result could be the laboratory instead of the biology."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData


def source_control(study: AnnData, label: str) -> dict:
    """Can a linear model tell where a sample was measured?

    A multinomial logistic regression predicts `label` from the study's genes, standardised
    and fitted on the training samples, judged on the test samples; once on all samples and
    once on normals alone, where no tumor can help.

    Parameters
    ----------
    study : AnnData with ``obs["split"]``
    label : {"source", "program"}

    Returns
    -------
    dict
        For ``all`` and ``normals``: number of classes and of test samples, balanced accuracy
        and its chance level; None where fewer than two classes can be learned and tested.
    """
    normals = (study.obs["condition"] == "normal").to_numpy()
    return {
        "label": label,
        "all": _tell_apart(study, label),
        "normals": _tell_apart(study[normals], label),
    }


def condition_from_source(obs: pd.DataFrame, label: str) -> np.ndarray:
    """P(tumor) of a sample by its source alone, from the training samples' frequencies.

    The trivial judge that a confounded cohort makes look good. A source without training
    samples gets the overall frequency.

    Parameters
    ----------
    obs : DataFrame with ``split, condition`` and `label`

    Returns
    -------
    ndarray, shape (n_samples,)
    """
    training = obs[obs["split"] == "train"]
    tumor = training["condition"] == "tumor"
    rate = tumor.groupby(training[label].astype(str)).mean()
    return obs[label].astype(str).map(rate).fillna(tumor.mean()).to_numpy(float)


def _tell_apart(study: AnnData, label: str) -> dict | None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = (study.obs["split"] == "train").to_numpy()
    test = (study.obs["split"] == "test").to_numpy()
    y = study.obs[label].astype(str).to_numpy()
    test &= np.isin(y, np.unique(y[train]))
    n_classes = len(np.unique(y[test]))
    if n_classes < 2:
        return None
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    model.fit(study.X[train], y[train])
    return {
        "n_classes": n_classes,
        "n_test": int(test.sum()),
        "balanced_accuracy": float(balanced_accuracy_score(y[test], model.predict(study.X[test]))),
        "chance": 1 / n_classes,
    }
