"""Profiles of others, brought to the genes of a trained model."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.cohort import notices
from genex_kedro.errors import InputError
from genex_kedro.study.matching import match_genes

MODEL = pd.DataFrame(index=["TP53", "KRAS", "EGFR", "MYC", "PTEN"])


def cohort(genes, n=3):
    X = np.arange(n * len(genes), dtype=np.float32).reshape(n, -1)
    obs = pd.DataFrame(index=[f"S{i}" for i in range(n)])
    return AnnData(X, obs=obs, var=pd.DataFrame(index=genes))


def matched(table, least=0.8):
    return match_genes(table, MODEL, least, "classify", "tumor_types")


def test_genes_come_in_the_models_order_and_others_go():
    found = matched(cohort(["PTEN", "MYC", "OTHER", "TP53", "KRAS", "EGFR"], 1))
    np.testing.assert_array_equal(found.expression, [[3, 4, 5, 1, 0]])
    assert found.absent == [] and found.measured.all()


def test_what_was_not_measured_is_filled_and_known():
    found = matched(cohort(["TP53", "KRAS", "EGFR", "MYC"], 2))
    assert found.absent == ["PTEN"] and not found.measured[:, 4].any()
    filled = found.filled(np.full(5, 7.0)).expression
    np.testing.assert_array_equal(filled, [[0, 1, 2, 3, 7], [4, 5, 6, 7, 7]])


def test_a_poor_sample_is_left_out_and_named():
    table = cohort(list(MODEL.index))
    table.X[1, :2] = np.nan
    assert list(matched(table).obs.index) == ["S0", "S2"]
    (notice,) = notices(table).to_dict("records")
    assert "left out" in notice["check"] and "S1" in notice["detail"]


def test_too_little_is_refused_with_the_pipelines_own_parameters():
    with pytest.raises(InputError, match=r"(?s)classify.*2 of the model's 5.*EGFR.*classify.min_coverage.*tumor_types.panel"):  # fmt: skip
        matched(cohort(["TP53", "KRAS"]))
    table = cohort(list(MODEL.index))
    table.X[:, :2] = np.nan
    table.X[0, 0], table.X[1, 1] = 1, 1  # each gene by some sample, no sample enough
    with pytest.raises(InputError, match="4 of the model's 5 genes"):
        matched(table, least=1.0)
