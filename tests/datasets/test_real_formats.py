"""Real files of every kind at hand, read with the labels and the unit that they have."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import notices
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.errors import InputError

pytestmark = pytest.mark.real


def _counts(cohort, *columns):
    return cohort.obs.groupby(list(columns)).size().to_dict()


def test_the_export_of_the_xena_browser(real_data):
    path = real_data / "toil" / "XENA_THCA.tsv"
    cohort = read_cohort(path)
    given = pd.read_csv(path, sep="\t", index_col=0)
    assert cohort.shape == (783, 121) and cohort.uns["unit"] == "log2(x+1)"
    np.testing.assert_array_equal(cohort.X, given.iloc[:, 5:].to_numpy(np.float32))
    assert _counts(cohort, "program", "condition", "tissue") == {
        ("GTEX", "normal", "thyroid"): 279,
        ("TCGA", "tumor", "thyroid"): 504,
    }
    assert cohort.obs["_study"].tolist() == given["_study"].tolist()
    assert set(cohort.obs.loc[cohort.obs["program"] == "TCGA", "cohort"]) == {"THCA"}


def test_the_excerpt_of_toil(real_data):
    path = real_data / "toil" / "TcgaTargetGtex_rsem_gene_tpm.excerpt_5x20.tsv"
    cohort = read_cohort(path, tissue="of GTEx")
    assert cohort.shape == (20, 5) and cohort.uns["unit"] == "log2(tpm+0.001)"
    assert _counts(cohort, "program", "condition") == {
        ("GTEX", "normal"): 10,
        ("TCGA", "normal"): 1,
        ("TCGA", "tumor"): 9,
    }
    assert "RAB4B" in cohort.var_names
    with pytest.raises(InputError, match="10 samples whose barcode does not tell it"):
        read_cohort(path)


def test_the_excerpt_of_the_pan_cancer_atlas(real_data):
    cohort = read_cohort(real_data / "pancanatlas" / "EBPlusPlus_geneExp.excerpt_5x20.tsv")
    assert cohort.shape == (20, 5) and cohort.uns["unit"] == "linear"
    assert _counts(cohort, "cohort") == {"ACC": 10, "STAD": 10}
    assert np.isnan(cohort.X).sum() == 10  # a block of samples in which a gene is NA
    assert cohort.var["entrez"].tolist()[0] == "100130426"


def test_the_subsample_of_the_pan_cancer_atlas(real_data):
    folder = real_data / "pancanatlas"
    cohort = read_cohort(folder / "mpmp_expression_subsampled.tsv.gz", negative="zero")
    labels = pd.read_csv(
        folder / "mpmp_tcga_sample_identifiers.tsv",
        sep="\t",
        dtype=str,
        keep_default_na=False,
        index_col=0,
    )
    assert cohort.shape == (1106, 100) and cohort.uns["unit"] == "linear"
    assert cohort.obs["cohort"].nunique() == 33
    assert (cohort.obs["cohort"] == labels.loc[cohort.obs_names, "cancer_type"]).all()
    said = notices(cohort).set_index("check")["count"]
    assert said["negative values set to zero, as asked"] == 225


@pytest.mark.parametrize(
    ("name", "tissue", "shape", "labels"),
    [
        ("chol-rsem-fpkm-tcga.txt.gz", None, (9, 18_750), ("CHOL", "normal", "liver")),
        ("ucs-rsem-fpkm-tcga-t.txt.gz", None, (47, None), ("UCS", "tumor", "uterus")),
        (
            "bladder-rsem-fpkm-gtex.txt.gz",
            "bladder",
            (11, None),
            ("GTEX_bladder", "normal", "bladder"),
        ),
    ],
)
def test_files_of_rnaseqdb_without_a_sheet(name, tissue, shape, labels, real_data):
    cohort = read_cohort(real_data / "rnaseqdb" / "normalized" / name, tissue=tissue)
    assert cohort.n_obs == shape[0] and shape[1] in (None, cohort.n_vars)
    assert _counts(cohort, "cohort", "condition", "tissue") == {labels: shape[0]}
    assert cohort.uns["unit"] == "linear"


def test_gct_files(real_data, tmp_path):
    path = real_data / "gct" / "test_v1point2_n5x10.gct"
    ids = pd.read_csv(path, sep="\t", skiprows=2, nrows=1).columns[2:]
    sheet = pd.DataFrame(
        {"sample_id": ids, "patient_id": ids, "tissue": "skin", "condition": "tumor"}
    )
    sheet.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    cohort = read_cohort(path, tmp_path / "s.tsv")
    assert cohort.shape == (5, 10) and cohort.uns["unit"] == "log2(x+1)"
    assert cohort.var_names[0] == "PSME1" and cohort.X[0, 0] == np.float32(11.3819)
    # the older file names probes only, without a gene beside them
    (tmp_path / "s.csv").write_text(
        "sample_id,patient_id,tissue,condition\nDLBCL.205,A,lymph,tumor\n"
    )
    with pytest.raises(InputError, match="0 of 5 names are genes"):
        read_cohort(real_data / "gct" / "older_version_v1_2.gct", tmp_path / "s.csv")


def test_pairs_by_their_barcodes_alone(real_data):
    folder = real_data / "tcga_pairs"
    cohort = read_cohort(folder / "expression.parquet")
    given = pd.read_csv(
        folder / "samples.tsv", sep="\t", dtype=str, keep_default_na=False, index_col=0
    )
    given = given.loc[cohort.obs_names]
    for column in ("patient_id", "condition", "cohort"):
        assert (cohort.obs[column] == given[column]).all()
    tissue = given["tissue"].replace("liver/bile", "liver")
    assert (cohort.obs["tissue"] == tissue).all()
