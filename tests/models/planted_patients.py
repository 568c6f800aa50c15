"""Patients with a tumor and a normal, made of parts that are known."""

from __future__ import annotations

import numpy as np

from genex_kedro.models.simple.translators import TranslationData

TISSUES = ("liver", "lung", "thyroid")


def planted_patients(
    n_per_tissue=40, n_genes=50, seed=0, slope=0.5, noise=0.05, truth=11
) -> TranslationData:
    """Normals depart from their tissue's mean by a patient effect, tumors by that and a shift.

    A normal is ``mean_t + slope * effect + noise``, its tumor ``mean_t + shift_t + effect``; so
    `slope` of what a tumor departs by is the patient's own. `seed` draws other patients, `truth`
    other tissues.
    """
    of_tissue, rng = np.random.default_rng(truth), np.random.default_rng(seed)
    mean = of_tissue.uniform(4, 9, (len(TISSUES), n_genes))
    shift = of_tissue.normal(0, 1.5, (len(TISSUES), n_genes))
    tissue = np.repeat(np.arange(len(TISSUES)), n_per_tissue)
    effect = rng.normal(0, 0.6, (len(tissue), n_genes))
    normal = mean[tissue] + slope * effect + noise * rng.normal(size=effect.shape)
    tumor = mean[tissue] + shift[tissue] + effect
    names, rows = np.array(TISSUES)[tissue], np.arange(len(tissue))
    order = rng.permutation(len(rows))  # of the normals: rows alone do not give pairs away
    return TranslationData(tumor, names, normal[order], names[order], (rows, np.argsort(order)))
