"""Where genes lie on the chromosomes."""

from __future__ import annotations

import pandas as pd

from genex_kedro.errors import InputError
from genex_kedro.genes.table import gene_table

ASSEMBLIES = ("GRCh37", "GRCh38")
_CHROMOSOMES = [*map(str, range(1, 23)), "X", "Y", "MT"]


def positions(assembly: str = "GRCh38") -> pd.DataFrame:
    """The genes with a known position, in the order of the chromosomes 1 ... 22, X, Y, MT.

    Parameters
    ----------
    assembly : str
        ``GRCh38`` or ``GRCh37``.

    Returns
    -------
    DataFrame, indexed by current symbol
        ``chromosome`` (ordered categorical), ``start`` and ``end`` (base pairs, from 1, int64)
        and ``strand`` (1 or -1). Source: Ensembl.

    Raises
    ------
    InputError
        For any other assembly.
    """
    if assembly not in ASSEMBLIES:
        raise InputError(
            where="parameter assembly",
            found=repr(assembly),
            expected=" or ".join(ASSEMBLIES),
            remedy="Set the assembly to GRCh38, or to GRCh37 (hg19) for older coordinates.",
        )
    fields = {f"{name}_{assembly}": name for name in ("chromosome", "start", "end", "strand")}
    table = gene_table().set_index("symbol")[list(fields)].rename(columns=fields)
    table = table[table["chromosome"] != ""].astype({"start": int, "end": int, "strand": int})
    table["chromosome"] = pd.Categorical(table["chromosome"], _CHROMOSOMES, ordered=True)
    return table.sort_values(["chromosome", "start", "end"], kind="stable")


def sex_chromosome_genes() -> frozenset[str]:
    """The current symbols of all genes on X or Y in either assembly.

    Left out where a model could otherwise tell samples apart by the sex of the donor.
    """
    table = gene_table()
    on_sex = (
        table[[f"chromosome_{assembly}" for assembly in ASSEMBLIES]].isin(["X", "Y"]).any(axis=1)
    )
    return frozenset(table.loc[on_sex, "symbol"])
