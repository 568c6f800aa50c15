"""What every translator of tumors into normals hands to the evaluation: a translated cohort.

One AnnData per translator and seed: all test samples of the seed's study, in its order, with
what the translator makes of each in layers (float32, log2(x+1), no value below zero):

======================  ==================================================================
``normal``              its normal profile, the best single guess, the tissue given
``normal_draw``         one draw of its normal profile, the tissue given
``normal_blind``        as ``normal``, the tissue not given but inferred from the profile
``normal_blind_draw``   as ``normal_draw``, the tissue not given
``tumor``               its tumor profile (optional: translators that go both ways)
``cycle``               there and back: tumor -> normal -> tumor, normal -> tumor -> normal
======================  ==================================================================

A translator that cannot give one leaves the layer out. For a sample that is normal already
``normal`` and its like show the change that should not be: the false change.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.training_status import FINISHED

LAYERS = ("normal", "normal_draw", "normal_blind", "normal_blind_draw", "tumor", "cycle")


def translated_cohort(
    study: AnnData,
    layers: Mapping[str, np.ndarray],
    model: str,
    *,
    paired: bool,
    pairs_in_validation: bool = False,
    status: str = FINISHED,
    inferred_tissue: np.ndarray | None = None,
) -> AnnData:
    """What a translator makes of the test samples of a study.

    Parameters
    ----------
    study : AnnData with ``obs["split"]`` and ``uns["seed"]``
    layers : mapping of str to ndarray, shape (n_test, n_genes)
        Some of :data:`LAYERS`, log2(x+1), rows in the order of the study's test samples.
    model : str
        Full name of the translator, ``"cyclegan/best"`` or ``"simple/identity"``.
    paired : bool
        Whether it was told which tumor and which normal of training belong to one patient.
    pairs_in_validation : bool
        Whether pairs of validation patients chose a number of it; it is then not free of pairs,
        ``paired`` or not.
    status : {"finished", "diverged"}
        How its training ended; what is fitted in closed form has finished.
    inferred_tissue : ndarray of str, shape (n_test,), optional
        What it took the samples' tissue to be where it was not told; empty if it does not ask.

    Returns
    -------
    AnnData
        The layers, without ``X`` (the profiles themselves are in the study), ``obs`` and
        ``var`` as in the study, and in ``uns`` ``model, seed, unit, paired, pairs_in_validation,
        status`` and, by layer, the share of values raised to zero (``clipped``).

    Raises
    ------
    ValueError
        A layer that is unknown, of another shape, or not finite.
    """
    test = study.obs.loc[part_of(study, "test")].copy()
    if inferred_tissue is not None:
        test["inferred_tissue"] = np.asarray(inferred_tissue, dtype=str)
    cohort = AnnData(obs=test, var=study.var.copy())
    clipped = {}
    for name, values in layers.items():
        _check(name, values, cohort.shape)
        clipped[name] = float((values < 0).mean())
        cohort.layers[name] = np.maximum(values, 0).astype(np.float32)
    cohort.uns |= {
        "model": model,
        "seed": seed_of(study),
        "unit": study.uns["unit"],
        "paired": bool(paired),
        "pairs_in_validation": bool(pairs_in_validation),
        "status": status,
        "clipped": clipped,
    }
    return cohort


def find_pairs(obs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tumors and the normals of the same patient and tissue.

    A tumor takes part once, with the first such normal; a patient's further tumors with the
    same normal. Call it on one part of a split: a patient is never in two.

    Parameters
    ----------
    obs : DataFrame with ``patient_id, tissue, condition``

    Returns
    -------
    tumor, normal : ndarray of int, shape (n_pairs,)
        Positions in `obs`.
    """
    who = obs["patient_id"].astype(str) + "\t" + obs["tissue"].astype(str)
    is_tumor = (obs["condition"] == "tumor").to_numpy()
    own: dict[str, int] = {}
    for row in np.flatnonzero(~is_tumor):
        own.setdefault(who.iloc[row], int(row))
    tumor = np.array([r for r in np.flatnonzero(is_tumor) if who.iloc[r] in own], dtype=int)
    return tumor, np.array([own[who.iloc[row]] for row in tumor], dtype=int)


def _check(name: str, values: np.ndarray, shape: tuple[int, int]) -> None:
    if name not in LAYERS:
        raise ValueError(f"layer {name!r}, expected some of {', '.join(LAYERS)}")
    if np.shape(values) != shape:
        raise ValueError(f"layer {name!r} of shape {np.shape(values)}, expected {shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"layer {name!r}: {(~np.isfinite(values)).sum()} values are not finite")
