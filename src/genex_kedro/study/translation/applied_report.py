"""The report of a translation: for the console, for machines and for readers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import notices
from genex_kedro.errors import some
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.matching import Profiles

CAVEATS = (
    "Research use only. Nothing here is a diagnosis.",
    "What a bulk tumor says of its own normal beyond the tissue is little: a guess lies close to "
    "the mean normal of the tissue. A draw looks like a real normal and is nobody's.",
    "Models learned from normals beside tumors, which are an intermediate state (Aran 2017).",
    "Purity can pass for reversion: a tumor sample with much normal tissue needs little change.",
    "Judges tell tumors from normals; a profile that fools them need not be the patient's own.",
    "Standard deviations are those of the model's draws; they know nothing of what the training "
    "samples lack (other tissues, laboratories, ages, diseases).",
)


def report_of(
    cohort: AnnData,
    tumors: Profiles,
    calls: pd.DataFrame,
    name: str,
    seed: int,
    model: TrainedModel,
) -> dict[str, Any]:
    """What was done and noticed, as plain JSON; ``notices`` are for the console.

    Parameters
    ----------
    cohort : AnnData
        As it was read, with its notices.
    tumors : Profiles
    calls : DataFrame
    name : str
        Full name of the model.
    seed : int
        Of its training.
    model : TrainedModel
    """
    unsure = calls["unsure"].to_numpy(bool)
    judged = {
        c.removeprefix("p_tumor_"): float((calls[c] >= 0.5).mean())
        for c in calls
        if c.startswith("p_tumor_")
    }
    said = notices(cohort).to_dict("records")
    if unsure.any():
        said.append({
            "check": "samples to be unsure of (calls.tsv, column why)",
            "count": int(unsure.sum()), "detail": some(calls.index[unsure]),
        })  # fmt: skip
    if tumors.absent:
        said.append({
            "check": "genes of the model that the table does not measure",
            "count": len(tumors.absent), "detail": some(tumors.absent, 10),
        })  # fmt: skip
    return {
        "model": name,
        "trained_seed": seed,
        "trained_on": {k: v for k, v in model.card.items() if k != "chosen"},
        "samples": len(calls),
        "genes": len(tumors.genes),
        "genes_measured": len(tumors.genes) - len(tumors.absent),
        "unsure": int(unsure.sum()),
        "called_tumor": judged,
        "tissues": {str(k): int(v) for k, v in calls["tissue_used"].value_counts().items()},
        "notices": said,
    }


def readable(report: dict[str, Any], n_draws: int, unit: str) -> str:
    """The report as Markdown."""
    share = report["genes_measured"] / report["genes"]
    lines = [
        f"# Tumor to normal: {report['samples']} samples by {report['model']}",
        "",
        f"Trained with seed {report['trained_seed']} on {report['trained_on'].get('training_samples', '?')} samples. "
        f"{report['genes_measured']} of its {report['genes']} genes ({share:.0%}) are measured here.",
        "",
        "| file | |",
        "|---|---|",
        f"| expression.parquet | best guess of each sample's normal, samples in rows, {unit} |",
    ]
    if n_draws:
        lines.append(f"| draws.parquet | {n_draws} draws of each, in the same unit |")
    lines += [
        "| change.parquet | tumor against its own predicted normal, by sample and gene: log2 fold change, its standard deviation and rank |",
        "| calls.tsv | judges before and after, tissue, and whether to be unsure |",
        "",
        "## Called tumor by the judges",
        "",
        "| judge | samples called tumor |",
        "|---|---|",
        *(f"| {k.replace('_', ' ')} | {v:.1%} |" for k, v in report["called_tumor"].items()),
        "",
        f"**Unsure of {report['unsure']} of {report['samples']} samples** (column `why` of calls.tsv).",
        "",
        "## Noticed",
        "",
        *(f"- {n['check']}: {n['count']} ({n['detail']})" for n in report["notices"]),
        "",
        "## Before you use it",
        "",
        *(f"- {caveat}" for caveat in CAVEATS),
    ]
    return "\n".join(lines) + "\n"


def in_unit(values: np.ndarray, tumors: Profiles, unit: str) -> pd.DataFrame:
    """Profiles in log2(x+1) as a table of the input's unit, samples in rows."""
    from genex_kedro.units import from_study_unit

    index = pd.Index(tumors.obs.index.astype(str), name="sample_id")
    return pd.DataFrame(from_study_unit(values, unit), index, tumors.genes.rename(None))
