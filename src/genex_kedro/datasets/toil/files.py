"""The files of UCSC Xena's Toil recompute: where they lie in a folder and what is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from genex_kedro.cohort import require_columns, require_unique
from genex_kedro.datasets.file_kind import file_kind
from genex_kedro.datasets.text_lines import decoded_lines, delimited_rows, whole_bytes
from genex_kedro.errors import InputError

EXPRESSION = {
    "tpm": "TcgaTargetGtex_rsem_gene_tpm",
    "hugo": "TcgaTargetGtex_RSEM_Hugo_norm_count",
}
UNIT = {"tpm": "log2(tpm+0.001)", "hugo": "log2(x+1)"}
PHENOTYPE = "TcgaTargetGTEX_phenotype.txt"
PROBEMAPS = ("gencode.v23.annotation.gene.probemap", "gencode_v23_genes.txt")
FETCH = "Fetch the file again from the Toil hub (toil.xenahubs.net); it is not as published."
_PHENOTYPE_COLUMNS = {
    "sample": "sample",
    "detailed_category": "detailed_category",
    "primary disease or tissue": "disease",
    "_primary_site": "site",
    "_sample_type": "sample_type",
    "_gender": "sex",
    "_study": "study",
}


def read_phenotype(path: Path) -> pd.DataFrame:
    """The phenotype table, indexed by sample.

    The table is latin-1 with one odd byte, 0xCA, where a space belongs.

    Returns
    -------
    DataFrame, indexed by sample id
        ``detailed_category, disease, site, sample_type, sex, study``: text, empty = missing.

    Raises
    ------
    InputError
        A column is missing; a row of another length; a sample twice.
    """
    content = whole_bytes(path, file_kind(path, "Toil's phenotype table"))
    # by line feeds alone: Unicode sees line ends in bytes that are letters of latin-1's neighbours
    lines = re.split(r"\r?\n", content.replace(b"\xca", b" ").decode("latin-1"))
    header = lines[0].split("\t")
    require_columns(pd.Index(header), _PHENOTYPE_COLUMNS, f"{path}, header", FETCH)
    rows = [line.split("\t") for line in lines[1:] if line]
    _require_width(path, rows, len(header))
    table = pd.DataFrame(rows, columns=header, dtype=object).rename(columns=_PHENOTYPE_COLUMNS)
    table = table[list(_PHENOTYPE_COLUMNS.values())].apply(lambda labels: labels.str.strip())
    require_unique(pd.Index(table["sample"]), "sample id", f"{path}, column 'sample'")
    return table.set_index("sample")


def read_probemap(path: Path) -> pd.DataFrame:
    """Which symbol each Ensembl gene id of GENCODE v23 stands for.

    Reads Xena's probemap (``id, gene, chrom, ...`` with a header) and GENCODE's list
    (``"id"; "type"; "symbol";`` without).

    Returns
    -------
    DataFrame
        ``id`` (with version, unique) and ``symbol``, text, in the order of the file.

    Raises
    ------
    InputError
        Neither of the layouts; a row of another length; an id twice.
    """
    lines = list(decoded_lines(path, file_kind(path, "the probemap")))
    is_xena = lines[0].split("\t")[:2] in (["id", "gene"], ["#id", "gene"])
    if is_xena:
        rows = [line.rstrip("\r\n").split("\t") for line in lines[1:] if line.strip()]
        _require_width(path, rows, len(lines[0].rstrip("\r\n").split("\t")))
        pairs = [row[:2] for row in rows]
    else:
        rows = [row for _, row in delimited_rows(lines, ";", path) if row]
        rows = [[cell.strip().strip('"') for cell in row] for row in rows]
        _require_gencode(path, rows)
        pairs = [[row[0], row[2]] for row in rows]
    table = pd.DataFrame(pairs, columns=["id", "symbol"], dtype=object)
    require_unique(pd.Index(table["id"]), "gene", f"{path}, column 'id'")
    return table


def _require_gencode(path: Path, rows: list[list[str]]) -> None:
    for line, row in enumerate(rows, 1):
        if len(row) not in (3, 4) or any(row[3:]) or not row[0].startswith("ENSG") or not row[2]:
            raise InputError(
                where=f"{path}, line {line}",
                found=repr("; ".join(row)[:60]),
                expected='a header \'id, gene, ...\' as Xena\'s probemap has, or rows \'"ENSG..."; "type"; "symbol";\'',
                remedy="Fetch gencode.v23.annotation.gene.probemap from the Toil hub (toil.xenahubs.net) again.",
            )


def _require_width(path: Path, rows: list[list[str]], width: int) -> None:
    for line, row in enumerate(rows, 2):
        if len(row) != width:
            raise InputError(
                where=f"{path}, line {line}, {row[0]}",
                found=f"{len(row)} columns",
                expected=f"{width} columns, as in the header",
                remedy=FETCH,
            )
