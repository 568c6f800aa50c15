"""A trained model survives the disk; a swapped or damaged one is refused."""

import json
import shutil
from typing import get_type_hints

import pandas as pd
import pytest
import torch
from kedro.io import DatasetError
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.errors import InputError
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator


def trained(seed: int = 0) -> TrainedModel:
    network = build_discriminator(DiscriminatorConfig(), 3, seed)
    genes = pd.DataFrame({"entrez": ["7157", "", "1"], "ensembl": ""}, index=["TP53", "NA", "A1BG"])
    return TrainedModel(
        config={"model": "Discriminator", **DiscriminatorConfig().model_dump(mode="json")},
        weights=network.state_dict(),
        genes=genes,
        transform={"scale": "none"},
        card={"data": "planted"},
    )


def refused(dataset, *words):
    with pytest.raises(DatasetError) as raised:
        dataset.load()
    assert isinstance(raised.value.__cause__, InputError)
    for word in words:
        assert word in str(raised.value)


def test_what_is_saved_is_loaded(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    assert not dataset.exists()
    dataset.save({"seed_0": trained(0), "seed_1": trained(1)})
    assert dataset.exists()
    loaded = dataset.load()
    assert list(loaded) == ["seed_0", "seed_1"]
    for seed, model in enumerate(loaded.values()):
        expected = trained(seed)
        assert (model.config, model.transform, model.card) == (
            expected.config,
            expected.transform,
            expected.card,
        )
        pd.testing.assert_frame_equal(model.genes, expected.genes.rename_axis("symbol"))
        assert all(torch.equal(t, model.weights[key]) for key, t in expected.weights.items())
        build_discriminator(DiscriminatorConfig(), 3, 9).load_state_dict(model.weights)


def test_models_of_an_earlier_run_do_not_stay_behind(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    dataset.save({"seed_0": trained(0), "seed_1": trained(1)})
    dataset.save({"seed_1": trained(1)})
    assert list(dataset.load()) == ["seed_1"]
    dataset.save({})
    assert dataset.exists()
    assert dataset.load() == {}


def test_weights_of_another_model_are_refused(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    dataset.save({"a": trained(0), "b": trained(1)})
    (tmp_path / "models/a/weights.safetensors").replace(tmp_path / "models/b/weights.safetensors")
    shutil.rmtree(tmp_path / "models/a")
    refused(dataset, "sha256", "weights.safetensors", "Train the model again")


def test_a_pickle_is_not_a_model(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    dataset.save({"a": trained()})
    (tmp_path / "models/a/weights.safetensors").rename(tmp_path / "models/a/weights.pt")
    refused(dataset, "no weights.safetensors", "weights.pt", "pickle can run code")


def test_damaged_json_and_an_empty_folder_are_named(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    refused(dataset, "no trained model", "training pipeline")
    dataset.save({"a": trained()})
    (tmp_path / "models/a/card.json").write_text("{")
    refused(dataset, "card.json", "JSON")


def test_the_preview_says_what_the_model_is(tmp_path):
    dataset = ModelFolderDataset(str(tmp_path / "models"))
    dataset.save({"a": trained()})
    shown = json.loads(dataset.preview())["a"]
    assert shown["class"] == "Discriminator"
    assert shown["configuration"]["dropout"] == 0.5
    assert shown["genes"] == 3
    assert shown["parameters"] == sum(t.numel() for t in trained().weights.values())
    assert get_type_hints(ModelFolderDataset.preview)["return"] is JSONPreview
