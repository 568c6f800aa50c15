"""A simple translator on disk does what it did in memory, and holds no training sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted_patients import planted_patients

from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS, kept
from genex_kedro.models.simple.translators.regression import ResidualTranslator

TRAIN, VALIDATION, TEST = (planted_patients(seed=seed) for seed in range(3))
GENES = pd.DataFrame(index=[f"G{i}" for i in range(TRAIN.tumor.shape[1])])
KEPT = [n for n, make in SIMPLE_TRANSLATORS.items() if isinstance(make(), ResidualTranslator)]


def test_the_strongest_rows_can_be_kept():
    assert set(KEPT) >= {
        "shrunken_residual",
        "gene_slopes",
        "gene_slopes_ridge",
        "tissue_mean_normal",
    }


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_translator_answers_as_before(name, tmp_path):
    translator = SIMPLE_TRANSLATORS[name]().fit(TRAIN, VALIDATION)
    folder = ModelFolderDataset(str(tmp_path / "models"))
    folder.save({name: kept.to_trained_model(translator, GENES, {"seed": 0})})
    back = kept.from_trained_model(folder.load()[name])
    X, tissue = TEST.tumor, TEST.tumor_tissue
    assert back.point(X, tissue) == pytest.approx(translator.point(X, tissue), abs=1e-4)
    draws = [t.draw(X, tissue, np.random.default_rng(3)) for t in (translator, back)]
    assert draws[0] == pytest.approx(draws[1], abs=1e-4)
    assert back.tissues == translator.tissues


@pytest.mark.parametrize("name", KEPT)
def test_no_row_of_a_kept_translator_is_a_training_sample(name):
    model = kept.to_trained_model(SIMPLE_TRANSLATORS[name]().fit(TRAIN, VALIDATION), GENES, {})
    samples = np.concatenate([TRAIN.tumor, TRAIN.normal])
    samples = samples - samples.mean(1, keepdims=True)
    samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    for key, tensor in model.weights.items():
        rows = np.atleast_2d(tensor.double().numpy())
        rows = rows.T if key == "map_in" else rows
        rows = rows - rows.mean(1, keepdims=True)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows[length[:, 0] > 1e-9] / length[length[:, 0] > 1e-9]
        if len(rows):
            assert np.abs(rows @ samples.T).max() < 0.995, key


def test_another_model_is_refused():
    with pytest.raises(ValueError, match="discriminator"):
        kept.from_trained_model(TrainedModel({"model": "discriminator"}, {}, GENES))
