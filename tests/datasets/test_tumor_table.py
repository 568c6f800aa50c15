"""Tumors to translate come in any form, with labels or without."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.cohort import NOT_GIVEN, notices
from genex_kedro.datasets.tables.profile_table import ProfileTableDataset
from genex_kedro.datasets.tables.tumor_table import TumorTableDataset, read_tumors
from genex_kedro.errors import InputError
from genex_kedro.genes.table import gene_table

GENES = gene_table()["symbol"][3000:3040].tolist()
VALUES = np.random.default_rng(0).uniform(0, 12, (3, 40)).astype(np.float32)


def table(names=("mine1", "mine2", "mine3")) -> pd.DataFrame:
    return pd.DataFrame(VALUES[: len(names)], list(names), GENES)


@pytest.fixture
def write(tmp_path):
    def write_as(data: pd.DataFrame, name: str) -> str:
        path = tmp_path / name
        if name.endswith("parquet"):
            data.rename_axis("sample_id").to_parquet(path)
        elif name.endswith("h5ad"):
            AnnData(
                data.to_numpy(), pd.DataFrame(index=data.index), pd.DataFrame(index=data.columns)
            ).write_h5ad(path)
        else:
            data.T.rename_axis("gene").to_csv(path, sep="\t")
        return str(path)

    return write_as


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz", "t.parquet", "t.h5ad"])
def test_a_table_without_any_label_is_read(write, name):
    cohort = read_tumors(write(table(), name), unit="log2(x+1)")
    assert list(cohort.obs_names) == ["mine1", "mine2", "mine3"]
    assert set(cohort.obs["tissue"]) == {NOT_GIVEN} and set(cohort.obs["condition"]) == {"tumor"}
    assert list(cohort.obs["patient_id"]) == list(cohort.obs_names)
    np.testing.assert_allclose(cohort.X, VALUES, rtol=1e-5)
    assert cohort.uns["unit"] == "log2(x+1)"


def test_one_sample_is_enough_and_a_tissue_can_be_stated_for_all(write):
    cohort = read_tumors(write(table(["only"]), "one.tsv"), tissue="lung")
    assert cohort.shape == (1, 40) and cohort.obs["tissue"].tolist() == ["lung"]


def test_a_sheet_needs_sample_ids_alone_and_gives_what_it_knows(write, tmp_path):
    sheet = tmp_path / "s.tsv"
    sheet.write_text("sample_id\ttissue\nmine2\tliver\nmine1\t\nelse\tlung\n")
    cohort = read_tumors(write(table(), "t.tsv"), str(sheet), tissue="kidney")
    assert cohort.obs["tissue"].to_dict() == {"mine1": "kidney", "mine2": "liver"}
    said = notices(cohort)["check"].tolist()
    assert "samples left out: not in the sample sheet" in said
    sheet.write_text("name\ttissue\nmine2\tliver\n")
    with pytest.raises(InputError, match="sample_id"):
        read_tumors(write(table(), "t.tsv"), str(sheet))


def test_barcodes_tell_their_tissue(write):
    cohort = read_tumors(write(table(["TCGA-44-6147-01", "TCGA-44-6148-01"]), "t.tsv"))
    assert set(cohort.obs["tissue"]) == {"lung"}
    assert set(cohort.obs["patient_id"]) == {"TCGA-44-6147", "TCGA-44-6148"}


def test_a_tissue_that_nobody_stated_is_not_said_to_be_stated(write):
    names = ["GTEX-1117F-0226-SM-5GZZ7", "GTEX-111CU-1826-SM-5GZYN"]
    cohort = read_tumors(write(table(names), "t.tsv"))
    assert set(cohort.obs["tissue"]) == {NOT_GIVEN}
    assert not notices(cohort)["check"].str.contains("as stated").any()


def test_labels_of_an_h5ad_are_used_as_far_as_they_go(tmp_path):
    obs = pd.DataFrame({"tissue": ["lung", "", "liver"]}, index=["a", "b", "c"])
    AnnData(VALUES, obs, pd.DataFrame(index=GENES)).write_h5ad(tmp_path / "x.h5ad")
    cohort = read_tumors(tmp_path / "x.h5ad", unit="log2(x+1)")
    assert cohort.obs["tissue"].tolist() == ["lung", NOT_GIVEN, "liver"]


@pytest.mark.parametrize(
    ("names", "says"),
    [(["a", "a", "b"], "more than once")],
)
def test_repeated_samples_are_refused(write, names, says):
    with pytest.raises(InputError, match=says):
        read_tumors(write(table(names), "t.tsv"))


@pytest.mark.parametrize(
    ("dataset", "pipeline"), [(TumorTableDataset, "translate"), (ProfileTableDataset, "classify")]
)
def test_nothing_named_nothing_read(dataset, pipeline):
    with pytest.raises(
        Exception,
        match=rf"(?s)parameter {pipeline}\.expression.*{pipeline} --params {pipeline}\.expression=FILE",
    ):
        dataset().load()


def test_profiles_are_read_as_tumors_are(write):
    path = write(table(["a", "b"]), "t.tsv")
    tumors, profiles = TumorTableDataset(path).load(), ProfileTableDataset(path).load()
    np.testing.assert_array_equal(profiles.X, tumors.X)
    assert list(profiles.obs_names) == ["a", "b"] == list(tumors.obs_names)


@pytest.mark.parametrize(
    ("dataset", "pipeline"), [(TumorTableDataset, "translate"), (ProfileTableDataset, "classify")]
)
def test_the_remedy_names_the_pipelines_own_parameter(write, dataset, pipeline):
    table = pd.DataFrame({"TP53": [-40.5, 3], "KRAS": [2000.0, 1]}, index=["A", "B"])
    with pytest.raises(
        Exception, match=rf"(?s){pipeline}\.unit.*{pipeline}\.negative=zero"
    ) as caught:
        dataset(expression=str(write(table, "cohort.unit.tsv"))).load()
    assert "cohort.unit.tsv" in str(caught.value)
    with pytest.raises(Exception, match=rf"{pipeline}\.unit=linear"):
        dataset(expression=str(write(table, "t.tsv")), unit="furlong").load()


def test_a_table_that_is_not_expression_is_refused(write):
    words = table().set_axis([f"column {i}" for i in range(40)], axis=1)
    with pytest.raises(InputError, match="genes"):
        read_tumors(write(words, "t.tsv"))
