"""The Pan-Cancer Atlas: small files in both layouts, and the real labels and subsample."""

import shutil

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from genex_kedro.cohort import notices
from genex_kedro.datasets.pancan.genes import name_rows
from genex_kedro.datasets.pancan.labels import label_barcodes
from genex_kedro.datasets.pancan.reader import FORMS, read_pancan
from genex_kedro.errors import InputError

GDC = FORMS["gdc"][0][0]
XENA = FORMS["xena"][0][0] + ".gz"
SUBSAMPLE = "mpmp_expression_subsampled.tsv.gz"
ROWS = ["?|100130426", "?|10357", "SLC35E2|728661", "SLC35E2|9906", "TP53|7157", "KLK3|354", "TG|7038"]  # fmt: skip
BARCODES = [
    "TCGA-OR-A5J1-01A-11R-A29S-07",  # ACC
    "TCGA-N5-A4R8-01A-11R-A28V-07",  # UCS
    "TCGA-NA-A4QV-01A-11R-A28V-07",  # UCS, of the site called NA
    "TCGA-EM-A001-01A-11R-A28V-07",
    "TCGA-EM-A001-11A-11R-A28V-07",  # adjacent normal
    "TCGA-DU-6407-02B-11R-A36H-07",
    "TCGA-DU-6407-02A-12R-A36H-07",  # the same sample
    "TCGA-AB-2803-03A-01T-0734-13",  # leukemia
    "TCGA-07-0249-20A-01R-0001-07",  # control analyte
]


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    values = rng.gamma(1, 500, (len(ROWS), len(BARCODES))).round(4)
    return pd.DataFrame(values, pd.Index(ROWS, name="gene_id"), BARCODES)


def write(folder, table, name=GDC):
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / name, sep="\t", na_rep="NA")
    return folder


@pytest.fixture
def folder(tmp_path, table):
    return write(tmp_path / "pancan", table)


def noticed(cohort):
    return notices(cohort).set_index("check")


def test_values_and_labels(folder, table):
    cohort = read_pancan(folder)
    assert cohort.uns["unit"] == "linear"
    assert cohort.obs_names.tolist() == [
        *("TCGA-OR-A5J1-01", "TCGA-N5-A4R8-01", "TCGA-NA-A4QV-01", "TCGA-EM-A001-01"),
        *("TCGA-DU-6407-02", "TCGA-AB-2803-03"),
    ]
    assert cohort.obs["tumor_type"].tolist() == ["ACC", "UCS", "UCS", "THCA", "LGG", "LAML"]
    assert cohort.obs["tissue"].tolist()[:3] == ["adrenal", "uterus", "uterus"]
    assert cohort.obs.loc["TCGA-EM-A001-01", "patient_id"] == "TCGA-EM-A001"
    values = cohort[:, ["TP53", "KLK3"]].X
    expected = table.loc[["TP53|7157", "KLK3|354"], cohort.obs["aliquot"]].T
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_normals_and_controls_are_left_out_and_counted(folder):
    notice = noticed(read_pancan(folder))["count"]
    assert notice["samples left out: adjacent normals"] == 1
    assert notice["samples left out: neither tumor nor normal"] == 1
    cohort = read_pancan(folder, keep_normals=True)
    normal = cohort.obs.loc["TCGA-EM-A001-11"]
    assert (normal["condition"], normal["cohort"], normal["tumor_type"]) == ("normal", "THCA", "")
    assert "samples left out: adjacent normals" not in noticed(cohort).index


@pytest.mark.parametrize(
    ("aliquots", "stays"),
    [
        (["02B-11R-A36H-07", "02A-12R-A36H-07"], "02A-12R-A36H-07"),
        (["01A-01R-0692-07", "01A-02R-0692-07"], "01A-02R-0692-07"),
        (["01A-11R-1234-07", "01A-11R-A36H-07"], "01A-11R-A36H-07"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_which_aliquot_stays_does_not_hang_on_the_order(tmp_path, table, aliquots, stays, order):
    names = [f"TCGA-DU-6407-{aliquot}" for aliquot in aliquots[::order]]
    write(tmp_path, table.iloc[:, :2].set_axis(names, axis=1))
    cohort = read_pancan(tmp_path)
    assert cohort.obs["aliquot"].tolist() == [f"TCGA-DU-6407-{stays}"]
    notice = noticed(cohort).loc["aliquots left out: another of the same sample stays"]
    assert notice["count"] == 1 and stays not in notice["detail"]


def test_incomplete_genes_are_left_out_and_never_filled(folder, table):
    table.loc["TG|7038", BARCODES[4]] = np.nan  # of a sample that is not read itself
    write(folder, table)
    for keep in (True, False):
        cohort = read_pancan(folder, keep_normals=keep)
        assert "TG" not in cohort.var_names and not np.isnan(cohort.X).any()
        notice = noticed(cohort).loc["genes left out: not measured in every sample"]
        assert notice["count"] == 1 and "TG|7038" in notice["detail"]


def test_negative_values_become_zero_and_are_counted(folder, table):
    table.loc["KLK3|354", BARCODES[0]] = -3.5
    write(folder, table)
    cohort = read_pancan(folder)
    assert cohort["TCGA-OR-A5J1-01", "KLK3"].X.item() == 0
    notice = noticed(cohort).loc["values below zero set to zero"]
    assert notice["count"] == 1 and "KLK3" in notice["detail"] and "-3.5" in notice["detail"]


def test_rows_without_a_symbol_and_two_of_one_symbol():
    var = name_rows(ROWS)
    assert var.index.is_unique
    assert var.loc[["SLC35E2B", "SLC35E2"], "entrez"].tolist() == ["728661", "9906"]
    assert var.loc["entrez 10357", "given"] == "?|10357"
    assert var.loc["TP53", "given"] == "TP53"


def test_the_xena_form(tmp_path, table):
    tumors = table.iloc[:, [0, 1, 3]]
    logs = np.log2(tumors + 1).set_axis([name[:15] for name in tumors], axis=1)
    logs.index = pd.Index(
        ["100130426", "10357", "SLC35E2", "SLC35E2", "TP53", "KLK3", "TG"], name="sample"
    )
    logs.iloc[5, 0] = -5.87
    write(tmp_path, logs, XENA)
    cohort = read_pancan(tmp_path, form="xena")
    assert cohort.uns["unit"] == "log2(x+1)" and cohort.X.min() == 0
    np.testing.assert_allclose(cohort[:, "TP53"].X.ravel(), logs.loc["TP53"], rtol=1e-5)
    notice = noticed(cohort)["count"]
    assert notice["values below zero set to zero"] == 1
    assert notice["rows left out: two under one name"] == 2


def test_dataset_from_a_catalog(folder):
    kind = "genex_kedro.datasets.pancan.cohort.PancanCohortDataset"
    dataset = DataCatalog.from_config({"c": {"type": kind, "folder": str(folder)}})["c"]
    assert dataset.exists() and [path.name for path in dataset.sources()] == [GDC]
    with pytest.raises(DatasetError, match="only read"):
        dataset.save(dataset.load())


@pytest.mark.real
def test_labels_of_the_11060_real_samples(real_data):
    path = real_data / "pancanatlas" / "mpmp_tcga_sample_identifiers.tsv"
    real = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    labels = label_barcodes(real["sample_id"].tolist(), path.name)
    assert len(labels) == 11060
    assert labels["cohort"].tolist() == real["cancer_type"].tolist()
    assert labels["sample_type"].tolist() == real["sample_type"].tolist()
    assert (labels["condition"] == "normal").sum() == 737
    tumors = labels[labels["condition"] == "tumor"]
    assert len(tumors) == 10323 and tumors["tumor_type"].nunique() == 33
    assert labels["cohort"].value_counts().agg(["max", "min"]).tolist() == [1218, 45]
    assert labels.groupby("patient_id")["tissue"].nunique().max() == 1


@pytest.mark.real
def test_the_real_excerpt(real_data, tmp_path):
    shutil.copy(real_data / "pancanatlas" / "EBPlusPlus_geneExp.excerpt_5x20.tsv", tmp_path / GDC)
    cohort = read_pancan(tmp_path)
    assert cohort.shape == (20, 4) and "ACC" in set(cohort.obs["tumor_type"])
    assert cohort["TCGA-OR-A5J1-01", "entrez 10431"].X.item() == pytest.approx(2034.1)
    notice = noticed(cohort).loc["genes left out: not measured in every sample"]
    assert notice["count"] == 1 and "?|100130426" in notice["detail"]


@pytest.mark.real
def test_the_real_subsample_has_33_types(real_data, tmp_path):
    shutil.copy(real_data / "pancanatlas" / SUBSAMPLE, tmp_path)
    cohort = read_pancan(tmp_path, form="mpmp", keep_normals=True)
    assert cohort.shape == (1106, 100) and cohort.obs["cohort"].nunique() == 33
    tumors = read_pancan(tmp_path, form="mpmp")
    assert tumors.n_obs == 1034 and tumors.obs["tumor_type"].nunique() == 33
    assert (cohort.var["entrez"] != "").all()


def test_no_form_of_that_name(tmp_path):
    with pytest.raises(InputError, match=r"pancan\.form"):
        read_pancan(tmp_path, form="tpm")
