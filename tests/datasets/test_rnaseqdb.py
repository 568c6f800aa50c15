"""RNAseqDB: files in the real layout, small ones with every fault and the 27 real ones."""

import gzip

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from genex_kedro.cohort import notices
from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.datasets.rnaseqdb import cohort as rnaseqdb
from genex_kedro.datasets.rnaseqdb.cohort import RnaseqdbCohortDataset, read_rnaseqdb
from genex_kedro.datasets.rnaseqdb.names import FILE_NAMES, TISSUE_OF_COHORT
from genex_kedro.errors import InputError

GENES = {"TP53": "7157", "ALB": "213", "KLK3": "354", "AL354898.1": "0"}
GTEX, NORMAL, TUMOR = (
    ("liver-rsem-fpkm-gtex.txt.gz", ["GTEX-S3XE-1226-SM-4AD4L", "GTEX-S32W-1126-SM-4AD5V"]),
    ("chol-rsem-fpkm-tcga.txt.gz", ["TCGA-W5-AA2I-11A-11R-A41I-07"]),
    ("chol-rsem-fpkm-tcga-t.txt.gz", ["TCGA-W5-AA2I-01A-32R-A41I-07"]),
)


def fpkm(samples, genes=GENES, seed=0):
    """A table in the layout of the real files, its rows in an order of its own."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.integers(0, 10_000, (len(genes), len(samples))) / 4, columns=samples)
    table.insert(0, "Hugo_Symbol", list(genes))
    table.insert(1, "Entrez_Gene_Id", list(genes.values()))
    return table.iloc[rng.permutation(len(table))]


def write(folder, name, table):
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / name, sep="\t", index=False, compression="gzip")


@pytest.fixture
def folder(tmp_path):
    """Three files with four genes each, and the tables in them."""
    for seed, (name, samples) in enumerate((GTEX, NORMAL, TUMOR)):
        write(tmp_path, name, fpkm(samples, seed=seed))
    return tmp_path


def change(folder, name, edit):
    """Rewrite a file with its text changed by `edit`."""
    text = gzip.decompress((folder / name).read_bytes()).decode()
    (folder / name).write_bytes(gzip.compress(edit(text).encode()))


def test_values_are_joined_by_gene_whatever_the_order_of_the_rows(folder):
    cohort = read_rnaseqdb(folder)
    assert cohort.shape == (4, 4)
    assert cohort.X.dtype == np.float32 and cohort.uns["unit"] == "log2(x+1)"
    for seed, (_, samples) in enumerate((GTEX, NORMAL, TUMOR)):
        table = fpkm(samples, seed=seed).set_index("Hugo_Symbol")
        for sample in samples:
            expected = np.log2(table.loc[cohort.var_names, sample].to_numpy() + 1)
            np.testing.assert_allclose(cohort[sample].X.ravel(), expected, rtol=1e-6)


def test_labels_come_from_the_name_and_the_barcode(folder):
    obs = read_rnaseqdb(folder).obs
    columns = ["patient_id", "tissue", "condition", "cohort", "source", "program", "tumor_type"]
    assert obs.loc["GTEX-S3XE-1226-SM-4AD4L", columns].tolist() == [
        *("GTEX-S3XE", "liver", "normal", "GTEX_liver", "GTEX", "GTEX", "")
    ]
    assert obs.loc["TCGA-W5-AA2I-11A-11R-A41I-07", columns].tolist() == [
        *("TCGA-W5-AA2I", "liver", "normal", "CHOL", "TCGA", "TCGA", "")
    ]
    assert obs.loc["TCGA-W5-AA2I-01A-32R-A41I-07", columns].tolist() == [
        *("TCGA-W5-AA2I", "liver", "tumor", "CHOL", "TCGA", "TCGA", "CHOL")
    ]


def test_the_published_files_are_52():
    assert len(FILE_NAMES) == len(set(FILE_NAMES)) == 52
    assert TISSUE_OF_COHORT["hnsc"] == "salivary" and TISSUE_OF_COHORT["esca"] == "esophagus_mus"


def test_a_folder_normalized_is_found(tmp_path):
    write(tmp_path / "normalized", GTEX[0], fpkm(GTEX[1]))
    (tmp_path / "files_manifest.tsv").write_text("path\n")
    assert read_rnaseqdb(tmp_path).n_obs == 2


def test_only_shared_genes_stay_and_the_rest_is_noticed(folder):
    write(folder, NORMAL[0], fpkm(NORMAL[1], {"ALB": "213", "TG": "7038", "TP53": "7157"}))
    cohort = read_rnaseqdb(folder)
    assert cohort.var_names.tolist() == ["ALB", "TP53"]
    noticed = notices(cohort).set_index("check")
    assert noticed.loc["genes not in every file", "count"] == 3
    assert noticed.loc["RNAseqDB files read, of 52", "count"] == 3
    assert "luad-rsem-fpkm-tcga.txt.gz" in noticed.loc["RNAseqDB files read, of 52", "detail"]


def test_entrez_is_stripped_and_zero_is_unknown(folder):
    padded = {symbol: f"   {entrez}" for symbol, entrez in GENES.items()}
    write(folder, GTEX[0], fpkm(GTEX[1], padded))
    var = read_rnaseqdb(folder).var
    assert var.loc["ALB", "entrez"] == "213"
    assert var.loc["AL354898.1", "entrez"] == ""


def test_blow_ups_are_clipped_after_the_logarithm_and_negatives_are_zero(folder):
    table = fpkm(TUMOR[1]).set_index("Hugo_Symbol")
    table.loc["KLK3", TUMOR[1][0]] = 6.7e9
    table.loc["ALB", TUMOR[1][0]] = 4.7e6  # large and real
    table.loc["TP53", TUMOR[1][0]] = -0.5
    write(folder, TUMOR[0], table.reset_index())
    cohort = read_rnaseqdb(folder)
    row = cohort[TUMOR[1][0]].to_df().iloc[0]
    assert row["KLK3"] == 24 and row["TP53"] == 0
    assert row["ALB"] == pytest.approx(np.log2(4.7e6 + 1), rel=1e-6)
    noticed = notices(cohort).set_index("check")
    assert noticed.loc["values clipped", "count"] == 1
    assert "KLK3" in noticed.loc["values clipped", "detail"]
    assert noticed.loc["negative values", "count"] == 1
    assert "TP53" in noticed.loc["negative values", "detail"]


def cut_short(folder):
    path = folder / GTEX[0]
    path.write_bytes(path.read_bytes()[:-30])


def no_gzip(folder):
    (folder / GTEX[0]).write_text("<html>403</html>")


def damaged_inside(folder):
    path = folder / GTEX[0]
    content = bytearray(path.read_bytes())
    content[40:60] = bytes(20)
    path.write_bytes(content)


def other_gene_ids(folder):
    write(folder, GTEX[0], fpkm(GTEX[1], {"ENSG1": "1", "ENSG2": "2"}))


def repeated_gene(folder):
    change(folder, GTEX[0], lambda text: text + text.splitlines(keepends=True)[-1])


def sample_in_two_files(folder):
    write(folder, "lihc-rsem-fpkm-tcga.txt.gz", fpkm(NORMAL[1]))


def unzipped(folder):
    (folder / GTEX[0].removesuffix(".gz")).write_text("")


def copy_in_normalized(folder):
    write(folder / "normalized", GTEX[0], fpkm(GTEX[1]))


FAULTS = {
    "cut short": (cut_short, "a damaged or truncated gzip file"),
    "a page of the web": (no_gzip, "a damaged or truncated gzip file"),
    "damaged inside": (damaged_inside, "a damaged or truncated gzip file"),
    "one id column": (
        lambda f: change(f, GTEX[0], lambda text: text.replace("Entrez_Gene_Id", "Gene")),
        "Hugo_Symbol, Entrez_Gene_Id, then",
    ),
    "empty": (lambda f: change(f, GTEX[0], lambda text: ""), "Hugo_Symbol, Entrez_Gene_Id, then"),
    "an infinite value": (
        lambda f: change(f, GTEX[0], lambda t: t.replace(t.split("\t")[-1], "-inf\n")),
        "an infinite value",
    ),
    "a header alone": (
        lambda f: change(f, GTEX[0], lambda text: text.splitlines(keepends=True)[0]),
        "a header and no rows",
    ),
    "an id column again": (
        lambda f: change(f, GTEX[0], lambda t: t.replace(GTEX[1][1], "Hugo_Symbol", 1)),
        "Hugo_Symbol, Entrez_Gene_Id, then",
    ),
    "repeated gene": (repeated_gene, "1 genes more than once"),
    "repeated sample": (
        lambda f: change(f, GTEX[0], lambda t: t.replace(GTEX[1][1], GTEX[1][0], 1)),
        "1 samples more than once: GTEX-S3XE",
    ),
    "sample in two files": (sample_in_two_files, "1 sample ids more than once: TCGA-W5-AA2I-11A"),
    "unknown name": (lambda f: write(f, "live-rsem-fpkm-gtex.txt.gz", fpkm(GTEX[1])), "liver-"),
    "unzipped": (unzipped, "none of RNAseqDB's 52"),
    "two copies": (copy_in_normalized, "and in 'normalized'"),
    "no shared gene": (other_gene_ids, "no gene that all 3 files have"),
    "tumors named normal": (
        lambda f: change(f, NORMAL[0], lambda text: text.replace("-11A-", "-01A-")),
        "barcodes like TCGA-XX-XXXX-11",
    ),
    "no number": (
        lambda f: change(f, GTEX[0], lambda t: t.replace("TP53\t7157\t", "TP53\t7157\tx")),
        "GTEX-S3XE",
    ),
    "missing value": (
        lambda f: change(f, GTEX[0], lambda text: text + "TG\t7038\t\t1\n"),
        "GTEX-S3XE",
    ),
    "short row": (lambda f: change(f, GTEX[0], lambda text: text + "TG\t7038\t1\n"), "4 fields"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_folder_is_refused_with_the_place(folder, fault):
    make, said = FAULTS[fault]
    make(folder)
    with pytest.raises(InputError) as refusal:
        read_rnaseqdb(folder)
    assert said in str(refusal.value)
    assert str(folder) in refusal.value.where


def test_not_a_number_among_the_shared_genes_is_refused(folder):
    table = fpkm(GTEX[1]).set_index("Hugo_Symbol")
    table.loc["ALB", GTEX[1][1]] = np.nan
    table.reset_index().to_csv(folder / GTEX[0], sep="\t", index=False, na_rep="nan")
    with pytest.raises(InputError, match="gene ALB, sample GTEX-S32W"):
        read_rnaseqdb(folder)


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="no RNAseqDB file"):
        read_rnaseqdb(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_rnaseqdb(tmp_path / "elsewhere")


@pytest.mark.parametrize("limit", [0, float("nan"), "high"])
def test_a_limit_that_is_no_logarithm_is_refused(folder, limit):
    with pytest.raises(InputError, match="clip_log2"):
        read_rnaseqdb(folder, clip_log2=limit)


def test_dataset_reads_and_does_not_write(folder):
    kind = "genex_kedro.datasets.rnaseqdb.cohort.RnaseqdbCohortDataset"
    dataset = DataCatalog.from_config({"cohort": {"type": kind, "folder": str(folder)}})["cohort"]
    assert dataset.exists()
    cohort = dataset.load()
    assert cohort.shape == (4, 4)
    with pytest.raises(DatasetError, match="only read"):
        dataset.save(cohort)
    assert str(folder) in str(dataset)


def test_named_files_are_fetched_verified_and_read(folder, tmp_path, monkeypatch):
    names = sorted(path.name for path in folder.glob("*.gz"))[:2]
    published = [Source(n, "http://nowhere.invalid/", (folder / n).stat().st_size) for n in names]
    monkeypatch.setattr(rnaseqdb, "choose_files", lambda *_: published)
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "normalized").symlink_to(folder)
    dataset = RnaseqdbCohortDataset(
        str(tmp_path / "mine"), files=names, download=True, offline=str(tmp_path / "stick")
    )
    assert dataset.exists()
    before = dataset.fingerprint()
    cohort = dataset.load()
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == names
    assert dataset.fingerprint() == before  # what was fetched is what was expected
    (tmp_path / "mine" / f"{names[0]}.part").write_bytes(b"")  # of a fetch that was interrupted
    assert read_rnaseqdb(tmp_path / "mine").shape == cohort.shape
    (tmp_path / "mine" / names[0]).unlink()
    with pytest.raises(InputError, match=r"not there: .*") as refusal:
        read_rnaseqdb(tmp_path / "mine", names=names)
    assert "rnaseqdb.download=true" in refusal.value.remedy


def test_dataset_without_a_folder_says_which_parameter():
    dataset = RnaseqdbCohortDataset()
    assert not dataset.exists()
    with pytest.raises(DatasetError) as refusal:
        dataset.load()
    assert isinstance(refusal.value.__cause__, InputError)
    assert "--params rnaseqdb.folder=PATH" in str(refusal.value)


@pytest.mark.real
def test_the_27_real_files(real_data):
    cohort = read_rnaseqdb(real_data / "rnaseqdb")
    assert cohort.shape == (1078, 18154)
    counts = cohort.obs.groupby(["source", "condition"]).size().to_dict()
    assert counts == {("GTEX", "normal"): 280, ("TCGA", "normal"): 573, ("TCGA", "tumor"): 225}
    tumors = cohort.obs.loc[cohort.obs["condition"] == "tumor", "tumor_type"].value_counts()
    assert tumors.to_dict() == {"READ": 87, "KICH": 60, "UCS": 47, "CHOL": 31}
    assert not np.isnan(cohort.X).any() and cohort.X.max() == 24
    landmarks = pd.read_csv(
        real_data / "gene_panels" / "l1000_landmark_978_with_entrez.tsv", sep="\t", dtype=str
    )
    assert landmarks["symbol_original"].isin(cohort.var_names).sum() == 969
    assert landmarks["entrez"].isin(cohort.var["entrez"]).sum() == 975
    noticed = notices(cohort).set_index("check")["count"]
    assert noticed["RNAseqDB files read, of 52"] == 27
    assert noticed["values clipped"] > 0


@pytest.mark.real
def test_real_values_equal_those_pandas_reads(real_data):
    cohort = read_rnaseqdb(real_data / "rnaseqdb")
    name = "cesc-rsem-fpkm-tcga.txt.gz"
    table = pd.read_csv(real_data / "rnaseqdb" / "normalized" / name, sep="\t", index_col=0)
    expected = np.log2(table.drop(columns="Entrez_Gene_Id").loc[cohort.var_names].T + 1)
    np.testing.assert_allclose(cohort[expected.index].X, expected.clip(upper=24), rtol=1e-5)
