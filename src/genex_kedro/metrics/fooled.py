"""Whether a judge of tumor against normal takes what a translator made for real."""

from __future__ import annotations

from typing import Literal

import numpy as np

from genex_kedro.metrics.base import Metric


def fooled(p_tumor: np.ndarray, made: Literal["normal", "tumor"] = "normal") -> float:
    """Share of translated samples that the judge calls what they are meant to be.

    NaN without samples.

    Parameters
    ----------
    p_tumor : ndarray, shape (n_samples,)
        The judge's probability of tumor; it calls tumor from .5 on.
    made : {"normal", "tumor"}
    """
    if made not in ("normal", "tumor"):
        raise ValueError(f"made is {made!r}, expected normal or tumor")
    p_tumor = np.asarray(p_tumor, float)
    if not ((p_tumor >= 0) & (p_tumor <= 1)).all():
        raise ValueError("probabilities lie within 0 and 1")
    called_tumor = p_tumor >= 0.5
    return float((called_tumor == (made == "tumor")).mean()) if len(p_tumor) else float("nan")


METRICS = (Metric("fooled", "higher", (0.0, 1.0), 1.0, fooled),)
