"""The genes of the Pan-Cancer Atlas: ``SYMBOL|Entrez``, some without a symbol, one twice."""

from __future__ import annotations

import pandas as pd

from genex_kedro.genes.identifiers import resolve


def name_rows(rows: list[str]) -> pd.DataFrame:
    """Today's name of every row.

    Where two rows would bear one name, their Entrez ids tell them apart (``SLC35E2|9906`` is
    SLC35E2A today, ``SLC35E2|728661`` SLC35E2B); what still clashes keeps the row's own text.

    Parameters
    ----------
    rows : list of str, unique, length n_genes
        ``SYMBOL|Entrez``, a symbol or an Entrez id.

    Returns
    -------
    DataFrame, indexed by symbol, unique, in the order of `rows`
        ``entrez, ensembl`` and ``given``, the symbol in the file (the whole row where it is ``?``).
    """
    parts = pd.Series(rows, dtype=object).str.partition("|")
    entrez = parts[2]
    named = resolve(rows)
    named["given"] = parts[0].where(parts[0] != "?", rows)
    by_entrez = resolve(entrez)
    clash = named["symbol"].duplicated(keep=False)
    known = clash & (by_entrez["how"] == "entrez")
    columns = ["symbol", "entrez", "ensembl"]
    named.loc[known, columns] = by_entrez.loc[known, columns]
    # the row that bore the name in the file keeps it; all others of that name do not
    while (clash := named["symbol"].duplicated(keep=False)).any():
        other = clash & (named["symbol"] != named["given"])
        other = other if other.any() else clash
        named.loc[other, "symbol"] = pd.Series(rows, dtype=object)[other]
        named.loc[other, "entrez"] = entrez[other]
        named.loc[other, "ensembl"] = ""
    return named.set_index("symbol")[["entrez", "ensembl", "given"]]
