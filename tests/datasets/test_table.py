"""A user's table becomes the same cohort, whatever its format and whichever way round it is."""

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from genex_kedro.cohort import notices
from genex_kedro.datasets.tables.table import TableCohortDataset, read_cohort
from genex_kedro.genes.panels import panel
from genex_kedro.genes.table import gene_table

N_SAMPLES, N_GENES = 12, 60


@pytest.fixture
def table():
    """Linear expression, samples x genes."""
    rng = np.random.default_rng(0)
    samples = [f"S{i:02d}" for i in range(N_SAMPLES)]
    values = rng.gamma(2, 200, (N_SAMPLES, N_GENES)).round(3).astype(np.float32)
    return pd.DataFrame(values, index=samples, columns=panel("l1000")["symbol"][:N_GENES])


@pytest.fixture
def sheet(table):
    rows = range(N_SAMPLES)
    return pd.DataFrame(
        {
            "sample_id": table.index,
            "patient_id": [f"P{i // 2}" for i in rows],
            "tissue": "lung",
            "condition": [("Tumor", "normal ")[i % 2] for i in rows],
            "cohort": "NA",
        }
    )


@pytest.fixture
def samples(sheet, tmp_path):
    path = tmp_path / "samples.tsv"
    sheet.to_csv(path, sep="\t", index=False)
    return path


def _write(table, path):
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".h5ad":
        anndata.AnnData(table.to_numpy(), table[[]], pd.DataFrame(index=table.columns)).write_h5ad(
            path
        )
    else:
        table.to_csv(path, sep="," if ".csv" in path.name else "\t")
    return path


def _said(cohort, check):
    return notices(cohort).set_index("check")["detail"][check]


@pytest.mark.parametrize("name", ["x.tsv", "x.csv", "x.tsv.gz", "x.csv.gz", "x.parquet", "x.txt"])
@pytest.mark.parametrize("genes_in_rows", [True, False])
def test_format_and_orientation_do_not_matter(name, genes_in_rows, table, samples, tmp_path):
    path = _write(table.T if genes_in_rows else table, tmp_path / name)
    cohort = TableCohortDataset(str(path), str(samples)).load()
    assert cohort.shape == table.shape and cohort.X.dtype == np.float32
    np.testing.assert_array_equal(cohort.X, table.to_numpy())
    assert cohort.uns["unit"] == "linear"
    assert cohort.obs["condition"].tolist() == ["tumor", "normal"] * 6
    assert set(cohort.obs["cohort"]) == {"NA"}  # a code of TCGA, not a missing value
    side = "columns" if genes_in_rows else "rows"
    assert f"samples in {side}: 12 sample ids" in _said(cohort, "orientation of the table")
    assert "told by its range" in _said(cohort, "unit of the values")


def test_h5ad_carries_its_own_labels_and_unit(table, sheet, tmp_path):
    obs = sheet.assign(age=50.5, grade=pd.Categorical(["G1"] * 12)).set_index("sample_id")
    data = anndata.AnnData(np.log2(table.to_numpy() + 1), obs, pd.DataFrame(index=table.columns))
    data.uns["unit"] = "log2(x+1)"
    data.write_h5ad(tmp_path / "x.h5ad")
    cohort = read_cohort(tmp_path / "x.h5ad")
    assert cohort.obs["age"].iloc[0] == "50.5" and cohort.obs["grade"].iloc[0] == "G1"
    assert _said(cohort, "unit of the values") == "log2(x+1), as stated"


def test_h5ad_with_a_sheet(table, samples, tmp_path):
    assert read_cohort(_write(table, tmp_path / "x.h5ad"), samples).shape == table.shape


def test_a_sheet_in_parquet(table, sheet, tmp_path):
    sheet.set_index("sample_id").to_parquet(tmp_path / "s.parquet")
    assert read_cohort(_write(table, tmp_path / "x.tsv"), tmp_path / "s.parquet").n_obs == N_SAMPLES


def test_values_survive_in_every_unit(table, samples, tmp_path):
    toil = np.log2(table / 100 + 0.001).clip(lower=np.log2(0.001))
    toil.iloc[0, 0] = -9.9658
    cohort = read_cohort(_write(toil, tmp_path / "toil.tsv"), samples)
    assert cohort.uns["unit"] == "log2(tpm+0.001)"
    cohort = read_cohort(_write(np.log2(table + 1), tmp_path / "log.tsv"), samples)
    assert cohort.uns["unit"] == "log2(x+1)"


@pytest.mark.parametrize("naming", ["entrez", "ensembl", "versioned", "pipe"])
def test_genes_in_any_naming(naming, table, samples, tmp_path):
    genes = gene_table().set_index("entrez").loc[panel("l1000")["entrez"][:N_GENES]]
    names = {
        "entrez": genes.index,
        "ensembl": genes["ensembl"],
        "versioned": genes["ensembl"] + ".11",
        "pipe": genes["symbol"] + "|" + genes.index,
    }[naming]
    cohort = read_cohort(_write(table.set_axis(names, axis=1).T, tmp_path / "x.tsv"), samples)
    assert cohort.var_names.tolist() == genes["symbol"].tolist()
    assert cohort.var["entrez"].tolist() == genes.index.tolist()


def test_annotation_columns_are_recognised(table, samples, tmp_path):
    wide = table.T.copy()
    wide.insert(0, "Entrez_Gene_Id", panel("l1000")["entrez"][:N_GENES].to_numpy())
    wide.insert(0, "Description", "some words")
    wide.index = [f"probe_{i}" for i in range(N_GENES)]
    cohort = read_cohort(_write(wide, tmp_path / "x.tsv"), samples)
    assert cohort.shape == table.shape and cohort.var["given"].iloc[0] == "probe_0"


def test_aliases_dates_and_unknown_names_are_reported(table, samples, tmp_path):
    given = [*table.columns[:-3], "KIAA1279", "7-Sep", "made up"]
    cohort = read_cohort(_write(table.set_axis(given, axis=1), tmp_path / "x.tsv"), samples)
    assert "KIAA1279 -> KIFBP" in _said(cohort, "genes under an earlier symbol")
    assert "7-Sep -> SEPTIN7" in _said(
        cohort, "gene symbols that a spreadsheet had turned into dates"
    )
    assert "made up" in _said(cohort, "gene names that are not known, kept as they are")
    assert cohort.var_names[-3:].tolist() == ["KIFBP", "SEPTIN7", "made up"]


def test_genes_without_a_symbol_keep_their_ensembl_id(table, samples, tmp_path):
    names = [f"ENSG00000{900000 + i}.2" for i in range(N_GENES)]
    cohort = read_cohort(_write(table.set_axis(names, axis=1), tmp_path / "x.tsv"), samples)
    assert cohort.var_names[0] == "ENSG00000900000"
    assert "60 in all" in _said(cohort, "Ensembl ids without a symbol here")


@pytest.mark.parametrize("log", [False, True])
def test_two_names_of_one_gene_are_summed_before_the_logarithm(log, table, samples, tmp_path):
    given = table.set_axis(["KIAA1279", "KIFBP", *table.columns[2:]], axis=1)
    given.iloc[3, 1] = np.nan
    path = _write(np.log2(given + 1) if log else given, tmp_path / "x.tsv")
    cohort = read_cohort(path, samples)
    total = table.iloc[:, 0] + table.iloc[:, 1]
    total.iloc[3] = np.nan
    values = np.exp2(cohort.X[:, 0]) - 1 if log else cohort.X[:, 0]
    np.testing.assert_allclose(values, total, rtol=1e-4)
    assert cohort.n_vars == N_GENES - 1
    assert "KIAA1279 + KIFBP -> KIFBP" in _said(
        cohort, "genes under two names, summed in linear space"
    )


def test_samples_in_one_file_only_are_counted(table, sheet, samples, tmp_path):
    sheet.iloc[2:].to_csv(samples, sep="\t", index=False)
    cohort = read_cohort(_write(table.iloc[:-1], tmp_path / "x.tsv"), samples)
    assert cohort.obs_names.tolist() == [f"S{i:02d}" for i in range(2, 11)]
    np.testing.assert_array_equal(cohort.X, table.iloc[2:-1])
    assert _said(cohort, "samples left out: not in the sample sheet") == "S00, S01"
    assert _said(cohort, "rows of the sample sheet without expression") == "S11"


def test_the_sheets_order_does_not_matter(table, sheet, samples, tmp_path):
    sheet.iloc[::-1].to_csv(samples, sep="\t", index=False)
    cohort = read_cohort(_write(table.T, tmp_path / "x.tsv"), samples)
    assert cohort.obs["patient_id"].tolist() == sheet["patient_id"].tolist()


def test_what_r_does_to_tables(table, sheet, tmp_path):
    dashed = [f"TCGA-02-{i:04d}" for i in range(N_SAMPLES)]
    sheet.assign(sample_id=dashed).to_csv(tmp_path / "s.csv", index=False)
    wide = table.T.set_axis([name.replace("-", ".") for name in dashed], axis=1)
    lines = wide.to_csv(sep="\t").splitlines()
    lines[0] = lines[0].lstrip("\t")  # no corner
    (tmp_path / "x.tsv").write_text("\n".join(lines) + "\n")
    cohort = read_cohort(tmp_path / "x.tsv", tmp_path / "s.csv")
    assert cohort.obs_names.tolist() == dashed
    assert "12 sample ids" in _said(cohort, "sample ids repaired")
    assert set(cohort.obs["program"]) == {"TCGA"}


def test_missing_values_stay_missing_and_are_counted(table, samples, tmp_path):
    text = table.T.astype(object)
    text.iloc[0, 0], text.iloc[5, 3], text.iloc[7, 7] = "NA", "", "NaN"
    cohort = read_cohort(_write(text, tmp_path / "x.csv"), samples)
    assert np.isnan(cohort.X).sum() == 3
    assert f"S00/{table.columns[0]}" in _said(cohort, "missing values")


def test_windows_text_with_a_byte_order_mark_and_quotes(table, samples, tmp_path):
    text = "\ufeff" + table.T.to_csv(quoting=1).replace("\n", "\r\n")
    (tmp_path / "x.csv").write_bytes(text.encode())
    samples.write_bytes(b"\xef\xbb\xbf" + samples.read_bytes().replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(read_cohort(tmp_path / "x.csv", samples).X, table)


def test_gct(table, samples, tmp_path):
    wide = table.T.copy()
    wide.insert(0, "Description", "na")
    path = tmp_path / "x.gct.gz"
    path.write_bytes(
        gzip.compress(f"#1.2\n{N_GENES}\t{N_SAMPLES}\n{wide.to_csv(sep=chr(9))}".encode())
    )
    np.testing.assert_array_equal(read_cohort(path, samples).X, table)


def test_parquet_columns_whose_names_begin_alike_are_told_apart(table, sheet, tmp_path):
    """Asked for `A`, pyarrow brings `A.1` too, as a part of `A`."""
    names = [f"A.{i}" if i else "A" for i in range(N_SAMPLES)]
    sheet.assign(sample_id=names).to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    wide = table.T.set_axis(names, axis=1).rename_axis("gene")
    for place, told in enumerate((wide, wide.reset_index().assign(**{"gene.1": "a note"}))):
        told.to_parquet(tmp_path / f"{place}.parquet")
        cohort = read_cohort(tmp_path / f"{place}.parquet", tmp_path / "s.tsv")
        assert cohort.obs_names.tolist() == names
        np.testing.assert_array_equal(cohort.X, table.to_numpy())


def test_a_users_table_is_never_written(table, samples, tmp_path):
    dataset = TableCohortDataset(str(_write(table, tmp_path / "x.tsv")), str(samples))
    assert dataset.exists() and not TableCohortDataset().exists()
    with pytest.raises(DatasetError, match="only read"):
        dataset.save(dataset.load())


@pytest.mark.real
def test_a_file_of_rnaseqdb_as_a_users_table(real_data, tmp_path):
    path = real_data / "rnaseqdb" / "normalized" / "chol-rsem-fpkm-tcga-t.txt.gz"
    ids = pd.read_csv(path, sep="\t", nrows=1).columns[2:]
    sheet = pd.DataFrame(
        {"sample_id": ids, "patient_id": ids, "tissue": "bile", "condition": "tumor"}
    )
    sheet.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    cohort = read_cohort(path, tmp_path / "s.tsv")
    assert cohort.n_obs == 31 and cohort.uns["unit"] == "linear"
    assert cohort.n_vars == 18_764 - 14 and set(cohort.obs["program"]) == {"TCGA"}


@pytest.mark.real
@pytest.mark.parametrize(
    ("folder", "shape", "tumors", "missing"),
    [("tcga_gtex", (2157, 1210), 1435, 0), ("tcga_pairs", (958, 1210), 479, 132_788)],
)
def test_the_real_cohorts(folder, shape, tumors, missing, real_data):
    folder = real_data / folder
    cohort = read_cohort(folder / "expression.parquet", folder / "samples.tsv")
    given = pd.read_parquet(folder / "expression.parquet")
    labels = pd.read_csv(
        folder / "samples.tsv", sep="\t", dtype=str, keep_default_na=False, index_col=0
    )
    assert cohort.shape == shape and cohort.uns["unit"] == "log2(x+1)"
    np.testing.assert_array_equal(cohort.X, given.to_numpy())
    assert cohort.var["given"].tolist() == given.columns.tolist()
    assert (cohort.obs[labels.columns] == labels.loc[given.index]).all(axis=None)
    assert (cohort.obs["condition"] == "tumor").sum() == tumors
    assert np.isnan(cohort.X).sum() == missing
