"""Translated cohorts: what evaluation can rely on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad

from genex_kedro.study.translation.cohort import find_pairs, translated_cohort


@pytest.fixture
def study() -> AnnData:
    obs = pd.DataFrame(
        {
            "patient_id": ["p1", "p1", "p2", "p3", "p3", "p3", "p4", "p4"],
            "tissue": ["lung"] * 6 + ["lung", "liver"],
            "condition": ["normal", "tumor", "tumor", "tumor", "tumor", "normal", "tumor", "normal"],
            "split": ["test", "test", "train", "test", "test", "test", "test", "test"],
        },
        index=[f"s{i}" for i in range(8)],
    )  # fmt: skip
    cohort = AnnData(np.ones((8, 3), np.float32), obs, pd.DataFrame(index=["A", "B", "C"]))
    cohort.uns |= {"seed": 4, "unit": "log2(x+1)"}
    return cohort


def test_a_translated_cohort_holds_the_test_samples_in_order(study, tmp_path):
    values = np.arange(21, dtype=np.float64).reshape(7, 3) - 1
    tissue = np.array(["lung"] * 7)
    made = translated_cohort(
        study, {"normal": values}, "simple/x", paired=False, inferred_tissue=tissue
    )
    made.write_h5ad(tmp_path / "x.h5ad")
    made = read_h5ad(tmp_path / "x.h5ad")
    assert list(made.obs_names) == ["s0", "s1", "s3", "s4", "s5", "s6", "s7"]
    assert made.layers["normal"].dtype == np.float32
    assert made.layers["normal"].min() == 0 and made.layers["normal"][1, 1] == 3
    assert made.uns["model"] == "simple/x" and made.uns["seed"] == 4
    assert not made.uns["paired"] and not made.uns["pairs_in_validation"]
    assert made.uns["status"] == "finished"
    assert made.uns["clipped"]["normal"] == pytest.approx(1 / 21)
    assert set(made.obs["inferred_tissue"]) == {"lung"}


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ({"norml": np.ones((7, 3))}, "norml"),
        ({"normal": np.ones((8, 3))}, "shape"),
        ({"normal": np.full((7, 3), np.nan)}, "21 values are not finite"),
    ],
)
def test_a_layer_that_evaluation_cannot_use_is_refused(study, layers, says):
    with pytest.raises(ValueError, match=says):
        translated_cohort(study, layers, "simple/x", paired=False)


def test_pairs_are_a_tumor_and_the_normal_of_its_patient_and_tissue(study):
    tumor, normal = find_pairs(study.obs)
    assert list(tumor) == [1, 3, 4] and list(normal) == [0, 5, 5]
