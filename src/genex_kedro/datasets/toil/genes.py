"""The genes of GENCODE v23 behind the rows of Toil's files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genex_kedro.errors import some
from genex_kedro.genes.identifiers import resolve
from genex_kedro.genes.panels import PANELS, match_panel

_ON_Y = "ENSGR"  # GENCODE v23's ids of the copies on Y of pseudoautosomal genes


@dataclass(frozen=True)
class Annotation:
    """Rows of a file and the genes they belong to.

    Attributes
    ----------
    var : DataFrame, indexed by today's symbol, unique
        ``entrez, ensembl`` and ``given``, GENCODE v23's symbol.
    gene_of_row : dict
        The position in `var` of each first cell: an Ensembl id, or a symbol in the Hugo form.
    """

    var: pd.DataFrame
    gene_of_row: dict[str, int]


def annotate(probemap: pd.DataFrame, expression: str) -> Annotation:
    """Group the probemap's ids by symbol and name the genes as today.

    A symbol shared by several ids is one gene, whose ids are summed; among them are the fifty
    genes whose copy on Y has an id of its own (``ENSGR...``). RSEM shares the reads between the
    identical copies, so that only the sum is the gene's expression, and the published Hugo form
    (58,581 rows, as many as there are symbols) has them in one row too.

    Parameters
    ----------
    probemap : DataFrame
        ``id, symbol``, as :func:`~genex_kedro.datasets.toil.files.read_probemap` gives it.
    expression : {"tpm", "hugo"}
    """
    gene, symbols = pd.factorize(probemap["symbol"])
    ids = probemap["id"].groupby(gene, sort=True).first()
    var = _name(pd.Series(symbols.astype(str)), ids.reset_index(drop=True))
    rows = probemap["id"] if expression == "tpm" else probemap["symbol"]
    return Annotation(var, dict(zip(rows, gene.tolist(), strict=True)))


def genes_of_panels(var: pd.DataFrame) -> np.ndarray:
    """Positions in `var` of the genes of any panel, sorted."""
    return np.unique(np.concatenate([match_panel(var, name)[0] for name in PANELS]))


def shared_symbols(rows: list[str], annotation: Annotation) -> list[tuple[str, int, str]]:
    """Notices on the rows that were summed: symbols of several ids, and copies on Y."""
    genes = pd.Series([annotation.gene_of_row[row] for row in rows])
    repeated = genes.duplicated(keep=False)
    noticed = []
    if repeated.any():
        names = annotation.var.index[genes[repeated].unique()]
        noticed.append(
            (
                "symbols shared by several Ensembl ids",
                len(names),
                f"{int(repeated.sum())} ids, summed as TPM: {some(names)}",
            )
        )
    on_y = [row for row in rows if row.startswith(_ON_Y)]
    if on_y:
        noticed.append(
            (
                "pseudoautosomal genes with a copy on Y",
                len(on_y),
                f"added to the copy on X, with which they share their reads: {some(on_y)}",
            )
        )
    return noticed


def _name(given: pd.Series, ids: pd.Series) -> pd.DataFrame:
    """Today's symbol and ids of each gene, by the symbol it was given, else by its Ensembl id."""
    named, by_id = resolve(given), resolve(ids)
    better = (named["how"] == "unknown") & (by_id["symbol"] != by_id["ensembl"])
    named[better] = by_id[better]
    stable = ids.str.split(".").str[0]
    unknown = named["how"] == "unknown"
    named.loc[unknown, "ensembl"] = stable[unknown]
    named["given"] = given.to_numpy()
    # Two genes that bear one name today were two in GENCODE v23: the other keeps its old name.
    while (clash := named["symbol"].duplicated(keep=False) & (named["symbol"] != given)).any():
        named.loc[clash, "symbol"] = given[clash]
        named.loc[clash, "entrez"] = ""
        named.loc[clash, "ensembl"] = stable[clash]
    return named.set_index("symbol")[["entrez", "ensembl", "given"]]
