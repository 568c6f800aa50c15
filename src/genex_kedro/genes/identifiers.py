"""From the names a file gives to genes: symbols, aliases, Entrez, Ensembl, spoiled dates."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from genex_kedro.genes.excel_dates import symbols_behind
from genex_kedro.genes.table import (
    gene_table,
    row_of_alias,
    row_of_ensembl,
    row_of_entrez,
    row_of_symbol,
)

_ENSEMBL = re.compile(r"ENSG(R?)(\d{10,11})(?:\.\d+)?(_PAR_Y)?")
_NUMBER = re.compile(r"(\d+)(?:\.0)?")
_WITH_ENTREZ = re.compile(r"([^|]+)\|(\d+)")  # TP53|7157, the Pan-Cancer Atlas and Firehose


def resolve(
    names: Iterable, entrez: Iterable | None = None, ensembl: Iterable | None = None
) -> pd.DataFrame:
    """What each given name is called today.

    A current symbol decides first, then an earlier symbol, since annotations often give a gene
    the Entrez id of a paralogue or neighbour; then the Entrez id, the Ensembl id, and last a date
    that a spreadsheet made of a symbol, if exactly one gene fits that no other row names.

    Parameters
    ----------
    names : iterable of str, length n
        Symbols, Entrez ids (``7157``, ``7157.0``), Ensembl gene ids (versions are ignored) or
        ``SYMBOL|Entrez``, in any mixture.
    entrez, ensembl : iterable of str, length n, optional
        Further columns of the file; empty, ``0`` or ``NA`` where it has none.

    Returns
    -------
    DataFrame, shape (n, 4), indexed 0 ... n-1
        ``symbol, entrez, ensembl`` (text) and ``how``: symbol, alias, entrez, ensembl, date or
        unknown. Unknown names stay as they are, with the ids the file gave; an Ensembl id outside
        the gene table (most code for no protein) is its own symbol. Copies of a gene in the
        pseudoautosomal region of Y (``ENSGR...``, ``..._PAR_Y``) are named ``<symbol>_PAR_Y``:
        they are not the copy on X. Two names may resolve to the same gene; what to do then is
        the reader's decision.
    """
    names = [str(name).strip() for name in names]
    entrez_given = _clean(entrez, len(names))
    ensembl_given = _clean(ensembl, len(names))
    use_numbers = not _are_row_numbers(names)
    rows = [
        _resolve_one(name, number, stable, use_numbers)
        for name, number, stable in zip(names, entrez_given, ensembl_given, strict=True)
    ]
    _part_from_neighbours(names, rows)
    _repair_dates(names, rows)
    return pd.DataFrame(rows, columns=["symbol", "entrez", "ensembl", "how"], dtype=object)


def _resolve_one(name: str, entrez: str, ensembl: str, use_numbers: bool) -> list[str]:
    if match := _WITH_ENTREZ.fullmatch(name):
        name, entrez = match.groups()
    if name in row_of_symbol():
        return _gene(row_of_symbol()[name], "symbol")
    if name in row_of_alias():
        return _gene(row_of_alias()[name], "alias")
    number = _NUMBER.fullmatch(name)
    for candidate in (entrez, number[1] if number and use_numbers else ""):
        if candidate in row_of_entrez():
            return _gene(row_of_entrez()[candidate], "entrez")
    for candidate in (ensembl, name):
        if match := _ENSEMBL.fullmatch(candidate):
            return _by_ensembl(match)
    return [f"entrez {entrez}" if name == "?" and entrez else name, entrez, ensembl, "unknown"]


def _by_ensembl(match: re.Match) -> list[str]:
    on_y = bool(match[1] or match[3])
    stable = f"ENSG{match[2].zfill(11)}"
    row = row_of_ensembl().get(stable)
    if not on_y:
        return [stable, "", stable, "ensembl"] if row is None else _gene(row, "ensembl")
    symbol = stable if row is None else gene_table()["symbol"].iloc[row]
    return [f"{symbol}_PAR_Y", "", f"{stable}_PAR_Y", "ensembl"]


def _gene(row: int, how: str) -> list[str]:
    table = gene_table()
    return [*(table[column].to_numpy()[row] for column in ("symbol", "entrez", "ensembl")), how]


def _part_from_neighbours(names: list[str], rows: list[list[str]]) -> None:
    """Leave a named row alone whose Entrez id is that of a gene another row names.

    Read-through loci often carry a neighbour's id, yet are no second copy of the neighbour.
    """
    named = {row[0] for row in rows if row[3] in ("symbol", "alias")}
    for place, row in enumerate(rows):
        if row[3] == "entrez" and row[0] in named and not _NUMBER.fullmatch(names[place]):
            rows[place] = [names[place].split("|")[0], "", "", "unknown"]


def _repair_dates(names: list[str], rows: list[list[str]]) -> None:
    """Give dates back their gene, where one alone fits and the file does not already have it."""
    dates = {
        place: symbols
        for place, row in enumerate(rows)
        if row[3] == "unknown" and (symbols := symbols_behind(names[place]))
    }
    present = {row[0] for row in rows if row[3] != "unknown"} if dates else set()
    for place, symbols in dates.items():
        fits = {row_of_symbol().get(s, row_of_alias().get(s)) for s in symbols} - {None}
        fits = {row for row in fits if gene_table()["symbol"].iloc[row] not in present}
        if len(fits) == 1:
            rows[place] = _gene(fits.pop(), "date")


def _are_row_numbers(names: list[str]) -> bool:
    """Whether the names merely count the rows: then they are no Entrez ids, though many look it."""
    if len(names) < 3 or not all(name.isdecimal() for name in names):
        return False
    numbers = [int(name) for name in names]
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(names)))


def _clean(ids: Iterable | None, length: int) -> list[str]:
    if ids is None:
        return [""] * length
    ids = [str(value).strip().removesuffix(".0") for value in ids]
    return ["" if value in ("", "0", "-", "NA", "nan", "None", "<NA>") else value for value in ids]
