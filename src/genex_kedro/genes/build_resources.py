"""Remake the files in ``genes/resources`` from the published gene lists.

``python -m genex_kedro.genes.build_resources FOLDER``, where FOLDER holds ``gene_panels`` and
``gene_positions`` (protein-coding genes of GRCh37 and GRCh38 with Entrez and Ensembl ids; the
L1000 landmark genes as released and with the symbols of 2016; the FoundationOne genes).

The two assemblies are joined gene by gene, and a gene's earlier symbols become its aliases.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pandas as pd

RESOURCES = Path(__file__).parent / "resources"
COLUMNS = ["symbol", "entrez", "ensembl", "aliases", "older_ensembl"] + [
    f"{field}_{assembly}"
    for assembly in ("GRCh37", "GRCh38")
    for field in ("chromosome", "start", "end", "strand")
]
_POSITION = {"chr": "chromosome", "start": "start", "end": "end", "strand": "strand"}
# The one panel gene that codes for no protein, and so is in neither list of positions.
_NOT_CODING = {"symbol": "TERC", "entrez": "7012", "ensembl": "ENSG00000270141"}
_RECENT_ENTREZ = 9  # digits; ids this long were given to loci that often already had a gene's id


def main(folder: str | Path) -> None:
    """Write ``genes.tsv.gz`` and one ``<panel>.tsv`` a panel."""
    RESOURCES.mkdir(exist_ok=True)
    panels = Path(folder) / "gene_panels"
    l1000 = _read(panels / "l1000_landmark_978_with_entrez.tsv")
    genes = gene_table(
        _read(Path(folder) / "gene_positions" / "gene_positions_grch37_protein_coding.tsv"),
        _read(Path(folder) / "gene_positions" / "gene_positions_grch38_protein_coding.tsv"),
        l1000,
    )
    text = genes.to_csv(sep="\t", index=False, lineterminator="\n")
    (RESOURCES / "genes.tsv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))

    _write_panel("l1000", l1000.rename(columns={"symbol_2016": "symbol"}))
    original = _symbols(panels / "l1000_landmark_978_original_symbols.txt")
    by_original = l1000.set_index("symbol_original")["entrez"]
    _write_panel(
        "l1000_original",
        pd.DataFrame({"symbol": original, "entrez": by_original[original].to_numpy()}),
    )
    for name, file in {
        "foundation_one_308": "foundationone_308_inferred.txt",
        "foundation_one_309": "foundationone_cdx_309.txt",
        "foundation_one_324": "foundationone_cdx_324.txt",
    }.items():
        symbols = _symbols(panels / file)
        _write_panel(name, pd.DataFrame({"symbol": symbols, "entrez": _entrez_of(symbols, genes)}))


def gene_table(old: pd.DataFrame, new: pd.DataFrame, l1000: pd.DataFrame) -> pd.DataFrame:
    """One row a gene: GRCh38's genes, then those only GRCh37 lists; columns :data:`COLUMNS`."""
    old = old.assign(partner=_partners(old, new))
    genes = _positions_of(new, "GRCh38").assign(entrez=_settle_entrez(old, new))
    linked = old[old["partner"] >= 0].set_index("partner")
    genes = genes.join(
        _positions_of(linked, "GRCh37")
        .drop(columns=["symbol", "entrez"])
        .rename(columns={"ensembl": "older_ensembl"})
        .assign(aliases=linked["symbol"])
    )
    only_old = old[(old["partner"] < 0) & ~old["symbol"].isin(new["symbol"])]
    genes = pd.concat(
        [genes, _positions_of(only_old, "GRCh37"), pd.DataFrame([_NOT_CODING])], ignore_index=True
    )
    genes = genes.reindex(columns=COLUMNS).fillna("")
    genes.loc[genes["older_ensembl"] == genes["ensembl"], "older_ensembl"] = ""
    return _add_aliases(genes, l1000)


def _partners(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """For each gene of GRCh37 the row of the same gene in GRCh38, or -1.

    By Ensembl id; else by symbol; else by an Entrez id that names one gene in either list. Entrez
    comes last because Ensembl gives some genes the Entrez id of a neighbour (SEPT5: GP1BB's).
    """
    partner = pd.Series(-1, index=old.index)
    for key in ("ensgene", "symbol", "entrez"):
        free = new[~new.index.isin(partner) & (new[key] != "") & ~new[key].duplicated(keep=False)]
        here = (partner < 0) & (old[key] != "") & ~old[key].duplicated(keep=False)
        row_of = pd.Series(free.index, index=free[key])
        partner[here] = old.loc[here, key].map(row_of).fillna(-1).astype(int)
    return partner


def _settle_entrez(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """GRCh38's Entrez id of each gene, or GRCh37's where that one is the better.

    Better: GRCh38 has none, shares it between genes, or has a recent locus id, and GRCh37's is
    held by no other gene of GRCh38.
    """
    linked = old[old["partner"] >= 0].set_index("partner")
    older = linked["entrez"].reindex(new.index).fillna("")
    doubtful = new["entrez"].duplicated(keep=False) | (new["entrez"].str.len() >= _RECENT_ENTREZ)
    use_old = doubtful & (older != "") & ~older.isin(new["entrez"]) & ~older.duplicated(keep=False)
    return new["entrez"].mask(use_old, older)


def _positions_of(table: pd.DataFrame, assembly: str) -> pd.DataFrame:
    renamed = {column: f"{name}_{assembly}" for column, name in _POSITION.items()}
    return table[["symbol", "entrez", "ensgene", *_POSITION]].rename(
        columns={"ensgene": "ensembl", **renamed}
    )


def _add_aliases(genes: pd.DataFrame, l1000: pd.DataFrame) -> pd.DataFrame:
    """Add the L1000's symbols, set its Entrez ids, and drop aliases that name two genes."""
    names = [{alias} - {""} for alias in genes["aliases"]]
    row_of_symbol = {symbol: row for row, symbol in enumerate(genes["symbol"])}
    row_of_alias = {alias: row for row, aliases in enumerate(names) for alias in aliases}
    row_of_entrez = {entrez: row for row, entrez in enumerate(genes["entrez"]) if entrez}
    for symbol, original, entrez in l1000.itertuples(index=False):
        row = next(
            table[key]
            for table, key in (
                (row_of_symbol, symbol),
                (row_of_entrez, entrez),
                (row_of_alias, symbol),
            )
            if key in table
        )
        genes.loc[row, "entrez"] = entrez
        names[row] |= {symbol, original} - {genes.loc[row, "symbol"]}
    counts = pd.Series([alias for aliases in names for alias in aliases]).value_counts()
    unclear = set(counts.index[counts > 1]) | set(genes["symbol"])
    genes["aliases"] = ["|".join(sorted(aliases - unclear)) for aliases in names]
    return genes


def _entrez_of(symbols: list[str], genes: pd.DataFrame) -> list[str]:
    named = genes.assign(name=(genes["symbol"] + "|" + genes["aliases"]).str.split("|"))
    entrez = named.explode("name").query("name != ''").set_index("name")["entrez"]
    return entrez[symbols].tolist()


def _write_panel(name: str, panel: pd.DataFrame) -> None:
    panel[["symbol", "entrez"]].to_csv(
        RESOURCES / f"{name}.tsv", sep="\t", index=False, lineterminator="\n"
    )


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def _symbols(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


if __name__ == "__main__":
    main(sys.argv[1])
