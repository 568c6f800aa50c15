"""Toil: a small folder in the published layout, and the real phenotype table and excerpt."""

import gzip
import shutil

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from genex_kedro.cohort import notices, to_study_unit
from genex_kedro.datasets.toil.cohort import ToilCohortDataset
from genex_kedro.datasets.toil.files import read_phenotype, read_probemap
from genex_kedro.datasets.toil.labels import label_samples
from genex_kedro.datasets.toil.reader import read_toil
from genex_kedro.errors import InputError
from genex_kedro.genes.panels import match_panel
from toil_folder import CELL_LINE, CONTROL, EXPRESSION, HUGO, PHENOTYPE, PROBEMAP, ToilFolder

TABLE_4 = [
    *("HNSC", "BRCA", "BLCA", "COAD", "LUAD", "SARC", "THCA", "STAD", "KIRC", "LUSC", "LIHC"),
    *("PRAD", "ESCA", "CHOL", "PAAD", "CESC", "UCEC", "SKCM"),
]


@pytest.fixture
def toil(tmp_path):
    return ToilFolder(tmp_path / "toil")


def noticed(cohort):
    return notices(cohort).set_index("check")


def pairs(obs):
    conditions = obs.groupby("patient_id")["condition"].agg(set)
    return conditions.index[conditions == {"tumor", "normal"}]


def test_values_are_those_of_the_file(toil):
    cohort = read_toil(toil.path, genes="all")
    assert cohort.uns["unit"] == "log2(tpm+0.001)" and cohort.X.dtype == np.float32
    expected = np.log2(toil.tpm.loc[toil.probemap["symbol"].eq("TP53").to_numpy()] + 0.001).T
    values = cohort[expected.index.intersection(cohort.obs_names), "TP53"].X
    np.testing.assert_allclose(values, expected.loc[cohort.obs_names].to_numpy(), atol=6e-5)


@pytest.mark.parametrize("symbol", ["PIK3R3", "CRLF2"])
def test_ids_of_one_symbol_are_summed_as_tpm(toil, symbol):
    ids = toil.probemap.loc[toil.probemap["symbol"] == symbol, "id"]
    assert len(ids) == 2
    cohort = to_study_unit(read_toil(toil.path))
    total = toil.tpm.loc[ids].sum().loc[cohort.obs_names]
    np.testing.assert_allclose(cohort[:, symbol].X.ravel(), np.log2(total + 1), atol=5e-4)
    notice = noticed(cohort)["count"]
    assert notice["symbols shared by several Ensembl ids"] == 2
    assert notice["pseudoautosomal genes with a copy on Y"] == 1


def test_only_the_genes_of_panels_are_read(toil):
    cohort, whole = read_toil(toil.path), read_toil(toil.path, genes="all")
    assert "OR4F5" not in cohort.var_names and "OR4F5" in whole.var_names
    assert match_panel(cohort.var, "foundation_one_308")[1] == []
    np.testing.assert_array_equal(cohort.X, whole[:, cohort.var_names].X)


def test_labels(toil):
    obs = read_toil(toil.path).obs
    columns = ["patient_id", "tissue", "condition", "cohort", "source", "program", "tumor_type"]
    assert obs.loc["TCGA-EM-A000-11", columns].tolist() == [
        *("TCGA-EM-A000", "thyroid", "normal", "THCA", "TCGA", "TCGA", "")
    ]
    assert obs.loc["TARGET-30-PATYIL-02", columns].tolist() == [
        *("TARGET-30-PATYIL", "sympathetic_nerve", "tumor"),
        *("TARGET_NBL", "TARGET", "TARGET", "TARGET_NBL"),
    ]
    gtex = obs[obs["source"] == "GTEX"]
    assert set(gtex["cohort"]) == {"GTEX_thyroid", "GTEX_cervix", "GTEX_lung"}
    assert gtex["patient_id"].str.fullmatch("GTEX-1A[0-9]{2}C").all()
    assert set(obs["tissue"]) == {"thyroid", "cervix", "lung", "sympathetic_nerve"}
    assert not {CONTROL, CELL_LINE} & set(obs.index)


def test_what_is_left_out_or_filled_is_counted(toil):
    toil.phenotype = toil.phenotype[toil.phenotype["sample"] != "TCGA-EM-A003-01"]
    toil.write_phenotype()
    toil.tpm = toil.tpm.drop(columns="TCGA-05-A003-01")
    toil.write_expression()
    cohort = read_toil(toil.path)
    notice = noticed(cohort)
    for check, sample in {
        "samples left out: Cell Line": CELL_LINE,
        "samples left out: Control Analyte": CONTROL,
        "samples left out: not in the phenotype table": "TCGA-EM-A003-01",
        "samples of the phenotype table without expression": "TCGA-05-A003-01",
    }.items():
        assert notice.loc[check, "count"] == 1 and sample in notice.loc[check, "detail"]
        assert sample not in cohort.obs_names
    assert notice.loc["samples without a primary site", "count"] == 1


def test_a_site_under_a_new_spelling_is_its_own_tissue_and_noticed(toil):
    toil.change(PHENOTYPE, "\tThyroid\tNormal Tissue", "\tLeft Thyroid\tNormal Tissue")
    cohort = read_toil(toil.path)
    assert (cohort.obs["tissue"] == "left thyroid").sum() == 1
    notice = noticed(cohort).loc["primary sites not in the table of tissues"]
    assert "Left Thyroid" in notice["detail"]


@pytest.mark.parametrize("name", ["TCGA-EM-A001-01", "TCGA-EM-A001-01.1"])
def test_identical_second_columns_are_read_once_and_noticed(toil, name):
    before = read_toil(toil.path)
    again = toil.tpm[["TCGA-EM-A001-01"]].set_axis([name], axis=1)
    toil.tpm = pd.concat([toil.tpm, again], axis=1)
    toil.write_expression()
    cohort = read_toil(toil.path)
    np.testing.assert_array_equal(cohort.X, before.X)
    assert noticed(cohort).loc["samples in two identical columns", "count"] == 1
    toil.tpm.iloc[0, -1] += 1
    toil.write_expression()
    with pytest.raises(InputError, match="1 samples with a second column of other values"):
        read_toil(toil.path)


def test_tpm_of_all_genes_sum_to_a_million(toil):
    read_toil(toil.path, genes="all")
    toil.tpm["TCGA-EM-A001-01"] *= 1.01
    toil.write_expression()
    with pytest.raises(InputError, match=r"TCGA-EM-A001-01=1,0(10,0|09,9)"):
        read_toil(toil.path, genes="all")


def test_the_hugo_form_is_read_by_symbol(toil):
    counts = toil.tpm.groupby(toil.probemap["symbol"].to_numpy()).sum()
    logs = np.log2(counts + 1).rename_axis("sample")
    toil.text(HUGO, logs.to_csv(sep="\t", float_format="%.4f"))
    cohort = read_toil(toil.path, expression="hugo")
    assert cohort.uns["unit"] == "log2(x+1)"
    expected = logs.loc["CRLF2", cohort.obs_names].to_numpy()
    np.testing.assert_allclose(cohort[:, "CRLF2"].X.ravel(), expected, atol=6e-5)


def test_plain_and_compressed_files_and_the_hubs_folder(toil):
    before = read_toil(toil.path)
    for name in (EXPRESSION, PHENOTYPE):
        path = toil.path / name
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    (toil.path / "probeMap").mkdir()
    (toil.path / PROBEMAP).rename(toil.path / "probeMap" / PROBEMAP)
    np.testing.assert_array_equal(read_toil(toil.path).X, before.X)


def test_gencodes_own_list_serves_as_probemap(toil):
    before = read_toil(toil.path)
    lines = [f'"{i}"; "protein_coding"; "{s}"; ' for i, s in toil.probemap.itertuples(index=False)]
    (toil.path / PROBEMAP).unlink()
    toil.text("gencode_v23_genes.txt.gz", "\n".join(lines))
    assert read_toil(toil.path).var.equals(before.var)


def test_dataset_from_a_catalog(toil):
    kind = "genex_kedro.datasets.toil.cohort.ToilCohortDataset"
    dataset = DataCatalog.from_config({"c": {"type": kind, "folder": str(toil.path)}})["c"]
    assert dataset.exists() and len(dataset.sources()) == 3
    cohort = dataset.load()
    with pytest.raises(DatasetError, match="only read"):
        dataset.save(cohort)
    with pytest.raises(DatasetError, match=r"--params toil\.folder=PATH"):
        ToilCohortDataset().load()


@pytest.mark.real
def test_counts_of_the_real_phenotype_table(real_data):
    table = read_phenotype(real_data / "toil" / PHENOTYPE)
    assert table.shape == (19131, 6)
    assert table["study"].value_counts().to_dict() == {"TCGA": 10535, "GTEX": 7862, "TARGET": 734}
    by_type = table.groupby("study")["sample_type"].value_counts()
    assert by_type["TCGA"].to_dict() == {
        "Primary Tumor": 9185,
        "Solid Tissue Normal": 727,
        "Metastatic": 392,
        "Primary Blood Derived Cancer - Peripheral Blood": 173,
        "Recurrent Tumor": 45,
        "Additional - New Primary": 11,
        "Additional Metastatic": 1,
        "Control Analyte": 1,
    }
    assert by_type["GTEX"].to_dict() == {"Normal Tissue": 7429, "Cell Line": 433}
    assert table.index.str.startswith("K-562-SM-").sum() == 70
    labels = label_samples(table, "phenotype")
    obs = labels.obs
    assert obs.groupby(["source", "condition"]).size().to_dict() == {
        ("GTEX", "normal"): 7429,
        ("TARGET", "normal"): 11,
        ("TARGET", "tumor"): 723,
        ("TCGA", "normal"): 727,
        ("TCGA", "tumor"): 9807,
    }
    tcga = obs[obs["source"] == "TCGA"]
    assert tcga["cohort"].nunique() == 33
    assert len(pairs(tcga)) == 681
    assert len(pairs(tcga[tcga["cohort"].isin(TABLE_4)])) == 613
    assert not [check for check, *_ in labels.notices if "not in the table" in check]


@pytest.mark.real
def test_no_real_patient_with_a_tumor_has_two_tissues(real_data):
    obs = label_samples(read_phenotype(real_data / "toil" / PHENOTYPE), "phenotype").obs
    tissues = obs[obs["source"] != "GTEX"].groupby("patient_id")["tissue"].nunique()
    assert (tissues == 1).all()
    assert obs.loc[obs["source"] == "TARGET", "patient_id"].nunique() == 630
    assert obs.loc[obs["source"] == "GTEX", "patient_id"].nunique() == 546


@pytest.mark.real
def test_the_real_excerpt(real_data, tmp_path):
    for name in (PHENOTYPE, "gencode_v23_genes.txt.gz"):
        shutil.copy(real_data / "toil" / name, tmp_path)
    name = "TcgaTargetGtex_rsem_gene_tpm"
    shutil.copy(real_data / "toil" / f"{name}.excerpt_5x20.tsv", tmp_path / name)
    cohort = read_toil(tmp_path, genes="all")
    assert cohort.shape == (20, 5)
    assert cohort.obs["source"].value_counts().to_dict() == {"GTEX": 10, "TCGA": 10}
    assert cohort["GTEX-1117F-0226-SM-5GZZ7", "RAB4B"].X.item() == pytest.approx(5.1190)
    assert cohort.var.loc["RAB4B", "entrez"] == "53916"
    with pytest.raises(InputError, match="none of which is a gene asked for"):
        read_toil(tmp_path, genes="panels")


@pytest.mark.real
def test_the_real_probemap_groups_to_the_published_number_of_symbols(real_data):
    table = read_probemap(real_data / "toil" / "gencode_v23_genes.txt.gz")
    assert table.shape == (60498, 2)
    counts = table["symbol"].value_counts()
    assert len(counts) == 58581  # the rows of the published Hugo form
    assert (counts > 1).sum() == 353 and counts[counts > 1].sum() == 2270
    assert table["id"].str.startswith("ENSGR").sum() == 50
