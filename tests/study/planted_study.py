"""A study of patients with a tumor and a normal, and tumors of a tissue without normals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

TISSUES = {"liver": ("LIHC",), "lung": ("LUAD", "LUSC"), "brain": ("GBM",)}


def planted_study(n_patients=40, n_genes=60, seed=0, slope=0.4) -> AnnData:
    """`n_patients` a cohort, split 60:20:20; `slope` of a tumor's effect is in its normal."""
    truth, rng = np.random.default_rng(3), np.random.default_rng(seed)
    mean = {t: truth.uniform(3, 9, n_genes) for t in TISSUES}
    shift = {t: truth.normal(0, 1.5, n_genes) for t in TISSUES}
    rows, values = [], []
    for tissue, cohorts in TISSUES.items():
        for cohort in cohorts:
            for patient in range(n_patients):
                part = ("train", "train", "train", "validation", "test")[patient % 5]
                effect = rng.normal(0, 0.6, n_genes)
                about = [f"{cohort}-{patient}", tissue, cohort, "TCGA", "TCGA", part]
                rows.append([*about, "tumor"])
                values.append(mean[tissue] + shift[tissue] + effect)
                if tissue != "brain":
                    rows.append([*about, "normal"])
                    values.append(mean[tissue] + slope * effect + 0.1 * rng.normal(size=n_genes))
    columns = ["patient_id", "tissue", "cohort", "source", "program", "split", "condition"]
    obs = pd.DataFrame(rows, columns=columns)
    obs.index = obs["patient_id"] + "-" + obs["condition"]
    var = pd.DataFrame({"entrez": ""}, index=[f"G{i}" for i in range(n_genes - 1)] + ["XIST"])
    study = AnnData(np.maximum(np.stack(values), 0).astype(np.float32), obs, var)
    study.uns |= {"unit": "log2(x+1)", "seed": seed}
    return study
