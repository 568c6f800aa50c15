"""A part of a study as a network sees it: in memory, or read from the study's file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from anndata import AnnData

from genex_kedro.transforms import Standardiser

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import Tensor

    from genex_kedro.training import Rows

log = logging.getLogger(__name__)


def scaled(
    study: AnnData, chosen: np.ndarray, standardiser: Standardiser, from_disk: bool
) -> Tensor | Rows:
    """Expression of the samples chosen, scaled; the same numbers either way.

    Parameters
    ----------
    study : AnnData
    chosen : ndarray of bool, shape (n_samples,)
    standardiser : Standardiser
    from_disk : bool
        Scale batch by batch, as they are asked for.
    """
    import torch

    from genex_kedro.training import Rows

    if from_disk:
        return Rows(study.X, np.flatnonzero(chosen), standardiser.apply)
    return torch.as_tensor(standardiser.apply(np.asarray(study.X[chosen])))


def reads_from_disk(asked, study: AnnData, chosen: np.ndarray, name: str) -> bool:
    """Whether batches come from the study's file; says so.

    Parameters
    ----------
    asked : bool or "auto"
        ``fit.from_disk`` of the settings.
    study : AnnData
    chosen : ndarray of bool, shape (n_samples,)
        All samples that the fit sees.
    name : str
        What to call the fit.
    """
    from genex_kedro.training.settings import choose_from_disk

    size = int(chosen.sum()) * study.n_vars * 4
    from_disk = choose_from_disk(asked, size)
    if from_disk:
        log.info("%s: batches of %.1f GB of samples are read from disk", name, size / 1e9)
    return from_disk
