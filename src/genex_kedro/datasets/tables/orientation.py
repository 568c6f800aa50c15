"""Which side of a table holds the samples."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from genex_kedro.datasets.tables.raw_table import RawTable
from genex_kedro.errors import InputError, some
from genex_kedro.genes.identifiers import resolve

_PROBED = 2_000  # names are enough to tell genes from samples


def samples_in_rows(
    raw: RawTable, sheet: pd.DataFrame, ids_are: str = "sample ids of the sheet"
) -> tuple[bool, str]:
    """Whether the rows are the samples, and why.

    The sample ids of the sheet decide; where they are found on neither side, or on both, the side
    that holds more gene names holds the genes.

    Returns
    -------
    in_rows : bool
    why : str
        For the cohort report.
    """
    in_rows = count_shared(raw.rows, sheet.index)
    in_columns = count_shared(raw.columns, sheet.index)
    if bool(in_rows) != bool(in_columns):
        side, found = ("rows", in_rows) if in_rows else ("columns", in_columns)
        return bool(in_rows), f"samples in {side}: {found} {ids_are} are there"
    genes_in_rows, genes_in_columns = _count_genes(raw.rows), _count_genes(raw.columns)
    if genes_in_rows == genes_in_columns:
        raise _no_sample(raw, sheet)
    sample_side = "rows" if genes_in_columns > genes_in_rows else "columns"
    gene_side = "columns" if sample_side == "rows" else "rows"
    return sample_side == "rows", f"samples in {sample_side}: gene names are in the {gene_side}"


def match_samples(names: Sequence[str], sheet: pd.DataFrame, where: str) -> tuple[list[str], str]:
    """The sample ids as the sheet writes them, and what was changed to find them.

    R turns ``TCGA-02-0047`` into ``TCGA.02.0047``; if no id matches as it stands, dots and dashes
    are taken for the same.

    Raises
    ------
    InputError
        If the table and the sheet share no sample.
    """
    if count_shared(names, sheet.index):
        return list(names), ""
    as_in_sheet = {_dotless(sample): sample for sample in sheet.index}
    repaired = [as_in_sheet.get(_dotless(name), name) for name in names]
    changed = count_shared(repaired, sheet.index)
    if not changed:
        raise InputError(
            where=where,
            found=f"no sample of the sheet: the table has {some(names, 3)}; "
            f"the sheet has {some(sheet.index, 3)}",
            expected="the same sample ids in the expression table and the sample sheet",
            remedy="Write the ids alike in both files (the same barcode length, the same separators).",
        )
    return repaired, f"dots and dashes taken for the same in {changed} sample ids"


def count_shared(names: Sequence[str], sample_ids: pd.Index) -> int:
    """How many of the names are sample ids."""
    return int(pd.Index(names).isin(sample_ids).sum())


def _dotless(name: str) -> str:
    return name.replace(".", "-")


def _count_genes(names: Sequence[str]) -> float:
    step = max(1, len(names) // _PROBED)
    return float((resolve(names[::step])["how"] != "unknown").mean())


def _no_sample(raw: RawTable, sheet: pd.DataFrame) -> InputError:
    return InputError(
        where=raw.where,
        found=f"neither samples of the sheet nor genes: rows {some(raw.rows, 3)}; "
        f"columns {some(raw.columns, 3)}; the sheet has {some(sheet.index, 3)}",
        expected="sample ids of the sheet on one side and gene names on the other",
        remedy="Check that both files belong together, and that genes are symbols, Entrez or "
        "Ensembl ids.",
    )
