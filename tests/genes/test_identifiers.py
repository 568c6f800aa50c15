"""Genes are found under any of their names, and nothing is guessed that could be two genes."""

import pandas as pd
import pytest

from genex_kedro.genes.excel_dates import symbols_behind
from genex_kedro.genes.identifiers import resolve


@pytest.mark.parametrize(
    ("name", "symbol", "how"),
    [
        ("TP53", "TP53", "symbol"),
        (" TP53 ", "TP53", "symbol"),
        ("TP53|7157", "TP53", "symbol"),
        ("7157", "TP53", "entrez"),
        ("7157.0", "TP53", "entrez"),
        ("?|7157", "TP53", "entrez"),
        ("ENSG00000141510", "TP53", "ensembl"),
        ("ENSG00000141510.17", "TP53", "ensembl"),
        ("KIAA1279", "KIFBP", "alias"),
        ("C11orf30", "EMSY", "alias"),
        ("SEPT5", "SEPTIN5", "alias"),
        ("1-Sep", "SEPTIN1", "date"),
        ("Sep-02", "SEPTIN2", "date"),
        ("2001-09-01", "SEPTIN1", "date"),
        ("2023-09-07 00:00:00", "SEPTIN7", "date"),
        ("5-Mar", "MARCHF5", "date"),
        ("1-Dec", "DEC1", "date"),
        ("15-Sep", "SELENOF", "date"),
        ("ENSG00000999999.1", "ENSG00000999999", "ensembl"),
        ("not a gene", "not a gene", "unknown"),
        ("NA", "NA", "unknown"),
    ],
)
def test_a_name_resolves(name, symbol, how):
    (row,) = resolve([name]).itertuples(index=False)
    assert (row.symbol, row.how) == (symbol, how)


def test_the_copy_on_y_is_kept_apart():
    names = ["ENSG00000182378.14", "ENSGR0000182378.10", "ENSG00000182378.15_PAR_Y"]
    assert resolve(names)["symbol"].tolist() == ["PLCXD1", "PLCXD1_PAR_Y", "PLCXD1_PAR_Y"]


def test_a_date_that_fits_two_genes_is_not_guessed():
    assert resolve(["2-Mar"])["how"].tolist() == ["unknown"]  # MARCH2 or MARC2
    assert resolve(["2-Mar", "MTARC2"])["symbol"].tolist() == ["MARCHF2", "MTARC2"]
    assert resolve(["2002-09-01"])["how"].tolist() == ["unknown"]  # SEPT1 of 2002, or SEPT2


@pytest.mark.parametrize("name", ["TP53", "1-Jan", "30", "2001-13-01", "Foo-01", ""])
def test_what_is_no_spoiled_symbol(name):
    resolved = resolve([name])
    assert resolved["how"].iloc[0] != "date"
    assert symbols_behind(name) == [] or name == "1-Jan"


def test_row_numbers_are_no_entrez_ids():
    assert set(resolve(map(str, range(1, 30)))["how"]) == {"unknown"}
    assert "entrez" in set(resolve(["1", "2", "9", "10"])["how"])


def test_further_columns_help_and_read_through_loci_stay():
    resolved = resolve(["old name", "AKAP2", "AKAP2-NEXT"], entrez=["7157", "11217", "11217"])
    assert resolved["symbol"].tolist() == ["TP53", "AKAP2", "AKAP2-NEXT"]
    resolved = resolve(["x"], entrez=["0"], ensembl=["ENSG00000141510.1"])
    assert resolved["entrez"].tolist() == ["7157"]


def test_one_row_per_given_name():
    resolved = resolve(["TP53", "KIAA1279", "KIFBP", "TP53"])
    assert isinstance(resolved, pd.DataFrame)
    assert resolved["symbol"].tolist() == ["TP53", "KIFBP", "KIFBP", "TP53"]
