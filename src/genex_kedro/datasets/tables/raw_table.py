"""A table as a file holds it, before anyone knows which way round it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# How people and programs write "not measured" in a column of numbers.
MISSING = ["", "NA", "N/A", "NaN", "nan", "na", "null", "NULL", "None", "<NA>", "-"]
# Columns beside the names that annotate genes; the first two kinds help to recognise them.
ENTREZ = (
    "entrez",
    "entrez_gene_id",
    "entrezid",
    "entrez_id",
    "ncbi_gene_id",
    "gene_id_entrez",
    "pr_gene_id",
)
ENSEMBL = ("ensembl", "ensembl_id", "ensembl_gene_id", "ensgene", "ensembl_gene", "gene_id", "name")
SYMBOL = (
    "symbol",
    "hugo_symbol",
    "gene_symbol",
    "gene_name",
    "hgnc_symbol",
    "gene",
    "pr_gene_symbol",
    "description",
)
ANNOTATIONS = frozenset(
    (*ENTREZ, *ENSEMBL, *SYMBOL, "gene_type", "gene_biotype", "biotype", "chromosome", "chr",
     "start", "end", "strand", "length", "gene_length", "locus")
)  # fmt: skip


@dataclass
class RawTable:
    """Values in the file's own orientation, with the names of both sides.

    Attributes
    ----------
    where : str
        The file's path.
    rows, columns : list of str
    values : ndarray of float32, shape (len(rows), len(columns))
    corner : str
        The header of the column of row names.
    annotations : dict of str to list of str
        Text columns beside the row names, each as long as `rows`.
    obs : DataFrame or None
        Labels that an h5ad or a GCT 1.3 file carries itself, indexed by sample id.
    var : DataFrame or None
        Gene ids that an h5ad file carries itself, indexed like `columns`.
    unit : str or None
        The unit the file states, or that its format has.
    unit_known_by : str
        What states it, for the cohort report.
    """

    where: str
    rows: list[str]
    columns: list[str]
    values: np.ndarray
    corner: str = ""
    annotations: dict[str, list[str]] = field(default_factory=dict)
    obs: pd.DataFrame | None = None
    var: pd.DataFrame | None = None
    unit: str | None = None
    unit_known_by: str = "as stated"
