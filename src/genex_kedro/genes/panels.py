"""Gene panels, and how much of a panel a cohort measures."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from genex_kedro.errors import InputError, some
from genex_kedro.genes.table import gene_table, read_resource, row_of_alias, row_of_symbol

PANELS = (
    "foundation_one_308",
    "foundation_one_309",
    "foundation_one_324",
    "l1000",
    "l1000_original",
)
_BY_NAME_ALONE = "l1000_original"


@functools.cache
def panel(name: str) -> pd.DataFrame:
    """The genes of a panel, in the order they were published.

    Parameters
    ----------
    name : str
        One of :data:`PANELS`. ``foundation_one_308`` is the input of paper 000 (inferred: the
        genes of 2014 found in RNAseqDB); ``_309`` and ``_324`` are FoundationOne CDx with full
        exons only, and whole; ``l1000`` the 978 landmark genes; ``l1000_original`` the same under
        the symbols of their release, of which paper 001 found 969 in RNAseqDB.

    Returns
    -------
    DataFrame, shape (n_genes, 2)
        ``symbol`` and ``entrez``, text. Shared between callers: do not change it.

    Raises
    ------
    InputError
        For a name that is no panel.
    """
    if name not in PANELS:
        raise InputError(
            where="parameter reversion.panel, synthesis.panel or tumor_types.panel",
            found=repr(name),
            expected=f"one of {', '.join(PANELS)}, variable, all",
            remedy="Name one of these panels, for example --params synthesis.panel=l1000.",
        )
    return read_resource(f"{name}.tsv")


def match_panel(var: pd.DataFrame, name: str) -> tuple[np.ndarray, list[str]]:
    """Where a cohort holds the genes of a panel.

    A gene is found by its Entrez id; else by its symbol; else by any symbol the same gene ever
    had. ``l1000_original`` is matched by the symbol alone, as the file gave it, which is what
    paper 001 did.

    Parameters
    ----------
    var : DataFrame, indexed by gene symbol
        A cohort's ``var``: ``entrez``, and ``given`` (the name in the file), are used if there.
    name : str
        One of :data:`PANELS`.

    Returns
    -------
    positions : ndarray of int, shape (n_found,)
        Rows of `var`, in the panel's order; none twice.
    missing : list of str
        The symbols of the panel that `var` does not hold.

    Raises
    ------
    InputError
        For a name that is no panel.
    """
    genes = panel(name)
    symbols = pd.Index(var.index.astype(str))
    if name == _BY_NAME_ALONE:
        given = pd.Index(var["given"].astype(str)) if "given" in var else symbols
        by_given = {symbol: row for row, symbol in reversed(list(enumerate(given)))}
        found = [by_given.get(symbol, -1) for symbol in genes["symbol"]]
    else:
        found = _find(genes, symbols, var.get("entrez"))
    positions = np.array([row for row in found if row >= 0], dtype=int)
    missing = [symbol for symbol, row in zip(genes["symbol"], found, strict=True) if row < 0]
    return positions, missing


def find_genes(var: pd.DataFrame, genes: pd.DataFrame) -> np.ndarray:
    """Where a cohort holds the genes of a model, under whatever symbol it knows them by.

    Parameters
    ----------
    var : DataFrame, indexed by gene symbol
        A cohort's ``var``.
    genes : DataFrame, indexed by gene symbol
        A model's genes, with ``entrez`` where it is known.

    Returns
    -------
    ndarray of int, shape (n_genes,)
        Rows of `var`, none twice; -1 where there is none.
    """
    symbols = pd.Index(var.index.astype(str))
    found = symbols.get_indexer(genes.index.astype(str))
    unknown = np.flatnonzero(found < 0)
    if len(unknown):
        left = np.setdiff1d(np.arange(len(symbols)), found)
        entrez = genes["entrez"].astype(str) if "entrez" in genes else pd.Series("", genes.index)
        wanted = pd.DataFrame({"symbol": genes.index.astype(str), "entrez": entrez.to_numpy()})
        among = var["entrez"].iloc[left] if "entrez" in var else None
        rows = np.array(_find(wanted.iloc[unknown], symbols[left], among))
        found[unknown] = np.where(rows >= 0, left[rows], -1) if len(left) else -1
    return found


def require_coverage(
    missing: list[str], name: str, least: float = 0.8, where: str = "the cohort"
) -> None:
    """Refuse a cohort that measures too little of a panel.

    Parameters
    ----------
    missing : list of str
        What :func:`match_panel` did not find.
    name : str
        The panel.
    least : float
        The share of the panel that must be there, from 0 to 1.
    where : str
        What to call the data in the error: the file's path.

    Raises
    ------
    InputError
        Naming the missing genes.
    """
    total = len(panel(name))
    share = 1 - len(missing) / total
    if share < least:
        raise InputError(
            where=f"{where}, panel {name}",
            found=f"{total - len(missing)} of {total} genes ({share:.0%}); missing: {some(missing, 20)}",
            expected=f"at least {least:.0%} of the panel",
            remedy="Bring a table with all measured genes, or choose a panel that it covers "
            f"({', '.join(PANELS)}).",
        )


def _find(genes: pd.DataFrame, symbols: pd.Index, entrez: pd.Series | None) -> list[int]:
    """The row of each panel gene, or -1; a row already given to a gene is not given again."""
    by_symbol = {symbol: row for row, symbol in enumerate(symbols)}
    by_entrez: dict[str, list[int]] = {}
    for row, number in enumerate(entrez if entrez is not None else ()):
        by_entrez.setdefault(str(number), []).append(row)
    found = [-1] * len(genes)
    taken: set[int] = set()
    for by in ("entrez", "symbol", "alias"):
        for place, (symbol, number) in enumerate(genes.itertuples(index=False)):
            if found[place] >= 0:
                continue
            names = [symbol] if by == "symbol" else _all_names(symbol)
            rows = [by_symbol[known] for known in names if known in by_symbol]
            if by == "entrez":
                holders = by_entrez.get(number, []) if number else []
                # An id that two rows carry says nothing by itself: the name must decide.
                rows = holders if len(holders) == 1 else [row for row in rows if row in holders]
            free = [row for row in rows if row not in taken]
            if free:
                found[place] = free[0]
                taken.add(free[0])
    return found


def _all_names(symbol: str) -> list[str]:
    """A symbol first, then the current and every earlier symbol of the same gene."""
    row = row_of_symbol().get(symbol, row_of_alias().get(symbol))
    if row is None:
        return [symbol]
    gene = gene_table().iloc[row]
    return [symbol, gene["symbol"], *filter(None, gene["aliases"].split("|"))]
