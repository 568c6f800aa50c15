"""What is noticed while RNAseqDB is read, worded for the cohort report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from anndata import AnnData

from genex_kedro.cohort import add_notice
from genex_kedro.datasets.rnaseqdb.names import FILE_NAMES, RnaseqdbFile


@dataclass
class Repairs:
    """How many values of each gene were mended, each of shape (n_genes,)."""

    clipped: np.ndarray
    negative: np.ndarray


def note_files(cohort: AnnData, files: list[RnaseqdbFile]) -> None:
    """Which of the 52 files were read."""
    read = [file.path.name for file in files]
    missing = [name for name in FILE_NAMES if name not in read]
    text = f"read: {', '.join(read)}; not in the folder: {', '.join(missing) or 'none'}"
    add_notice(cohort, "RNAseqDB files read, of 52", len(read), text)


def note_genes(cohort: AnnData, n_genes_in_any: int) -> None:
    """How many genes were left out, and how many have no Entrez id."""
    if dropped := n_genes_in_any - cohort.n_vars:
        add_notice(
            cohort,
            "genes not in every file",
            dropped,
            "left out: filled with zeros they would give the tissue away",
        )
    if unknown := int((cohort.var["entrez"] == "").sum()):
        add_notice(cohort, "genes without an Entrez id", unknown, "matched by symbol only")


def note_repairs(cohort: AnnData, repairs: Repairs, clip_log2: float) -> None:
    """Which values were set to a limit."""
    for count, check, text in (
        (
            repairs.clipped,
            "values clipped",
            f"set to log2(x+1) = {clip_log2:g}: more than a whole"
            " sample sums to, left by the batch correction",
        ),
        (repairs.negative, "negative values", "set to 0: FPKM cannot be negative"),
    ):
        genes = cohort.var_names[count > 0]
        if len(genes):
            add_notice(cohort, check, count.sum(), f"{text}; genes {', '.join(genes)}")
