"""What the project itself wrote, spoiled: as another reader finds it, or refused."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from spoiling import CELLS, EXAMPLES, of_bytes, of_text, read_or_refused

from genex_kedro.datasets.checkpoint import CheckpointDataset
from genex_kedro.datasets.imagenet_weights import ImageNetWeights
from genex_kedro.datasets.model_folder import FILES, ModelFolderDataset, read_model
from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.errors import InputError
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.generation.request import GenerateSettings
from genex_kedro.training import Checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stores")


def same_tensors(mine, theirs):
    assert mine.keys() == theirs.keys()
    for key, tensor in mine.items():
        np.testing.assert_array_equal(tensor.numpy(), theirs[key])


@EXAMPLES
@given(data=of_bytes())
def test_a_checkpoint(folder, data):
    path = folder / "checkpoints" / "seed_0.safetensors"
    state = {"status": "running", "epoch": 2, "history": [], "seed": 0, "fingerprint": "a"}
    tensors = {"modules/net/weight": torch.arange(6.0).reshape(2, 3)}
    dataset = CheckpointDataset(str(path.parent))
    dataset.save({"seed_0": Checkpoint(tensors, state)})
    path.write_bytes(data(path.read_bytes()))
    loaded = read_or_refused(dataset.load, path)
    if loaded is not None:
        same_tensors(loaded["seed_0"].tensors, load_file(path))
        assert loaded["seed_0"].status in ("running", "finished", "diverged")
        assert loaded["seed_0"].matches("a") in (True, False)


@EXAMPLES
@given(data=of_bytes())
def test_imagenet_weights(folder, data):
    from safetensors.torch import save_file

    path = folder / "weights" / "resnet18.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file({"fc.weight": torch.ones(3)}, path, metadata={"input": "mean=[.1,.2,.3] std=[1/255]*3"})  # fmt: skip
    path.write_bytes(data(path.read_bytes()))
    weights = read_or_refused(lambda: ImageNetWeights("folder", str(path.parent)).of("resnet18"), path)  # fmt: skip
    if weights is not None:
        same_tensors(weights.tensors, load_file(path))


@EXAMPLES
@given(data=of_bytes(), text=of_text(), name=st.sampled_from(FILES))
def test_a_model_folder(folder, data, text, name):
    """Weights, genes and scaling are signed; the configuration and the card are for people to edit."""
    genes = pd.DataFrame({"entrez": ["7157", "213"]}, index=["TP53", "NA"])
    model = TrainedModel({"model": "X"}, {"w": torch.ones(2)}, genes, {"scale": "none"}, {"data": "planted"})  # fmt: skip
    shutil.rmtree(folder / "models", ignore_errors=True)
    ModelFolderDataset(str(folder / "models")).save({"seed_0": model})
    path = folder / "models" / "seed_0"
    spoil = data if name.endswith("safetensors") else text
    (path / name).write_bytes(spoil((path / name).read_bytes()))
    loaded = read_or_refused(lambda: read_model(path), path)
    if loaded is not None:
        assert loaded.genes.index.tolist() == ["TP53", "NA"]
        assert loaded.genes["entrez"].tolist() == ["7157", "213"]
        assert loaded.transform == model.transform and torch.equal(loaded.weights["w"], torch.ones(2))  # fmt: skip
        if name not in ("config.json", "card.json"):
            assert loaded.config["model"] == "X" and loaded.card == model.card


@pytest.fixture(scope="module")
def journal(folder):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / "sound.log"
    study = optuna.create_study(storage=TrialStorageDataset(str(path)).load(), study_name="s")
    for value in (1.0, 2.0):
        trial = study.ask({"latent": optuna.distributions.IntDistribution(1, 9)})
        trial.report(value, 1)
        study.tell(trial, value)
    return path.read_bytes()


@EXAMPLES
@given(data=of_text())
def test_a_journal_of_trials(folder, journal, data):
    import optuna

    path = folder / "trials.log"
    path.write_bytes(data(journal))
    storage = read_or_refused(TrialStorageDataset(str(path)).load, path)
    if storage is not None:
        optuna.get_all_study_summaries(storage)
        for name in optuna.get_all_study_names(storage):
            assert all(
                t.state.name for t in optuna.load_study(study_name=name, storage=storage).trials
            )


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(CELLS), st.text(max_size=20))  # fmt: skip


@EXAMPLES
@given(asked=st.dictionaries(st.sampled_from(list(GenerateSettings.model_fields)), VALUES))
def test_a_request(asked):
    """What a user asks for becomes settings, unchanged, or an error that names the field."""
    try:
        settings = GenerateSettings(**asked)
    except ValueError as error:  # pydantic's; the session words it
        assert any(name in str(error) for name in asked)
    except InputError as error:
        assert error.remedy
    else:
        for name, value in asked.items():
            assert json.dumps(getattr(settings, name)) == json.dumps(value) or value is None or str(getattr(settings, name)) == str(value) or float(value) == getattr(settings, name)  # fmt: skip
