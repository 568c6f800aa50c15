"""Which networks are trained on which splits."""

import weakref

import numpy as np
import pandas as pd
import pytest
import torch
from anndata import AnnData
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner
from pydantic import ValidationError

from genex_kedro.fingerprint import digest
from genex_kedro.models.families import FAMILIES
from genex_kedro.study.fits import fits, train_all
from genex_kedro.study.generation.settings import settings_of
from genex_kedro.training.checkpoint import Checkpoint

CVAE = FAMILIES["cvae"]


def settings(**seeds):
    networks = {name: {"network": {}, "fit": {"epochs": 2}} for name in ("long", "short")}
    for name, n in seeds.items():
        networks[name]["seeds"] = n
    return settings_of({"networks": networks}, CVAE)


def studies(n):
    obs = pd.DataFrame({"split": ["train"]}, index=["a"])
    return {str(i): AnnData(np.zeros((1, 1)), obs=obs, uns={"seed": i + 5}) for i in range(n)}


def test_a_costly_network_takes_the_first_splits_only():
    keys = [key for key, *_ in fits(studies(3), settings(long=2).networks)]
    assert keys == ["long_seed_5", "short_seed_5", "long_seed_6", "short_seed_6", "short_seed_7"]


def test_more_splits_do_not_change_what_is_trained_already():
    assert digest(settings(long=1).networks["long"]) == digest(settings().networks["long"])


def test_no_split_at_all_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        settings(long=0)


class Saved(AbstractDataset):
    """Takes what a node hands over, and counts the weights that anyone still holds."""

    def __init__(self):
        self.alive, self.most, self.status = [], 0, {}

    def save(self, data):
        for key, checkpoint in data.items():
            self.alive.append(weakref.ref(checkpoint.tensors["w"]))
            self.status[key] = checkpoint.status
        self.most = max(self.most, sum(ref() is not None for ref in self.alive))

    def load(self):
        return {}

    def _describe(self):
        return {}


def test_kedro_does_not_keep_the_checkpoints_that_were_saved():
    def checkpoints(n):
        for epoch in range(1, n + 1):
            state = {"seed": 0, "fingerprint": "f", "device": "cpu", "epoch": epoch}
            status = "finished" if epoch == n else "running"
            row = {"epoch": epoch}
            yield Checkpoint({"w": torch.zeros(2)}, state | {"status": status, "history": [row]})

    def train():
        yield from train_all([("a_seed_0", checkpoints(30)), ("b_seed_0", checkpoints(30))], "x")

    saved, history = Saved(), MemoryDataset()
    catalog = DataCatalog({"checkpoints": saved, "history": history})
    SequentialRunner().run(Pipeline([node(train, None, ["checkpoints", "history"])]), catalog)
    assert saved.status == {"a_seed_0": "finished", "b_seed_0": "finished"}
    assert len(saved.alive) == 60 and saved.most <= 4
    assert history.load()["model"].tolist() == ["x/a", "x/b"]
