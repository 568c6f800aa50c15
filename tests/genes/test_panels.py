"""Panels hold what was published, and a cohort's share of one is found by any name."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.errors import InputError
from genex_kedro.genes.panels import PANELS, find_genes, match_panel, panel, require_coverage

SIZES = {
    "foundation_one_308": 308,
    "foundation_one_309": 309,
    "foundation_one_324": 324,
    "l1000": 978,
    "l1000_original": 978,
}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_is_whole(name):
    genes = panel(name)
    assert len(genes) == SIZES[name]
    assert genes["symbol"].is_unique and genes["entrez"].is_unique
    assert genes["entrez"].str.fullmatch(r"[1-9]\d*").all()


def _var(index, entrez=None, given=None):
    columns = {"entrez": entrez, "given": given}
    return pd.DataFrame({k: v for k, v in columns.items() if v is not None}, index=index)


@pytest.mark.parametrize("name", PANELS)
def test_a_shuffled_panel_is_found_in_the_panels_order(name):
    genes = panel(name)
    order = np.random.default_rng(0).permutation(len(genes))
    positions, missing = match_panel(_var(genes["symbol"].iloc[order]), name)
    assert not missing
    assert genes["symbol"].iloc[order].iloc[positions].tolist() == genes["symbol"].tolist()


def test_a_gene_is_found_by_entrez_then_symbol_then_alias():
    var = _var(["anything", "GAPDH", "KIAA1279"], ["5720", "", ""])
    positions, missing = match_panel(var, "l1000")
    assert sorted(positions) == [0, 1, 2]
    assert len(missing) == 975 and "PSME1" not in missing and "KIF1BP" not in missing


def test_an_entrez_id_held_twice_does_not_decide():
    var = _var(["neighbour", "PSME1"], ["5720", "5720"])
    assert match_panel(var, "l1000")[0].tolist() == [1]


def test_the_original_symbols_match_what_the_file_gave():
    renamed = _var(["KIFBP"], ["26128"], ["KIAA1279"])
    assert match_panel(renamed, "l1000_original")[0].tolist() == [0]
    assert match_panel(_var(["KIFBP"], ["26128"]), "l1000_original")[0].tolist() == []


def test_low_coverage_names_the_missing_genes():
    _, missing = match_panel(_var(["ABL1"]), "foundation_one_309")
    with pytest.raises(InputError) as error:
        require_coverage(missing, "foundation_one_309", where="mine.tsv")
    for piece in ("mine.tsv", "1 of 309", "ACVR1B", "80%", "panel"):
        assert piece in str(error.value)
    require_coverage([], "foundation_one_309")


def test_an_unknown_panel_is_refused_with_the_known_names():
    with pytest.raises(InputError) as error:
        panel("l1001")
    assert "'l1001'" in str(error.value) and "foundation_one_324" in str(error.value)


@pytest.mark.real
def test_rnaseqdb_holds_as_many_landmark_genes_as_published(real_data):
    common = None
    for file in sorted((real_data / "rnaseqdb" / "normalized").glob("*.txt.gz")):
        ids = pd.read_csv(file, sep="\t", usecols=[0, 1], dtype=str, keep_default_na=False)
        keys = set(ids.itertuples(index=False, name=None))
        common = keys if common is None else common & keys
    symbols, entrez = zip(*sorted(common), strict=True)
    assert len(common) == 18_154
    assert len(match_panel(_var(symbols), "l1000_original")[0]) == 969  # paper 001
    assert len(set(panel("l1000")["entrez"]) & set(entrez)) == 975
    assert len(match_panel(_var(symbols, entrez), "l1000")[0]) == 978  # with earlier symbols


def test_a_models_genes_are_found_by_symbol_else_by_entrez_else_by_an_older_symbol():
    genes = _var(
        ["GAPDH", "KIAA1279", "ESR1", "NO-SUCH-GENE", "TP53"], ["2597", "", "2099", "", "7157"]
    )
    cohort = _var(["TP53", "KIFBP", "something", "GAPDH"], ["7157", "", "2099", ""])
    assert find_genes(cohort, genes).tolist() == [3, 1, 2, -1, 0]
    assert find_genes(cohort.drop(columns="entrez"), genes).tolist() == [3, 1, -1, -1, 0]
    assert find_genes(genes, genes).tolist() == [0, 1, 2, 3, 4]
