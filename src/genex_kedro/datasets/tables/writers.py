"""Expression tables in the formats that the field reads, one writer each.

``parquet``, ``h5ad``   samples in rows, as Python reads them
``tsv``, ``tsv.gz``     genes in rows, as R, Xena and GSEA expect them
``gct``                 GCT 1.3: genes in rows with their ids, labels of the samples above the values
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
from anndata import AnnData
from isal import igzip

_GENE_IDS = ("entrez", "ensembl")


def write_parquet(cohort: AnnData, path: Path) -> None:
    """Samples in rows, ``sample_id`` as the index, a column a gene."""
    table = cohort.to_df().rename_axis("sample_id")
    # floats hardly repeat: dictionaries and statistics of thousands of columns are lost time
    table.to_parquet(path, use_dictionary=False, write_statistics=False)


def write_h5ad(cohort: AnnData, path: Path) -> None:
    """With the labels in ``obs`` and the unit in ``uns``."""
    cohort.write_h5ad(path)


def write_tsv(cohort: AnnData, path: Path) -> None:
    """Genes in rows; gzip where the name says so, without a time, so that equals are equal."""
    with path.open("wb") as file, ExitStack() as closed:
        stream = file
        if path.suffix == ".gz":
            stream = closed.enter_context(igzip.IGzipFile("", "wb", fileobj=file, mtime=0))
        _write_line(stream, ["symbol", *cohort.obs_names])
        _write_genes(stream, cohort, [cohort.var_names])


def write_gct(cohort: AnnData, path: Path) -> None:
    """GCT 1.3: Entrez and Ensembl ids beside the genes, every label of the samples above them."""
    ids = [cohort.var[name] for name in _GENE_IDS if name in cohort.var]
    corner = [""] * len(ids)
    with path.open("wb") as stream:
        _write_line(stream, ["#1.3"])
        shape = cohort.n_vars, cohort.n_obs, len(ids), cohort.obs.shape[1]
        _write_line(stream, map(str, shape))
        _write_line(stream, ["id", *(column.name for column in ids), *cohort.obs_names])
        for name, labels in cohort.obs.items():
            _write_line(stream, [name, *corner, *labels.astype(str)])
        _write_genes(stream, cohort, [cohort.var_names, *ids])


WRITERS: dict[str, Callable[[AnnData, Path], None]] = {
    "parquet": write_parquet,
    "h5ad": write_h5ad,
    "tsv": write_tsv,
    "tsv.gz": write_tsv,
    "gct": write_gct,
}


def _write_line(stream: BinaryIO, cells) -> None:
    stream.write(("\t".join(cells) + "\n").encode())


def _write_genes(stream: BinaryIO, cohort: AnnData, text: list[pd.Series | pd.Index]) -> None:
    """A line a gene: what names it, then its values with all the digits that float32 has."""
    names = [pa.array(np.asarray(column, dtype=object), pa.string()) for column in text]
    samples = [pa.array(row) for row in np.asarray(cohort.X, np.float32)]
    columns = [*names, *samples]
    table = pa.table(columns, names=[str(place) for place in range(len(columns))])
    options = pacsv.WriteOptions(include_header=False, delimiter="\t", quoting_style="needed")
    pacsv.write_csv(table, stream, options)
