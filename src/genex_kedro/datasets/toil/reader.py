"""How the Toil files of a folder become one cohort, in one pass over the expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from anndata import AnnData

from genex_kedro.cohort import add_notice, build_cohort
from genex_kedro.datasets.published.files import find_file, require_choice
from genex_kedro.datasets.published.gene_blocks import GeneBlocks
from genex_kedro.datasets.published.gene_stream import GeneStream
from genex_kedro.datasets.published.sample_columns import SampleColumns, plan_columns, sample_name
from genex_kedro.datasets.toil.files import (
    EXPRESSION,
    FETCH,
    PHENOTYPE,
    PROBEMAPS,
    UNIT,
    read_phenotype,
    read_probemap,
)
from genex_kedro.datasets.toil.genes import Annotation, annotate, genes_of_panels, shared_symbols
from genex_kedro.datasets.toil.labels import Labels, label_samples
from genex_kedro.errors import InputError, some
from genex_kedro.units import LOG_CEILING, from_linear, to_linear

GENES = ("panels", "all")
_LIBRARY = 1e6  # TPM are transcripts per million, so that those of a sample sum to it
_TOLERANCE = 2e-3  # four decimals of a logarithm are 3.5e-5 of a value


def file_names(expression: str) -> dict[str, tuple[str, ...]]:
    """The names that each of the three files may have, without ``.gz``."""
    require_choice("toil.expression", expression, tuple(EXPRESSION))
    return {
        "expression": (EXPRESSION[expression],),
        "phenotype": (PHENOTYPE,),
        "probemap": PROBEMAPS,
    }


def find_files(folder: Path, expression: str = "tpm") -> dict[str, Path]:
    """The three files: ``expression``, ``phenotype`` and ``probemap``.

    Raises
    ------
    InputError
        An unknown form of expression; a file is missing or there more than once.
    """
    return {
        what: find_file(folder, names, f"Toil {what}", "toil.folder")
        for what, names in file_names(expression).items()
    }


def read_toil(folder: str | Path, expression: str = "tpm", genes: str = "panels") -> AnnData:
    """Read the Toil files of a folder in one pass.

    Parameters
    ----------
    folder : str or Path
    expression, genes : str
        As for :class:`ToilCohortDataset`.

    Returns
    -------
    AnnData, shape (n_samples, n_genes)
        float32 in log2(tpm+0.001) or log2(x+1); samples in the order of the file, genes in the
        order of their first row. ``obs`` has ``tumor_type, sample_type, detailed_category, sex``
        besides the columns of every cohort. Notices say what was left out, summed and resolved.

    Raises
    ------
    InputError
        A file is missing, damaged or of another layout; labels are unknown; a second column of
        a sample differs; with all genes, TPM that do not sum to a million.
    """
    require_choice("toil.genes", genes, GENES)
    files = find_files(Path(folder), expression)
    annotation = annotate(read_probemap(files["probemap"]), expression)
    phenotype = read_phenotype(files["phenotype"])
    labels = label_samples(phenotype, str(files["phenotype"]))
    stream = GeneStream(files["expression"], "Toil expression", FETCH)
    columns = _join(stream, labels)
    values = _read(stream, columns, annotation, expression, genes)
    if expression == "tpm" and genes == "all" and not values.absent:
        _require_million(values.sums, columns.names, stream.path)
    obs, var = labels.obs.loc[columns.names], annotation.var.iloc[values.genes]
    cohort = build_cohort(values.blocks.to_matrix(), obs, var, UNIT[expression], str(stream.path))
    for notice in (
        *labels.notices,
        *_sample_notices(stream, columns, labels, set(phenotype.index)),
        *_gene_notices(stream, values, genes),
        *shared_symbols(values.rows, annotation),
    ):
        add_notice(cohort, *notice)
    return cohort


@dataclass
class _Values:
    """What the pass over the file brought."""

    blocks: GeneBlocks
    sums: np.ndarray  # TPM of each sample over the rows read
    genes: list[int] = field(default_factory=list)  # in the annotation, in the order read
    rows: list[str] = field(default_factory=list)
    absent: int = 0  # rows of the annotation that were asked for and are not in the file
    not_in_probemap: int = 0


def _join(stream: GeneStream, labels: Labels) -> SampleColumns:
    columns = plan_columns(stream.samples, set(labels.obs.index))
    if not columns.names:
        raise InputError(
            where=f"{stream.path}, header",
            found=f"samples {some(stream.samples, 3)}, none of which the phenotype table labels",
            expected="the sample ids of the phenotype table, one a column",
            remedy="Bring the expression and the phenotype table of the same release.",
        )
    return columns


def _read(
    stream: GeneStream, columns: SampleColumns, annotation: Annotation, expression: str, genes: str
) -> _Values:
    gene_of_row = wanted = annotation.gene_of_row
    if genes == "panels":
        positions = set(genes_of_panels(annotation.var).tolist())
        wanted = {row for row, gene in gene_of_row.items() if gene in positions}
    values = _Values(GeneBlocks(len(columns.names)), np.zeros(len(columns.names)))
    place_of: dict[int, int] = {}
    for row, cells in stream.rows(wanted):
        columns.compare(row, cells)
        own = cells[columns.places]
        _require_logarithms(own, row, columns.names, UNIT[expression], stream.path)
        if expression == "tpm" and genes == "all":
            values.sums += to_linear(own, UNIT[expression])
        gene = gene_of_row[row]
        if gene in place_of:
            _add(values.blocks[place_of[gene]], own, UNIT[expression])
        else:
            place_of[gene] = values.blocks.add(own)
        values.rows.append(row)
    columns.require_identical(stream.samples, stream.path)
    values.genes = list(place_of)
    values.absent = len(wanted) - len(values.rows)
    values.not_in_probemap = stream.n_rows - len(values.rows) if genes == "all" else 0
    if not values.rows:
        raise _no_gene(stream, annotation)
    return values


def _require_logarithms(values: np.ndarray, row: str, samples: list[str], unit: str, path: Path):
    """Before anything is summed: 2**x of a linear value is beyond all numbers."""
    outside = (values > LOG_CEILING) | (values == -np.inf)
    if outside.any():
        first = int(np.argmax(outside))
        raise InputError(
            where=f"{path}, gene {row}, sample {samples[first]}",
            found=f"{values[first]:g}",
            expected=f"{unit}, which is finite and does not exceed {LOG_CEILING:g}",
            remedy=f"The values are no logarithms. {FETCH}",
        )


def _add(total: np.ndarray, more: np.ndarray, unit: str) -> None:
    """Add `more` to `total`, both in `unit` and of shape (n_samples,); never in logarithms."""
    parts = (to_linear(part.astype(np.float64), unit) for part in (total, more))
    total[:] = from_linear(sum(parts), unit)


def _require_million(sums: np.ndarray, samples: list[str], path: Path) -> None:
    wrong = np.flatnonzero(~(np.abs(sums / _LIBRARY - 1) < _TOLERANCE))
    if len(wrong):
        found = some([f"{samples[i]}={sums[i]:,.0f}" for i in wrong])
        raise InputError(
            where=str(path),
            found=f"{len(wrong)} samples whose TPM do not sum to a million: {found}",
            expected=f"{_LIBRARY:,.0f} within {_TOLERANCE:.1%}, as in the published file",
            remedy=FETCH,
        )


def _no_gene(stream: GeneStream, annotation: Annotation) -> InputError:
    return InputError(
        where=f"{stream.path}, first column",
        found=f"{stream.n_rows:,} rows, none of which is a gene asked for",
        expected=f"rows such as {some(list(annotation.gene_of_row), 2)}",
        remedy="Check that expression and probemap belong together (GENCODE v23), and that "
        "toil.expression names the form of the file; toil.genes=all takes every gene.",
    )


def _sample_notices(stream: GeneStream, columns: SampleColumns, labels: Labels, listed: set[str]):
    known = set(stream.samples)
    in_file = {sample_name(name, known): None for name in stream.samples}  # in order
    absent = [sample for sample in labels.obs.index if sample not in in_file]
    unlisted = [sample for sample in in_file if sample not in listed]
    if absent:
        yield ("samples of the phenotype table without expression", len(absent), some(absent))
    if unlisted:
        yield ("samples left out: not in the phenotype table", len(unlisted), some(unlisted))
    if len(columns.copies):
        names = [stream.samples[place] for place in columns.copies[:, 0]]
        detail = f"read once, equal in every gene read: {some(names)}"
        yield ("samples in two identical columns", len(names), detail)


def _gene_notices(stream: GeneStream, values: _Values, genes: str):
    rows, said = len(values.rows), f"of {stream.n_rows:,}"
    if genes == "panels":
        said += "; genes of the panels only: a study of variable or all genes needs toil.genes=all"
    yield ("rows of the expression file read", rows, said)
    if values.absent:
        yield ("genes asked for that the file lacks", values.absent, "rows of the probemap")
    if values.not_in_probemap:
        said = "nothing says which genes they are"
        yield ("rows left out: not in the probemap", values.not_in_probemap, said)
