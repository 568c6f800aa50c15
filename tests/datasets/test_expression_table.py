"""Tables that go out come back the same, in every format, and never with another's labels."""

from __future__ import annotations

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.tables import writers as table_writers
from genex_kedro.datasets.tables.expression_table import ExpressionTableDataset
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.datasets.tables.writers import WRITERS
from genex_kedro.genes.table import gene_table
from genex_kedro.session import find_mistake
from genex_kedro.units import from_study_unit
from refusals import assert_refused

GENES = gene_table().iloc[2000:2030]


def made(n: int = 7, seed: int = 0, unit: str = "log2(x+1)") -> anndata.AnnData:
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.normal(5, 4, (n, len(GENES))), 0).astype(np.float32)
    values[0, 0] = 0  # the floor, by which log2(tpm+0.001) is known
    obs = pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in range(n)],
            "tissue": ["head and neck"] * (n - 1) + ["lung"],
            "condition": ["tumor"] + ["normal"] * (n - 1),
            "cohort": "synthetic",
            "unit": unit,
        },
        index=[f"cvae-best-{i}" for i in range(n)],
    )
    var = pd.DataFrame(
        {"entrez": GENES["entrez"].astype(str).tolist(), "ensembl": ""},
        index=GENES["symbol"].tolist(),
    )
    return anndata.AnnData(from_study_unit(values, unit), obs, var, uns={"unit": unit})


@pytest.mark.parametrize("unit", ["log2(x+1)", "linear", "log2(tpm+0.001)"])
@pytest.mark.parametrize("format_", WRITERS)
def test_every_format_comes_back_to_the_last_digit(tmp_path, format_, unit):
    cohort = made(unit=unit)
    dataset = ExpressionTableDataset(str(tmp_path / "out"))
    assert not dataset.exists()
    dataset.save({format_: cohort})
    back = dataset.load()
    np.testing.assert_array_equal(back.X, cohort.X)
    assert back.obs_names.tolist() == cohort.obs_names.tolist()
    assert back.var_names.tolist() == cohort.var_names.tolist()
    assert back.var["entrez"].tolist() == cohort.var["entrez"].tolist()
    labels = ["patient_id", "tissue", "condition", "cohort"]
    assert back.obs[labels].to_numpy().tolist() == cohort.obs[labels].to_numpy().tolist()
    assert back.uns["unit"] == unit
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        f"expression.{format_}",
        "samples.tsv",
    }


@pytest.mark.parametrize("format_", ["h5ad", "gct"])
def test_these_carry_their_labels_themselves(tmp_path, format_):
    ExpressionTableDataset(str(tmp_path)).save({format_: made()})
    alone = read_cohort(tmp_path / f"expression.{format_}")
    assert alone.obs["tissue"].tolist() == made().obs["tissue"].tolist()
    np.testing.assert_array_equal(alone.X, made().X)


def test_a_gct_is_as_its_specification_says(tmp_path):
    """GCT 1.3, https://clue.io/connectopedia/gct_format."""
    ExpressionTableDataset(str(tmp_path)).save({"gct": made()})
    lines = [line.split("\t") for line in (tmp_path / "expression.gct").read_text().splitlines()]
    assert lines[0] == ["#1.3"]
    rows, columns, of_rows, of_columns = map(int, lines[1])
    assert (rows, columns, of_rows, of_columns) == (30, 7, 2, 5)
    assert lines[2][:4] == ["id", "entrez", "ensembl", "cvae-best-0"]
    assert [line[0] for line in lines[3:8]] == made().obs.columns.tolist()
    assert len(lines) == 3 + of_columns + rows
    assert {len(line) for line in lines[2:]} == {1 + of_rows + columns}


def test_the_same_table_is_the_same_file(tmp_path):
    for folder in ("a", "b"):
        ExpressionTableDataset(str(tmp_path / folder)).save({"tsv.gz": made()})
    a, b = ((tmp_path / f / "expression.tsv.gz").read_bytes() for f in ("a", "b"))
    assert a == b
    assert gzip.decompress(a).startswith(b"symbol\tcvae-best-0\t")


def test_another_format_takes_the_place_of_the_first_and_strangers_stay(tmp_path):
    dataset = ExpressionTableDataset(str(tmp_path))
    dataset.save({"gct": made()})
    (tmp_path / "notes.txt").write_text("mine")
    dataset.save({"tsv": made(3)})
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"expression.tsv", "samples.tsv", "notes.txt"}
    assert dataset.load().n_obs == 3


def test_a_failed_write_leaves_the_old_pair(tmp_path, monkeypatch):
    dataset = ExpressionTableDataset(str(tmp_path))
    dataset.save({"parquet": made()})

    def full(cohort, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(table_writers.WRITERS, "parquet", full)
    with pytest.raises(DatasetError) as caught:
        dataset.save({"parquet": made(3)})
    mistake = find_mistake(caught.value)
    assert "No space left" in mistake.found and mistake.where == str(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"expression.parquet", "samples.tsv"}
    assert dataset.load().n_obs == 7


@pytest.mark.parametrize("at", ["table", "sheet"])
def test_a_kill_between_the_two_files_leaves_no_mixture(tmp_path, monkeypatch, at):
    from pathlib import Path

    dataset = ExpressionTableDataset(str(tmp_path))
    dataset.save({"parquet": made()})
    replace = Path.replace

    def killed(self, target):
        if (target.name == "samples.tsv") == (at == "sheet"):
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        dataset.save({"parquet": made(3)})
    assert not dataset.exists()  # the table stands without labels, old or new
    assert not (tmp_path / "samples.tsv").exists()


def test_an_unknown_format_and_a_table_that_is_not_there_are_refused(tmp_path):
    dataset = ExpressionTableDataset(str(tmp_path / "out"))
    assert_refused(
        lambda: dataset.save.__wrapped__(dataset, {"xlsx": made()}), ["'xlsx'", "parquet, h5ad"]
    )
    assert_refused(lambda: dataset.load.__wrapped__(dataset), ["no expression", "Run the pipeline"])


def test_landmark_genes_under_their_old_names_come_back_each_as_itself(tmp_path, real_data):
    """RNAseqDB names 39 of them as they were called in 2016; the reader calls them as today."""
    from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
    from genex_kedro.genes.panels import match_panel

    folder = real_data / "rnaseqdb/normalized"
    cohort = read_rnaseqdb(folder, names=["kich-rsem-fpkm-tcga-t.txt.gz"])
    chosen = cohort[:3, match_panel(cohort.var, "l1000_original")[0]].copy()
    chosen.obs = chosen.obs.assign(unit=chosen.uns["unit"])
    dataset = ExpressionTableDataset(str(tmp_path))
    for format_ in ("tsv", "gct"):
        dataset.save({format_: chosen})
        back = dataset.load()
        assert back.var["given"].tolist() == chosen.var_names.tolist()
        np.testing.assert_array_equal(back.X, chosen.X)
