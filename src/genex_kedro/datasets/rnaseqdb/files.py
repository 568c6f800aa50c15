"""How one RNAseqDB file is read.

Linear FPKM, genes in rows: ``Hugo_Symbol``, ``Entrez_Gene_Id``, then one column an aliquot
barcode. The order of the rows is random and differs between files, so they are joined by key.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from isal import igzip, isal_zlib

from genex_kedro.cohort import require_unique
from genex_kedro.datasets.file_kind import broken_gzip
from genex_kedro.datasets.rnaseqdb.names import RnaseqdbFile
from genex_kedro.datasets.text_lines import not_utf8
from genex_kedro.errors import InputError, some

ID_COLUMNS = ("Hugo_Symbol", "Entrez_Gene_Id")
_FETCH = "Fetch the original file again"
_BLOCK = 1 << 20  # stays in the cache while it is parsed: a fifth faster than a file at once


@dataclass(frozen=True)
class GeneTable:
    """The content of one file.

    Attributes
    ----------
    file : RnaseqdbFile
    keys : pa.Array of str, shape (n_genes,)
        ``symbol<tab>entrez``: what files are joined by.
    columns : list of pa.ChunkedArray of float32, each of shape (n_genes,)
        Linear FPKM, one array a sample.
    barcodes, patients : list of str, length n_samples
    """

    file: RnaseqdbFile
    keys: pa.Array
    columns: list[pa.ChunkedArray]
    barcodes: list[str]
    patients: list[str]


def read_file(file: RnaseqdbFile) -> GeneTable:
    """Read one file.

    Raises
    ------
    InputError
        Not a whole gzip file; no id columns; a sample or a gene repeated; a value that is no
        number; a row of another length.
    """
    text = _decompress(file.path)
    header = _header(text, file.path)
    barcodes = _check_header(header, file.path)
    table = _parse(text, header, file.path)
    keys = pc.binary_join_element_wise(
        *(pc.utf8_trim_whitespace(table.column(name)) for name in ID_COLUMNS), "\t"
    ).combine_chunks()
    _check_keys(keys, file.path)
    columns = table.columns[len(ID_COLUMNS) :]
    return GeneTable(file, keys, columns, barcodes, file.patients(barcodes))


def _header(text: bytes, path: Path) -> list[str]:
    try:
        return text[: text.find(b"\n")].decode().rstrip("\r").split("\t")
    except UnicodeDecodeError as error:
        raise not_utf8(path, 1, error) from error


def _decompress(path: Path) -> bytes:
    try:
        return igzip.decompress(path.read_bytes())
    except (EOFError, OSError, zlib.error, isal_zlib.error) as error:
        raise broken_gzip(path, error) from error


def _check_header(header: list[str], path: Path) -> list[str]:
    barcodes = header[len(ID_COLUMNS) :]
    ids_again = set(ID_COLUMNS) & set(barcodes)
    if tuple(header[: len(ID_COLUMNS)]) != ID_COLUMNS or not barcodes or ids_again:
        raise InputError(
            where=f"{path}, header",
            found=f"columns {some([repr(name) for name in header], 4)}",
            expected=f"{', '.join(ID_COLUMNS)}, then one column a sample, separated by tabs",
            remedy="Fetch the original file again; other tables are read with --env table.",
        )
    require_unique(pd.Index(barcodes), "sample", str(path), _FETCH)
    return barcodes


def _parse(text: bytes, header: list[str], path: Path) -> pa.Table:
    types = dict.fromkeys(header, pa.float32()) | dict.fromkeys(ID_COLUMNS, pa.string())
    try:
        return pa_csv.read_csv(
            pa.BufferReader(text),
            pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            pa_csv.ParseOptions(delimiter="\t", quote_char=False),
            pa_csv.ConvertOptions(column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid as error:
        # Arrow counts columns from 0; a name is what a user can look for.
        column = re.match(r"In CSV column #(\d+): (.*)", str(error), re.DOTALL)
        raise InputError(
            where=f"{path}, column '{header[int(column[1])]}'" if column else str(path),
            found=column[2] if column else str(error),
            expected=f"{len(header)} fields in every row, numbers after the two ids",
            remedy="Delete the file and fetch it again; it is not as published.",
        ) from error


def _check_keys(keys: pa.Array, path: Path) -> None:
    if not len(keys):
        raise InputError(
            where=str(path),
            found="a header and no rows",
            expected="one row a gene",
            remedy=_FETCH + ".",
        )
    if pc.count_distinct(keys).as_py() < len(keys):
        names = pc.replace_substring(keys, "\t", " ")
        require_unique(names.to_pandas(), "gene", str(path), _FETCH)
