"""The gene table: read once, when first asked for."""

from __future__ import annotations

import functools
from importlib.resources import files

import pandas as pd


@functools.cache
def gene_table() -> pd.DataFrame:
    """All known genes, one row a gene, every value text and empty where unknown.

    Returns
    -------
    DataFrame, shape (20,788, 13)
        ``symbol`` (unique), ``entrez``, ``ensembl`` (unique), ``aliases`` and ``older_ensembl``,
        and ``chromosome, start, end, strand`` with the suffixes ``_GRCh37`` and ``_GRCh38``.
        Shared between callers: do not change it.
    """
    return read_resource("genes.tsv.gz")


def read_resource(name: str) -> pd.DataFrame:
    """A table of ``genes/resources`` as text (``NA`` is a name, not a missing value)."""
    with (files("genex_kedro.genes") / "resources" / name).open("rb") as handle:
        compression = "gzip" if name.endswith(".gz") else None
        return pd.read_csv(
            handle, sep="\t", dtype=str, keep_default_na=False, compression=compression
        )


@functools.cache
def row_of_symbol() -> dict[str, int]:
    """The row of :func:`gene_table` of each current symbol."""
    return {symbol: row for row, symbol in enumerate(gene_table()["symbol"])}


@functools.cache
def row_of_alias() -> dict[str, int]:
    """The row of each earlier symbol; a symbol that named two genes is not among them."""
    return {
        alias: row
        for row, aliases in enumerate(gene_table()["aliases"])
        for alias in aliases.split("|")
        if alias
    }


@functools.cache
def row_of_entrez() -> dict[str, int]:
    """The row of each Entrez id that belongs to one gene alone."""
    entrez = gene_table()["entrez"]
    alone = entrez[(entrez != "") & ~entrez.duplicated(keep=False)]
    return dict(zip(alone, alone.index, strict=True))


@functools.cache
def row_of_ensembl() -> dict[str, int]:
    """The row of each Ensembl gene id without its version, of either assembly."""
    table = gene_table()
    older = {ensembl: row for row, ensembl in enumerate(table["older_ensembl"]) if ensembl}
    return older | {ensembl: row for row, ensembl in enumerate(table["ensembl"])}
