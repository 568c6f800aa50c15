"""Barcodes say what the providers' own label tables say."""

import gzip

import pandas as pd
import pytest

from genex_kedro.barcodes import (
    COLUMNS,
    cohort_of_disease,
    parse_barcodes,
    tissue_of_primary_site,
)
from genex_kedro.barcodes.codes import sites, studies
from genex_kedro.datasets.rnaseqdb.names import TISSUE_OF_COHORT
from genex_kedro.datasets.toil.files import read_phenotype


def parse_barcode(sample_id):
    """What is said of one: a row whose columns are attributes."""
    return parse_barcodes([sample_id]).iloc[0]


def test_an_aliquot_of_the_site_named_like_a_missing_value():
    barcode = parse_barcode("TCGA-NA-A4QV-01A-11R-A28V-07")
    assert (barcode.tcga_code, barcode.tissue, barcode.condition) == ("UCS", "uterus", "tumor")
    assert barcode.patient_id == "TCGA-NA-A4QV" and barcode.sample_type == "Primary Solid Tumor"


@pytest.mark.parametrize(
    "barcode", ["TCGA.02.0047.01", "TCGA-02-0047-01", "TCGA-02-0047-01A-01R-1849-01"]
)
def test_length_and_separators_do_not_matter(barcode):
    said = parse_barcode(barcode)
    assert (said.patient_id, said.cohort, said.program) == ("TCGA-02-0047", "GBM", "TCGA")


@pytest.mark.parametrize(
    ("barcode", "condition"),
    [
        ("TCGA-50-5932-11A-01R-1755-07", "normal"),
        ("TCGA-50-5932-06", "tumor"),
        ("TCGA-07-0227-20A-03R-A30S-13", ""),  # a cell line run as a control
        ("TCGA-50-5932", ""),  # a patient, not a sample
        ("TARGET-50-PAJNSL-11", "normal"),
        ("TARGET-20-PABGKN-09A-01R", "tumor"),
        ("TARGET-20-PABGKN-41A-01R", "tumor"),
        ("GTEX-1117F-0226-SM-5GZZ7", "normal"),
        ("GTEX-13SLW-0011-R4b-SM-5S2W2", "normal"),
        ("GTEX-1117F-0003-SM-58Q7G", ""),  # lymphocytes made immortal
        ("GTEX.1117F.0008.SM.5Q5A2", ""),  # fibroblasts in culture
        ("K-562-SM-57WAW", ""),
    ],
)
def test_condition(barcode, condition):
    said = parse_barcode(barcode)
    assert said.condition == condition and said.program and said.patient_id


def test_target_and_gtex():
    wilms = parse_barcode("TARGET-50-PAJNSL-11")
    assert (wilms.patient_id, wilms.cohort, wilms.tissue) == (
        "TARGET-50-PAJNSL",
        "TARGET_WT",
        "kidney",
    )
    donor = parse_barcode("GTEX.1117F.0226.SM.5GZZ7")
    assert (donor.patient_id, donor.cohort, donor.tissue) == ("GTEX-1117F", "GTEX", "")


@pytest.mark.parametrize("other", ["S01", "", "TCGA", "TCGA-02", "GTEX", "XTCGA-02-0047-01", "nan"])
def test_other_ids_say_nothing(other):
    assert set(parse_barcodes([other]).iloc[0]) == {""}


def test_an_unknown_site_is_still_a_tcga_sample():
    said = parse_barcode("TCGA-00-0047-01")
    assert (said.program, said.condition, said.tcga_code, said.tissue) == ("TCGA", "tumor", "", "")


def test_many_at_once_keep_their_order_and_names():
    ids = ["GTEX-1117F-0226-SM-5GZZ7", "S1", "TCGA.02.0047.01", "S1"]
    table = parse_barcodes(ids)
    assert table.index.tolist() == ids and tuple(table.columns) == COLUMNS
    assert table["program"].tolist() == ["GTEX", "", "TCGA", ""]
    assert parse_barcodes([]).shape == (0, len(COLUMNS))


def test_the_code_tables_are_whole():
    tcga = sites()[sites()["program"] == "TCGA"]
    assert len(tcga) == 830 and tcga["site"].is_unique
    assert len(set(tcga["study"]) - {"CNTL", "MISC", "LCML"}) == 33
    assert (tcga["tissue"] == "").sum() == 3  # two sites of controls, one of no study


def test_a_disease_of_xenas_tables_leads_to_its_cohort():
    known = cohort_of_disease()
    assert known["TCGA", "thyroid carcinoma"] == "THCA"
    assert known["TARGET", "kidney, rhabdoid tumor"] == "TARGET_RT"


def test_rnaseqdb_differs_in_the_two_tissues_it_states():
    tissue_of = studies().set_index("study")["tissue"]
    others = {c: t for c, t in TISSUE_OF_COHORT.items() if t != tissue_of[c.upper()]}
    assert others == {"esca": "esophagus_mus", "hnsc": "salivary"}


@pytest.mark.real
def test_codes_and_tissues_of_xenas_table_are_those_of_the_barcodes(real_data):
    table = read_phenotype(real_data / "toil" / "TcgaTargetGTEX_phenotype.txt.gz")
    table = table[table["study"].isin(["TCGA", "TARGET"]) & (table["disease"] != "")]
    said, known = parse_barcodes(table.index), cohort_of_disease()
    diseases = zip(table["study"], table["disease"].str.lower(), strict=True)
    assert [known[disease] for disease in diseases] == said["cohort"].tolist()
    sites = table["site"].str.lower().map(tissue_of_primary_site())
    assert (sites == said["tissue"]).all() and len(said) > 11_200


@pytest.mark.real
def test_all_labels_of_the_pan_cancer_atlas(real_data):
    path = real_data / "pancanatlas" / "mpmp_tcga_sample_identifiers.tsv"
    given = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, index_col="sample_id")
    said = parse_barcodes(given.index)
    assert len(said) == 11_060
    assert (said["tcga_code"] == given["cancer_type"]).all()
    assert (said["sample_type"] == given["sample_type"]).all()
    assert (said["condition"] == "normal").sum() == 737 and (said["tissue"] != "").all()


@pytest.mark.real
def test_conditions_of_the_toil_phenotype(real_data):
    path = real_data / "toil" / "TcgaTargetGTEX_phenotype.txt.gz"
    with gzip.open(path, "rt", encoding="latin-1") as handle:
        given = pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False, index_col="sample")
    said = parse_barcodes(given.index)
    kind, program = given["_sample_type"], given["_study"]
    known = kind != ""
    normal = kind.isin(["Normal Tissue", "Solid Tissue Normal"])
    neither = kind.isin(["Cell Line", "Control Analyte"])
    expected = normal.map({True: "normal", False: "tumor"}).mask(neither, "")
    wrong = given.index[known & (said["condition"] != expected).to_numpy()]
    assert len(wrong) == 1 and said.loc[wrong[0], "sample_type"] == "Cell Line"  # blood, in truth
    assert (said["program"] == program).all()
