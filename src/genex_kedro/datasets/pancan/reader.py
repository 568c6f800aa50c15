"""How one file of the Pan-Cancer Atlas becomes a cohort, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice, build_cohort
from genex_kedro.datasets.pancan.genes import name_rows
from genex_kedro.datasets.pancan.labels import choose_samples, label_barcodes
from genex_kedro.datasets.published.files import find_file, require_choice
from genex_kedro.datasets.published.gene_blocks import GeneBlocks
from genex_kedro.datasets.published.gene_stream import GeneStream
from genex_kedro.datasets.published.sample_columns import plan_columns
from genex_kedro.errors import InputError, some

# form: the names its file may have, the unit, the first cell of the header
FORMS = {
    "gdc": (("EBPlusPlusAdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.tsv",), "linear", "gene_id"),
    "xena": (
        (
            "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena",
            "EB%2B%2BAdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena",
        ),
        "log2(x+1)",
        "sample",
    ),
    "mpmp": (("mpmp_expression_subsampled.tsv",), "linear", "sample_id"),
}
FETCH = "Fetch the published file again (gdc: api.gdc.cancer.gov, xena: tcga-pancan-atlas-hub)."


def file_names(form: str) -> tuple[str, ...]:
    """The names that the file of this form may have, without ``.gz``."""
    require_choice("pancan.form", form, tuple(FORMS))
    return FORMS[form][0]


def find_expression(folder: Path, form: str) -> Path:
    """The one file of this form in `folder`, or an InputError."""
    return find_file(folder, file_names(form), f"Pan-Cancer Atlas file ({form})", "pancan.folder")


def read_pancan(folder: str | Path, form: str = "gdc", keep_normals: bool = False) -> AnnData:
    """Read the Pan-Cancer Atlas' batch-corrected expression.

    Genes that were not measured in all samples of the file are left out: they are missing in
    whole tumor types, so that any filling would give the type away. Values below zero, which
    the batch correction left, become zero.

    Parameters
    ----------
    folder : str or Path
    form : {"gdc", "xena", "mpmp"}
        ``gdc``: the GDC's EBPlusPlus file, linear; ``xena``: the same on Xena, log2(x+1);
        ``mpmp``: a published subsample with samples in rows, linear.
    keep_normals : bool
        Whether the adjacent normals stay in the cohort.

    Returns
    -------
    AnnData, shape (n_samples, n_genes)
        float32; samples called by the first 15 characters of their barcode, in the order of the
        file. ``obs`` has ``tumor_type, sample_type, aliquot`` besides the columns of every cohort.

    Raises
    ------
    InputError
        The file is missing, damaged or of another layout; an unknown barcode; a second column of
        a barcode differs; no gene is complete.
    """
    require_choice("pancan.keep_normals", keep_normals, (False, True))
    path = find_expression(Path(folder), form)
    stream = GeneStream(path, "Pan-Cancer Atlas expression", FETCH)
    _, unit, first = FORMS[form]
    if stream.first.strip() != first:
        raise InputError(
            where=f"{path}, header",
            found=f"first column {stream.first[:40]!r}",
            expected=repr(first),
            remedy="Name the form of the file with --params pancan.form=gdc (or xena, mpmp).",
        )
    read = _samples_in_rows if form == "mpmp" else _genes_in_rows
    values = read(stream, keep_normals)
    if not values.genes:
        raise InputError(
            where=str(path),
            found=f"{stream.n_rows:,} rows, and no gene with a value in every sample",
            expected="genes measured in every sample",
            remedy=FETCH,
        )
    obs = values.labels.set_index("sample")
    cohort = build_cohort(values.matrix, obs, name_rows(values.genes), unit, str(path))
    for notice in values.notices:
        add_notice(cohort, *notice)
    return cohort


@dataclass
class _Values:
    """What the pass over the file brought: ``matrix`` (n_samples, n_genes) and its labels."""

    labels: pd.DataFrame
    notices: list[tuple[str, int, str]]
    genes: list[str] = field(default_factory=list)
    matrix: np.ndarray | None = None


def _genes_in_rows(stream: GeneStream, keep_normals: bool) -> _Values:
    columns = plan_columns(stream.samples, set(stream.samples))
    labels = label_barcodes(columns.names, str(stream.path))
    chosen, notices = choose_samples(labels, keep_normals)
    _require_samples(chosen, stream)
    values = _Values(labels.loc[chosen], notices)
    places, blocks = columns.places[chosen], GeneBlocks(len(chosen))
    incomplete, negative = [], _Negative()
    for gene, cells in stream.rows(unique=False):
        columns.compare(gene, cells)
        if np.isnan(cells).any():
            incomplete.append(gene)
            continue
        blocks.add(negative.to_zero(gene, cells[places]))
        values.genes.append(gene)
    columns.require_identical(stream.samples, stream.path)
    _note_genes(values, incomplete, negative)
    values.matrix = blocks.to_matrix()
    _drop_repeated(values)
    return values


def _samples_in_rows(stream: GeneStream, keep_normals: bool) -> _Values:
    rows = dict(stream.rows())
    labels = label_barcodes(list(rows), str(stream.path))
    chosen, notices = choose_samples(labels, keep_normals)
    _require_samples(chosen, stream)
    values = _Values(labels.loc[chosen], notices)
    whole = np.stack(list(rows.values()))
    complete = ~np.isnan(whole).any(axis=0)
    names = np.array(stream.samples, dtype=object)
    values.genes, negative = names[complete].tolist(), _Negative()
    matrix = whole[chosen][:, complete]
    for gene, column in zip(values.genes, matrix.T, strict=True):
        column[:] = negative.to_zero(gene, column)
    _note_genes(values, names[~complete].tolist(), negative)
    values.matrix = matrix
    return values


def _drop_repeated(values: _Values) -> None:
    """Leave out rows of one name: without an Entrez id nobody can say which gene is which."""
    names = pd.Index(values.genes)
    repeated = names.duplicated(keep=False)
    if repeated.any():
        values.genes, values.matrix = names[~repeated].tolist(), values.matrix[:, ~repeated]
        values.notices.append(
            (
                "rows left out: two under one name",
                int(repeated.sum()),
                some(names[repeated].unique()),
            )
        )


class _Negative:
    """Values below zero: set to zero, and counted."""

    def __init__(self) -> None:
        self.count, self.lowest, self.genes = 0, 0.0, []

    def to_zero(self, gene: str, values: np.ndarray) -> np.ndarray:
        low = values.min()
        if low < 0:
            self.count += int((values < 0).sum())
            self.lowest = min(self.lowest, float(low))
            self.genes.append(gene)
            return np.maximum(values, 0)
        return values


def _note_genes(values: _Values, incomplete: list[str], negative: _Negative) -> None:
    if incomplete:
        values.notices.append(
            (
                "genes left out: not measured in every sample",
                len(incomplete),
                f"{len(values.genes):,} remain; filled they would give the tumor type away: {some(incomplete)}",
            )
        )
    if negative.count:
        values.notices.append(
            (
                "values below zero set to zero",
                negative.count,
                f"left by the batch correction, down to {negative.lowest:g}, in {len(negative.genes):,} genes: {some(negative.genes)}",
            )
        )


def _require_samples(chosen: np.ndarray, stream: GeneStream) -> None:
    if not len(chosen):
        raise InputError(
            where=f"{stream.path}, samples",
            found="no tumor among them",
            expected="at least one sample to read",
            remedy="Set --params pancan.keep_normals=true to read a file of normals.",
        )
