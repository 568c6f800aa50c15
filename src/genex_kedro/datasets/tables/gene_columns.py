"""Genes of a table under the names of today, each once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from genex_kedro.cohort import require_unique
from genex_kedro.datasets.tables.raw_table import ENSEMBL, ENTREZ, SYMBOL
from genex_kedro.errors import InputError, some
from genex_kedro.genes.identifiers import resolve
from genex_kedro.units import from_linear, to_linear

_LEAST_KNOWN = 0.5
# A table of 60,000 transcribed loci names more pseudogenes than genes, and is still no mistake.
_ENOUGH_KNOWN = 5_000
_SAID = {
    "alias": "genes under an earlier symbol",
    "date": "gene symbols that a spreadsheet had turned into dates",
    "unknown": "gene names that are not known, kept as they are",
}


@dataclass
class Genes:
    """``var`` in the order of the table (a gene may occur twice yet), and what was noticed."""

    var: pd.DataFrame
    notices: list[tuple[str, int, str]] = field(default_factory=list)


def name_genes(names: list[str], annotations: pd.DataFrame, where: str) -> Genes:
    """Resolve the names of a table's genes.

    Parameters
    ----------
    names : list of str, length n_genes
    annotations : DataFrame, shape (n_genes, any)
        Further text columns of the file; Entrez, Ensembl and symbol columns help.
    where : str

    Returns
    -------
    Genes
        ``var`` indexed by symbol with ``entrez, ensembl, given``.

    Raises
    ------
    InputError
        Blank or repeated names; fewer than half of the names (and fewer than 5,000) are genes.
    """
    _require_names(names, where)
    require_unique(pd.Index(names), "gene", where)
    lower = {str(column).lower(): annotations[column].astype(str) for column in annotations}
    resolved = resolve(names, _first_of(lower, ENTREZ), _first_of(lower, ENSEMBL))
    symbols = _first_of(lower, SYMBOL)
    if symbols is not None:  # probes or private ids in the first column, symbols beside them
        again = resolve(symbols)
        better = (resolved["how"] == "unknown") & (again["how"] != "unknown")
        resolved[better] = again[better]
    _require_known(resolved["how"], names, where)
    var = resolved.assign(given=names).set_index("symbol")
    genes = Genes(var[["entrez", "ensembl", "given"]])
    for how, said in _SAID.items():
        given = var["given"][(var["how"] == how).to_numpy()]
        if len(given):
            shown = given if how == "unknown" else given + " -> " + given.index
            genes.notices.append((said, len(given), some(shown)))
    on_y = var["given"][var.index.str.endswith("_PAR_Y")]
    if len(on_y):
        said = "genes copied on Y (PAR), kept apart from the copy on X as <symbol>_PAR_Y"
        genes.notices.append((said, len(on_y), some(on_y)))
    nameless = var.index[(var["ensembl"] == var.index) & (var["ensembl"] != "")]
    if len(nameless):
        genes.notices.append(("Ensembl ids without a symbol here", len(nameless), some(nameless)))
    return genes


def merge_repeated(values: np.ndarray, genes: Genes, unit: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Add up, in linear space, columns that turned out to be the same gene.

    Parameters
    ----------
    values : ndarray, shape (n_samples, n_given)
    genes : Genes
        Gets a notice for what was added up.
    unit : str
        The unit of `values`; logarithms are undone before and taken again after.

    Returns
    -------
    values : ndarray, shape (n_samples, n_genes)
        A sum with a missing part is missing.
    var : DataFrame, indexed by symbol, unique
    """
    symbols = genes.var.index
    repeated = symbols[symbols.duplicated()].unique()
    if not len(repeated):
        return values, genes.var
    keep = ~symbols.duplicated()
    var = genes.var[keep].copy()
    merged = values[:, keep]
    said = []
    for symbol in repeated:
        columns = np.flatnonzero(symbols == symbol)
        total = to_linear(values[:, columns].astype(np.float64), unit).sum(axis=1)
        merged[:, var.index.get_loc(symbol)] = from_linear(total, unit)
        said.append(f"{' + '.join(genes.var['given'].iloc[columns])} -> {symbol}")
    genes.notices.append(("genes under two names, summed in linear space", len(said), some(said)))
    return merged, var


def _first_of(columns: dict[str, pd.Series], names: tuple[str, ...]) -> pd.Series | None:
    return next((columns[name] for name in names if name in columns), None)


def _require_names(names: list[str], where: str) -> None:
    blank = [str(place + 1) for place, name in enumerate(names) if not name]
    if blank:
        raise InputError(
            where=where,
            found=f"{len(blank)} genes without a name, at positions {some(blank)}",
            expected="a name for every gene",
            remedy="Delete the empty lines or columns, or name their genes.",
        )


def _require_known(how: pd.Series, names: list[str], where: str) -> None:
    # TP53|7157 is a gene by its form, even if its Entrez id is not of a gene known here
    known = int(((how != "unknown") | pd.Series(names).str.fullmatch(r"[^|]+\|\d+")).sum())
    if known < _LEAST_KNOWN * len(names) and known < _ENOUGH_KNOWN:
        unknown = [name for name, kind in zip(names, how, strict=True) if kind == "unknown"]
        raise InputError(
            where=where,
            found=f"{known} of {len(names)} names are genes; not known: {some(unknown)}",
            expected=f"at least {_LEAST_KNOWN:.0%} human gene symbols, Entrez or Ensembl gene ids",
            remedy="Check which side of the table holds the genes, and map probes, transcripts or "
            "genes of another species to human genes first.",
        )
