"""RNAseqDB as a cohort: GTEx normals, TCGA adjacent normals and TCGA tumors on one scale.

Wang et al. 2018, Sci Data 5:180061. The values are FPKM, quantile-normalised and corrected by
ComBat, which now and then blows a value up beyond anything a sequencer can count.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from anndata import AnnData

from genex_kedro.cohort import build_cohort
from genex_kedro.datasets.downloads.sources import Source, choose_files
from genex_kedro.datasets.published.cohort import PublicCohortDataset
from genex_kedro.datasets.rnaseqdb.files import GeneTable, read_file
from genex_kedro.datasets.rnaseqdb.names import find_files, home_of
from genex_kedro.datasets.rnaseqdb.notices import Repairs, note_files, note_genes, note_repairs
from genex_kedro.errors import InputError
from genex_kedro.units import STUDY_UNIT

# A sample's FPKM sum to 2.6e7 (median of the 27 files at hand; the smallest sum is 1.8e7), so a
# gene above 2**24 = 1.7e7 claims a whole library for itself. Real giants stay below: albumin in
# liver reaches 4.7e6. The values above are keratins and the like in tissues where ComBat had
# eleven samples to learn from, and reach 6.7e9.
CLIP_LOG2 = 24.0
_THREADS = min(2, os.cpu_count() or 1)  # a third one gains nothing: the join waits for the slowest


class RnaseqdbCohortDataset(PublicCohortDataset):
    """The RNAseqDB files of a folder as one cohort in log2(x+1).

    Parameters
    ----------
    folder : str or None
        Where the files ``<code>-rsem-fpkm-<kind>.txt.gz`` lie, or their ``normalized`` folder.
    clip_log2 : float
        Largest believable log2(x+1); what lies above is set to it and counted in a notice.
    files : list of str or str, optional
        Names of the files to read (in one text, with blanks between); else all in the folder.
    path, download, offline, metadata
        As for :class:`~genex_kedro.datasets.published.cohort.PublicCohortDataset`; what is missing
        of `files` is fetched, or of all 52.

    Examples
    --------
    ``kedro run --env rnaseqdb --params rnaseqdb.folder=PATH,rnaseqdb.download=true``
    """

    collection = "rnaseqdb"

    def __init__(
        self,
        folder: str | None = None,
        clip_log2: float = CLIP_LOG2,
        files: list[str] | str | None = None,
        path: str | None = None,
        download: bool = False,
        offline: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(folder, path, download, offline, metadata)
        self._clip_log2 = clip_log2
        self._files = files.split() if isinstance(files, str) else files

    def sources(self) -> list[Path]:
        """The files that are read."""
        return [file.path for file in find_files(self._home(), self._files)]

    def _read(self, home: Path) -> AnnData:
        return read_rnaseqdb(home, self._clip_log2, self._files)

    def _published(self) -> list[Source]:
        return choose_files("rnaseqdb", self._files)

    def _in_other_form(self) -> list[Path]:
        return []  # the names are the only form there is

    def _home(self) -> Path:
        return home_of(super()._home())

    def _offline_home(self) -> Path | None:
        return home_of(Path(self._offline)) if self._offline else None

    def _describe(self) -> dict[str, Any]:
        return super()._describe() | {"clip_log2": self._clip_log2, "files": self._files}


def read_rnaseqdb(
    folder: str | Path, clip_log2: float = CLIP_LOG2, names: Sequence[str] | None = None
) -> AnnData:
    """Read the RNAseqDB files of a folder and join them over the genes they share.

    Parameters
    ----------
    folder : str or Path
        Any subset of the 52 files.
    clip_log2 : float
        Largest believable log2(x+1).
    names : sequence of str, optional
        Read these files only.

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
    files = find_files(folder, names)
    with ThreadPoolExecutor(_THREADS) as pool:
        tables = list(pool.map(read_file, files))
        n_genes_in_any = len(pc.unique(pa.chunked_array([table.keys for table in tables])))
        keys = _shared_keys(tables, folder)
        expression, repairs = _assemble(tables, keys, clip_log2, pool)
    obs, var = _samples(tables), _genes(keys)
    cohort = build_cohort(expression, obs, var, STUDY_UNIT, str(folder))
    note_files(cohort, files)
    note_genes(cohort, n_genes_in_any)
    note_repairs(cohort, repairs, clip_log2)
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


def _assemble(tables: list[GeneTable], keys: pa.Array, clip_log2: float, pool: ThreadPoolExecutor):
    """One matrix (n_samples, n_genes) in log2(x+1), filled file by file, and the repairs."""
    ends = np.cumsum([len(table.barcodes) for table in tables])
    expression = np.empty((ends[-1], len(keys)), np.float32)
    blocks = np.split(expression, ends[:-1])
    jobs = [pool.submit(_fill, *pair, keys, clip_log2) for pair in zip(blocks, tables, strict=True)]
    repairs = [job.result() for job in jobs]
    return expression, Repairs(
        sum(repair.clipped for repair in repairs), sum(repair.negative for repair in repairs)
    )


def _fill(block: np.ndarray, table: GeneTable, keys: pa.Array, clip_log2: float) -> Repairs:
    """Put one file's values into its rows of the matrix: order, logarithm, limits."""
    rows = pc.index_in(keys, table.keys).to_numpy()
    for row, column in zip(block, table.columns, strict=True):
        np.take(column.to_numpy(), rows, out=row)
    if not np.isfinite(block).all():  # minus infinity would become a zero, the other be clipped
        sample, gene = np.argwhere(~np.isfinite(block))[0]
        raise InputError(
            where=f"{table.file.path}, gene {keys[gene].as_py().split(chr(9))[0]}, sample {table.barcodes[sample]}",
            found="not a number" if np.isnan(block[sample, gene]) else "an infinite value",
            expected="FPKM; RNAseqDB has no missing values",
            remedy="Delete the file and fetch it again; it is not as published.",
        )
    negative = (block < 0).sum(axis=0)
    np.maximum(block, 0, out=block)
    block += 1
    np.log2(block, out=block)
    clipped = (block > clip_log2).sum(axis=0)  # after the logarithm, which is where it matters
    np.minimum(block, np.float32(clip_log2), out=block)
    return Repairs(clipped, negative)


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
