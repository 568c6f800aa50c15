"""Positions follow the chromosomes, in either assembly."""

import pytest

from genex_kedro.errors import InputError
from genex_kedro.genes.build_resources import COLUMNS
from genex_kedro.genes.positions import positions, sex_chromosome_genes
from genex_kedro.genes.table import gene_table


@pytest.mark.parametrize(("assembly", "start"), [("GRCh37", 7565097), ("GRCh38", 7661779)])
def test_tp53_lies_on_17p(assembly, start):
    place = positions(assembly).loc["TP53"]
    assert (place["chromosome"], place["start"], place["strand"]) == ("17", start, -1)


def test_genes_are_in_the_order_of_the_chromosomes():
    table = positions()
    assert table["chromosome"].cat.codes.is_monotonic_increasing
    assert (
        table.groupby("chromosome", observed=True)["start"]
        .apply(lambda s: s.is_monotonic_increasing)
        .all()
    )
    assert (table["end"] >= table["start"]).all() and table.index.is_unique


def test_the_sex_chromosomes():
    genes = sex_chromosome_genes()
    assert {"XIST", "UTY", "DDX3Y", "AR", "KDM6A"} - genes == {"XIST"}  # XIST codes for no protein
    assert "TP53" not in genes


def test_another_assembly_is_refused():
    with pytest.raises(InputError, match="'hg19'"):
        positions("hg19")


def test_the_gene_table_is_sound():
    table = gene_table()
    assert list(table.columns) == COLUMNS
    assert table["symbol"].is_unique and table["ensembl"].is_unique
    aliases = table["aliases"].str.split("|").explode()
    aliases = aliases[aliases != ""]
    assert aliases.is_unique and not aliases.isin(table["symbol"]).any()
