"""Digests: equal for equal content, different for any change that a result depends on."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.pipelines.data_processing import nodes


def study():
    obs = pd.DataFrame(
        {"split": ["train", "test"], "condition": ["tumor", "normal"]}, index=["s1", "s2"]
    )
    return AnnData(np.ones((2, 3), np.float32), obs, pd.DataFrame(index=["a", "b", "c"]))


def test_equal_content_equal_digest():
    assert data_digest(study()) == data_digest(study())
    assert data_digest({"seed_0": study()}) != data_digest({"seed_1": study()})
    assert data_digest(3) is None


@pytest.mark.parametrize("change", ["value", "split", "label", "sample", "gene"])
def test_every_change_of_the_data_counts(change):
    changed = study()
    if change == "value":
        changed.X[0, 0] = 2
    elif change == "split":
        changed.obs["split"] = ["test", "train"]
    elif change == "label":
        changed.obs["condition"] = ["normal", "tumor"]
    elif change == "sample":
        changed.obs_names = ["s1", "s3"]
    else:
        changed.var_names = ["a", "b", "d"]
    assert data_digest(changed) != data_digest(study())


def test_the_order_of_keys_does_not_count():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})


def test_code_counts_at_any_depth(monkeypatch):
    from genex_kedro import fingerprint

    before = code_digest.__wrapped__(nodes.prepare_studies)
    source = fingerprint._source

    def edited(module):
        return source(module) + ("# edited" if module == "genex_kedro.genes.panels" else "")

    monkeypatch.setattr(fingerprint, "_source", edited)
    assert code_digest.__wrapped__(nodes.prepare_studies) != before
