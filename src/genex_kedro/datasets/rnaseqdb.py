"""RNAseqDB as a cohort: GTEx normals, TCGA adjacent normals and TCGA tumors on one scale.

Wang et al. 2018, Sci Data 5:180061. The values are FPKM, quantile-normalised and corrected by
ComBat, which now and then blows a value up beyond anything a sequencer can count.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError

from genex_kedro.cohort import STUDY_UNIT, add_notice, build_cohort
from genex_kedro.datasets.rnaseqdb_files import GeneTable, read_file
from genex_kedro.datasets.rnaseqdb_names import FILE_NAMES, RnaseqdbFile, find_files, table_paths
from genex_kedro.errors import InputError
from genex_kedro.fingerprint import file_state

# A sample's FPKM sum to 2.6e7 (median of the 27 files at hand; the smallest sum is 1.8e7), so a
# gene above 2**24 = 1.7e7 claims a whole library for itself. Real giants stay below: albumin in
# liver reaches 4.7e6. The values above are keratins and the like in tissues where ComBat had
# eleven samples to learn from, and reach 6.7e9.
CLIP_LOG2 = 24.0
_THREADS = min(2, os.cpu_count() or 1)  # a third one gains nothing: the join waits for the slowest


class RnaseqdbCohortDataset(AbstractDataset[NoReturn, AnnData]):
    """The RNAseqDB files of a folder as one cohort in log2(x+1).

    Parameters
    ----------
    folder : str or None
        Where the files ``<code>-rsem-fpkm-<kind>.txt.gz`` lie, or their ``normalized`` folder.
    clip_log2 : float
        Largest believable log2(x+1); what lies above is set to it and counted in a notice.
    metadata : dict, optional
        Ignored by Kedro.

    Examples
    --------
    ``kedro run --env rnaseqdb --params rnaseqdb.folder=PATH``
    """

    def __init__(
        self,
        folder: str | None = None,
        clip_log2: float = CLIP_LOG2,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._folder, self._clip_log2 = folder, clip_log2
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort; an InputError, which Kedro wraps in a DatasetError, for anything else."""
        if not self._folder:
            raise InputError(
                where="parameter rnaseqdb.folder",
                found="nothing",
                expected="the folder with the RNAseqDB files",
                remedy="Run with --params rnaseqdb.folder=PATH.",
            )
        return read_rnaseqdb(self._folder, self._clip_log2)

    def save(self, data: NoReturn) -> NoReturn:
        """The published files are never written to."""
        raise DatasetError("RNAseqDB is only read: name another dataset for what you want to save.")

    def _exists(self) -> bool:
        return bool(self._folder) and bool(table_paths(Path(self._folder)))

    def fingerprint(self) -> list:
        """Of the settings and the folder: the runner reads it again when they change."""
        return [self._describe(), self._folder and file_state(Path(self._folder))]

    def _describe(self) -> dict[str, Any]:
        return {"folder": self._folder, "clip_log2": self._clip_log2}


def read_rnaseqdb(folder: str | Path, clip_log2: float = CLIP_LOG2) -> AnnData:
    """Read the RNAseqDB files of a folder and join them over the genes they share.

    Parameters
    ----------
    folder : str or Path
        Any subset of the 52 files.
    clip_log2 : float
        Largest believable log2(x+1).

    Returns
    -------
    AnnData, shape (n_samples, n_genes)
        float32 in log2(x+1); samples in the order of the files' names and columns, genes by
        symbol. ``obs`` has ``tumor_type`` besides the columns of every cohort. Notices say
        which files were read, how many genes were not shared and which values were clipped.

    Raises
    ------
    InputError
        No file; an unknown or a broken one; a gene or a sample repeated; no gene shared.
    """
    folder = Path(folder)
    if not isinstance(clip_log2, int | float) or not clip_log2 > 0:
        raise InputError(
            where="parameter clip_log2",
            found=repr(clip_log2),
            expected="a positive logarithm",
            remedy=f"Leave it at {CLIP_LOG2:g} unless your files are on another scale.",
        )
    files = find_files(folder)
    with ThreadPoolExecutor(_THREADS) as pool:
        tables = list(pool.map(read_file, files))
        n_genes_in_any = len(pc.unique(pa.chunked_array([table.keys for table in tables])))
        keys = _shared_keys(tables, folder)
        expression, repairs = _assemble(tables, keys, clip_log2, pool)
    obs, var = _samples(tables), _genes(keys)
    cohort = build_cohort(expression, obs, var, STUDY_UNIT, str(folder))
    _note_files(cohort, files)
    _note_genes(cohort, n_genes_in_any)
    _note_repairs(cohort, repairs, clip_log2)
    return cohort


def _shared_keys(tables: list[GeneTable], folder: Path) -> pa.Array:
    """The genes of all files, by symbol: filling gaps with zeros would give the tissue away."""
    keys = tables[0].keys
    for table in tables[1:]:
        keys = keys.filter(pc.is_in(keys, table.keys))
    if not len(keys):
        raise InputError(
            where=str(folder),
            found=f"no gene that all {len(tables)} files have",
            expected="the same Hugo_Symbol and Entrez_Gene_Id in every file",
            remedy="Look for a file with other identifiers; read the folder without it.",
        )
    return keys.take(pc.sort_indices(keys))


@dataclass
class _Repairs:
    """How many values of each gene were mended, each of shape (n_genes,)."""

    clipped: np.ndarray
    negative: np.ndarray


def _assemble(tables: list[GeneTable], keys: pa.Array, clip_log2: float, pool: ThreadPoolExecutor):
    """One matrix (n_samples, n_genes) in log2(x+1), filled file by file, and the repairs."""
    ends = np.cumsum([len(table.barcodes) for table in tables])
    expression = np.empty((ends[-1], len(keys)), np.float32)
    blocks = np.split(expression, ends[:-1])
    jobs = [pool.submit(_fill, *pair, keys, clip_log2) for pair in zip(blocks, tables, strict=True)]
    repairs = [job.result() for job in jobs]
    return expression, _Repairs(
        sum(repair.clipped for repair in repairs), sum(repair.negative for repair in repairs)
    )


def _fill(block: np.ndarray, table: GeneTable, keys: pa.Array, clip_log2: float) -> _Repairs:
    """Put one file's values into its rows of the matrix: order, logarithm, limits."""
    rows = pc.index_in(keys, table.keys).to_numpy()
    for row, column in zip(block, table.columns, strict=True):
        np.take(column.to_numpy(), rows, out=row)
    if np.isnan(block).any():
        sample, gene = np.argwhere(np.isnan(block))[0]
        raise InputError(
            where=f"{table.file.path}, gene {keys[gene].as_py().split(chr(9))[0]}, sample {table.barcodes[sample]}",
            found="not a number",
            expected="FPKM; RNAseqDB has no missing values",
            remedy="Delete the file and fetch it again; it is not as published.",
        )
    negative = (block < 0).sum(axis=0)
    np.maximum(block, 0, out=block)
    block += 1
    np.log2(block, out=block)
    clipped = (block > clip_log2).sum(axis=0)  # after the logarithm, which is where it matters
    np.minimum(block, np.float32(clip_log2), out=block)
    return _Repairs(clipped, negative)


def _samples(tables: list[GeneTable]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"patient_id": table.patients, **table.file.labels}, index=pd.Index(table.barcodes)
        )
        for table in tables
    ]
    return pd.concat(parts)


def _genes(keys: pa.Array) -> pd.DataFrame:
    symbols, entrez = zip(*(key.split("\t") for key in keys.to_pylist()), strict=True)
    return pd.DataFrame({"entrez": entrez}, index=pd.Index(symbols)).replace({"entrez": {"0": ""}})


def _note_files(cohort: AnnData, files: list[RnaseqdbFile]) -> None:
    read = [file.path.name for file in files]
    missing = [name for name in FILE_NAMES if name not in read]
    text = f"read: {', '.join(read)}; not in the folder: {', '.join(missing) or 'none'}"
    add_notice(cohort, "RNAseqDB files read, of 52", len(read), text)


def _note_genes(cohort: AnnData, n_genes_in_any: int) -> None:
    if dropped := n_genes_in_any - cohort.n_vars:
        add_notice(cohort, "genes not in every file", dropped,
                   "left out: filled with zeros they would give the tissue away")  # fmt: skip
    if unknown := int((cohort.var["entrez"] == "").sum()):
        add_notice(cohort, "genes without an Entrez id", unknown, "matched by symbol only")


def _note_repairs(cohort: AnnData, repairs: _Repairs, clip_log2: float) -> None:
    for count, check, text in (
        (repairs.clipped, "values clipped", f"set to log2(x+1) = {clip_log2:g}: more than a whole"
         " sample sums to, left by the batch correction"),
        (repairs.negative, "negative values", "set to 0: FPKM cannot be negative"),
    ):  # fmt: skip
        genes = cohort.var_names[count > 0]
        if len(genes):
            add_notice(cohort, check, count.sum(), f"{text}; genes {', '.join(genes)}")
