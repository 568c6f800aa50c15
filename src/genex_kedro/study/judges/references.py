"""The judges that a network has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.models.names import LOGISTIC
from genex_kedro.study.controls import condition_from_source
from genex_kedro.transforms import Standardiser

SOURCE_ALONE, PROGRAM_ALONE = "source alone", "program alone"  # what the laboratory gives away
SHARE_OF_TUMORS = "share of tumors"
_INVERSE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def reference_answers(study: AnnData, rows: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
    """P(tumor) of every sample of a study by judges without a network.

    Parameters
    ----------
    study : AnnData, log2(x+1), with ``obs["split"]``
    rows : ndarray of bool, shape (n_samples,)
        The samples that the judge may learn from and choose by.

    Returns
    -------
    answers : dict of ndarray, shape (n_samples,)
        Logistic regression; the source alone and the program alone, which is what the
        laboratory gives away; the share of tumors, which is no judge at all.
    inverse_penalty : float
        The C of logistic regression that validation chose.
    """
    training = study.obs[rows & (study.obs["split"] == "train").to_numpy()]
    logistic, inverse_penalty = logistic_regression(study, rows)
    answers = {LOGISTIC: logistic}
    for name, label in ((SOURCE_ALONE, "source"), (PROGRAM_ALONE, "program")):
        known = pd.concat([training, study.obs.assign(split="asked")])
        answers[name] = condition_from_source(known, label)[len(training) :]
    answers[SHARE_OF_TUMORS] = np.full(study.n_obs, (training["condition"] == "tumor").mean())
    return answers, inverse_penalty


def logistic_regression(study: AnnData, rows: np.ndarray) -> tuple[np.ndarray, float]:
    """P(tumor), shape (n_samples,), and the C chosen by cross-entropy on validation samples.

    Genes standardised and coefficients fitted on the training samples among `rows`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    train, validation = (
        rows & (study.obs["split"] == part).to_numpy() for part in ("train", "validation")
    )
    is_tumor = (study.obs["condition"] == "tumor").to_numpy(int)
    Z = Standardiser.fit(study.X[train], "per_gene").apply(study.X)
    fits = []
    for C in _INVERSE_PENALTIES:
        model = LogisticRegression(C=C, max_iter=2000).fit(Z[train], is_tumor[train])
        p_tumor = model.predict_proba(Z[validation])[:, 1]
        fits.append((log_loss(is_tumor[validation], p_tumor, labels=[0, 1]), C, model))
    _, C, model = min(fits, key=lambda fit: fit[0])
    return model.predict_proba(Z)[:, 1], C
