"""The formats that public sources come in, each read as the same cohort."""

import gzip

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import notices
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.genes.table import gene_table

N_GENES = 30
GENES = gene_table()["symbol"][2000 : 2000 + N_GENES].tolist()
TCGA = [
    "TCGA-50-5932-01A-11R-1755-07",
    "TCGA-50-5932-11A-01R-1755-07",
    "TCGA-NA-A4QV-01A-11R-A28V-07",
]
GTEX = ["GTEX-1117F-0226-SM-5GZZ7", "GTEX-111CU-1826-SM-5GZYN"]


def _table(samples, log=False):
    """Expression, genes x samples."""
    values = np.random.default_rng(0).gamma(2, 200, (N_GENES, len(samples))).round(3)
    table = pd.DataFrame(values, index=pd.Index(GENES, name="sample"), columns=samples)
    return np.log2(table + 1).round(4) if log else table


def _said(cohort):
    return notices(cohort).set_index("check")["detail"].to_dict()


def _labels(cohort, *columns):
    return cohort.obs[list(columns)].to_numpy().tolist()


# --- labels from barcodes ----------------------------------------------------------------------


@pytest.mark.parametrize("samples_in_rows", [False, True])
@pytest.mark.parametrize("mangled", [False, True])
def test_tcga_barcodes_are_labels(samples_in_rows, mangled, tmp_path):
    table = _table([name.replace("-", ".") for name in TCGA] if mangled else TCGA)
    (table.T if samples_in_rows else table).to_csv(tmp_path / "x.tsv", sep="\t")
    cohort = read_cohort(tmp_path / "x.tsv")
    assert cohort.obs_names.tolist() == TCGA
    assert _labels(cohort, "patient_id", "tissue", "condition", "cohort", "tumor_type") == [
        ["TCGA-50-5932", "lung", "tumor", "LUAD", "LUAD"],
        ["TCGA-50-5932", "lung", "normal", "LUAD", ""],
        ["TCGA-NA-A4QV", "uterus", "tumor", "UCS", "UCS"],
    ]
    np.testing.assert_array_equal(cohort.X, table.T.to_numpy(np.float32))
    assert _said(cohort)["labels read from barcodes"] == "TCGA: 3"
    assert ("sample ids repaired" in _said(cohort)) == mangled


def test_controls_and_normals_of_another_organ_are_left_out_and_counted(tmp_path):
    others = ["TCGA-07-0227-20A-03R-A30S-13", "TCGA-50-5932-10A-01R-1755-07", "TCGA-50-5931"]
    _table([*TCGA, *others, "GTEX-1117F-0008-SM-5Q5A2"]).to_csv(tmp_path / "x.tsv", sep="\t")
    cohort = read_cohort(tmp_path / "x.tsv")
    assert cohort.obs_names.tolist() == TCGA
    said = notices(cohort).set_index("check")
    left_out = said.loc["samples left out: neither tumor nor normal tissue"]
    assert left_out["count"] == 3 and "Control Analyte: 1" in left_out["detail"]
    assert "Cell Line: 1" in left_out["detail"]
    organ = said.loc["samples left out: normal, but of another organ than the tumor's"]
    assert organ["detail"] == "Blood Derived Normal: 1"


def test_gtex_barcodes_need_the_tissue(tmp_path):
    _table([*TCGA, *GTEX]).to_csv(tmp_path / "x.csv")
    cohort = read_cohort(tmp_path / "x.csv", tissue="lung")
    assert cohort.obs["tissue"].tolist() == ["lung", "lung", "uterus", "lung", "lung"]
    assert cohort.obs["patient_id"].tolist()[3:] == ["GTEX-1117F", "GTEX-111CU"]
    assert _said(cohort)["tissue as stated (cohort.tissue)"] == "lung"


def test_a_sheet_goes_before_barcodes(tmp_path):
    _table(TCGA).to_csv(tmp_path / "x.tsv", sep="\t")
    sheet = pd.DataFrame(
        {"sample_id": TCGA, "patient_id": list("ABC"), "tissue": "lung", "condition": "tumor"}
    )
    sheet.to_csv(tmp_path / "s.csv", index=False)
    assert read_cohort(tmp_path / "x.tsv", tmp_path / "s.csv").obs["patient_id"].tolist() == list(
        "ABC"
    )


def test_labels_in_columns_of_the_table(tmp_path):
    table = _table(["S0", "S1", "S2"]).T
    for place, (name, labels) in enumerate(
        {"patient_id": "abc", "tissue": ["lung"] * 3, "condition": ["tumor"] * 3}.items()
    ):
        table.insert(place, name, list(labels))
    table.to_csv(tmp_path / "x.tsv", sep="\t")
    cohort = read_cohort(tmp_path / "x.tsv")
    assert cohort.shape == (3, N_GENES) and cohort.obs["patient_id"].tolist() == list("abc")


# --- the Xena browser ------------------------------------------------------------------------


def test_an_export_of_the_xena_browser(tmp_path):
    table = _table([*TCGA, *GTEX, "K-562-SM-57WAW"], log=True).T
    beside = {
        "samples": table.index,
        "age_at_diagnosis": [61, 61, "", 20, 30, ""],
        "_sample_type": ["Primary Tumor", "Solid Tissue Normal", "Primary Tumor", "Normal Tissue", "Normal Tissue", "Cell Line"],
        "_primary_site": ["Lung", "Lung", "Uterus", "Lung", "Thyroid Gland", "Bone Marrow"],
        "OS.time": [100, 100, 3000, "", "", ""],
    }  # fmt: skip
    for place, (name, cells) in enumerate(beside.items()):
        table.insert(place, name, cells)
    table.to_csv(tmp_path / "x.tsv", sep="\t", index_label="sample")
    cohort = read_cohort(tmp_path / "x.tsv")
    assert cohort.shape == (5, N_GENES) and cohort.uns["unit"] == "log2(x+1)"
    assert cohort.obs["tissue"].tolist() == ["lung", "lung", "uterus", "lung", "thyroid"]
    assert cohort.obs["condition"].tolist() == ["tumor", "normal", "tumor", "normal", "normal"]
    assert cohort.obs["OS.time"].tolist()[:3] == ["100", "100", "3000"]  # a phenotype, no gene
    assert "samples in rows" in _said(cohort)["orientation of the table"]


# --- GCT -------------------------------------------------------------------------------------


def _gct13(table, labels, path):
    """As cmapPy writes it: annotations of the rows, then of the columns, then values."""
    ids = "\t".join(["id", "pr_gene_symbol", *table.columns])
    meta = ["\t".join([name, "na", *map(str, cells)]) for name, cells in labels.items()]
    rows = [
        "\t".join([f"{n}_at", gene, *map(str, row)])
        for n, (gene, row) in enumerate(zip(table.index, table.to_numpy(), strict=True))
    ]
    shape = f"{len(table)}\t{table.shape[1]}\t1\t{len(labels)}"
    path.write_text("\n".join(["#1.3", shape, ids, *meta, *rows]) + "\n")
    return path


@pytest.mark.parametrize("n_further", [0, 80])
def test_gct_13_brings_its_own_sample_sheet(n_further, tmp_path):
    table = _table(["S0", "S1"]).rename_axis(None)
    labels = {"patient_id": ["A", "B"], "tissue": ["lung"] * 2, "condition": ["tumor", "normal"]}
    labels |= {f"dose_{n}": [n, -666] for n in range(n_further)}
    cohort = read_cohort(_gct13(table, labels, tmp_path / "x.gct"))
    np.testing.assert_array_equal(cohort.X, table.T.to_numpy(np.float32))
    assert cohort.var_names.tolist() == GENES
    assert cohort.obs["patient_id"].tolist() == ["A", "B"]
    assert all(cohort.obs[f"dose_{n}"].tolist() == [str(n), "-666"] for n in range(n_further))


def test_gct_13_with_barcodes_for_labels(tmp_path):
    table = _table(TCGA)
    cohort = read_cohort(_gct13(table, {"batch": [1, 2, 3]}, tmp_path / "x.gct"))
    assert cohort.obs["tissue"].tolist() == ["lung", "lung", "uterus"]
    assert cohort.obs["batch"].tolist() == ["1", "2", "3"]


def test_a_sample_sheet_with_gct_13(tmp_path):
    _gct13(_table(["S0", "S1"]), {"batch": [1, 2]}, tmp_path / "x.gct")
    (tmp_path / "s.tsv").write_text(
        "sample_id\tpatient_id\ttissue\tcondition\nS0\tA\tlung\ttumor\nS1\tB\tlung\tnormal\n"
    )
    assert read_cohort(tmp_path / "x.gct", tmp_path / "s.tsv").shape == (2, N_GENES)


# --- RNAseqDB ---------------------------------------------------------------------------------


def test_entrez_padded_with_blanks(tmp_path):
    table = _table(TCGA)
    entrez = gene_table().set_index("symbol")["entrez"].loc[GENES]
    table.insert(0, "Entrez_Gene_Id", entrez.str.rjust(9))
    table.index = ["unheard of", *GENES[1:]]
    table.to_csv(tmp_path / "x.txt.gz", sep="\t", index_label="Hugo_Symbol")
    cohort = read_cohort(tmp_path / "x.txt.gz")
    assert cohort.var_names.tolist() == GENES and cohort.var["entrez"].tolist() == entrez.tolist()


# --- the Genomic Data Commons -------------------------------------------------------------------

STAR = ["gene_id", "gene_name", "gene_type", "unstranded", "stranded_first", "stranded_second", "tpm_unstranded", "fpkm_unstranded", "fpkm_uq_unstranded"]  # fmt: skip


def _star(tpm, path):
    ensembl = gene_table().set_index("symbol")["ensembl"]
    lines = ["# gene-model: GENCODE v36", "\t".join(STAR)]
    lines += [
        f"{name}\t\t\t5000\t5000\t5000\t\t\t"
        for name in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
    ]
    for gene, value in tpm.items():
        lines.append("\t".join([f"{ensembl[gene]}.12", gene, "protein_coding", "7", "3", "4", str(value), "1.5", "2.5"]))  # fmt: skip
    lines.append("\t".join(["ENSG00000002586.20_PAR_Y", "CD99", "protein_coding", "0", "0", "0", "0.0000", "0.0000", "0.0000"]))  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def _cart(table, folder, packed=""):
    """A folder as the GDC's client leaves it: one folder a file, names that mean nothing."""
    rows = [
        "File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\tSample Type"
    ]
    for n, sample in enumerate(table.columns):
        name = f"{n:08d}-aaaa.rna_seq.augmented_star_gene_counts.tsv"
        _star(table[sample], folder / f"f{n}" / (name + packed))
        (folder / f"f{n}" / "annotations.txt").write_text("id\tnote\n1\tx\n")
        rows.append(
            f"f{n}\t{name}\tTranscriptome Profiling\tGene Expression Quantification\tTCGA-LUAD\t{sample[:12]}\t{sample[:16]}\tx"
        )
    (folder / "gdc_sample_sheet.2024-01-01.tsv").write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("named", [False, True])
def test_a_folder_of_star_counts(packed, named, tmp_path):
    table = _table(TCGA)
    _cart(table, tmp_path / "cart", packed)
    sheet = tmp_path / "cart" / "gdc_sample_sheet.2024-01-01.tsv"
    if named:
        sheet = sheet.rename(tmp_path / "mine.tsv")
    cohort = read_cohort(tmp_path / "cart", sheet if named else None)
    assert cohort.shape == (3, N_GENES + 1) and cohort.uns["unit"] == "linear"
    assert cohort.obs_names.tolist() == [name[:16] for name in TCGA]
    assert cohort.obs["condition"].tolist() == ["tumor", "normal", "tumor"]
    np.testing.assert_array_equal(cohort[:, GENES].X, table.T.to_numpy(np.float32))
    assert "tpm_unstranded" in _said(cohort)["unit of the values"]
    par = "genes copied on Y (PAR), kept apart from the copy on X as <symbol>_PAR_Y"
    assert cohort.var_names[-1] == "CD99_PAR_Y" and "_PAR_Y" in _said(cohort)[par]


def test_one_star_file_is_called_like_its_sample(tmp_path):
    _star(_table(TCGA)[TCGA[0]], tmp_path / f"{TCGA[0]}.tsv")
    assert read_cohort(tmp_path / f"{TCGA[0]}.tsv").obs_names.tolist() == TCGA[:1]


def test_star_counts_of_one_sample_with_an_own_sheet(tmp_path):
    _star(_table(TCGA)[TCGA[0]], tmp_path / "mine.tsv")
    (tmp_path / "s.csv").write_text("sample_id,patient_id,tissue,condition\nmine,A,lung,tumor\n")
    assert read_cohort(tmp_path / "mine.tsv", tmp_path / "s.csv").shape == (1, N_GENES + 1)


def test_comments_above_the_header(tmp_path):
    text = _table(TCGA).to_csv(sep="\t")
    (tmp_path / "x.tsv").write_text("# made by hand, on a Monday\n# twice\n" + text)
    assert read_cohort(tmp_path / "x.tsv").shape == (3, N_GENES)


# --- values -----------------------------------------------------------------------------------


def test_negative_values_are_set_to_zero_where_asked(tmp_path):
    table = _table(TCGA)
    table.iloc[2, 1] = -0.49
    table.to_csv(tmp_path / "x.tsv", sep="\t")
    cohort = read_cohort(tmp_path / "x.tsv", negative="zero")
    assert cohort.X.min() == 0 and cohort.uns["unit"] == "linear"
    assert _said(cohort)["negative values set to zero, as asked"] == "down to -0.49"
