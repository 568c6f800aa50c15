"""Trained models by name; whatever is not one is refused, each in its own words."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open

from genex_kedro.datasets.model_folder import ModelFolderDataset, read_model
from genex_kedro.datasets.model_shelf import ModelShelf, ModelShelfDataset
from refusals import assert_refused
from trained_generators import trained


@pytest.fixture
def root(tmp_path):
    models = {f"best_seed_{seed}": trained(seed) for seed in (10, 2)}
    ModelFolderDataset(str(tmp_path / "cvae/models")).save(
        models | {"two_words_seed_2": trained(2, "two_words")}
    )
    ModelFolderDataset(str(tmp_path / "baselines/wgan_gp/models")).save(
        {"log2_seed_2": trained(2, "log2")}
    )
    (tmp_path / "cvae/checkpoints").mkdir()
    return tmp_path


def test_models_are_found_by_their_full_names(root):
    shelf = ModelShelfDataset(str(root)).load()
    assert [(n.family, n.setting, n.seed) for n in shelf.names()] == [
        ("baselines.wgan_gp", "log2", 2),
        ("cvae", "best", 2),
        ("cvae", "best", 10),
        ("cvae", "two_words", 2),
    ]
    name, model = shelf.find("cvae/best")
    assert (name.full, name.seed, model.card["seed"]) == ("cvae/best", 2, 2)  # the first seed
    assert shelf.find("cvae/best", 10)[1].card["seed"] == 10
    for asked in ("wgan_gp/log2", "baselines.wgan_gp/log2"):
        name, model = shelf.find(asked)
        assert name.full == "wgan_gp/log2" and model.card["setting"] == "log2"


def test_what_is_not_trained_is_refused_with_what_is(root, tmp_path):
    shelf = ModelShelf(root)
    assert_refused(
        lambda: shelf.find("cvae/bets"),
        ["'cvae/bets'", "baselines.wgan_gp/log2, cvae/best", "kedro run --pipelines cvae"],
    )
    assert_refused(lambda: shelf.find("cvae/best", 3), ["no training with seed 3", "2, 10"])
    empty = ModelShelf(tmp_path / "nothing")
    assert_refused(lambda: empty.find("cvae/best"), ["no trained model in", "--pipelines cvae"])


def spoil(what):
    def removed(name):
        return lambda folder: (folder / name).unlink()

    def cut(name):
        def shorten(folder):
            content = (folder / name).read_bytes()
            (folder / name).write_bytes(content[: len(content) * 2 // 3])

        return shorten

    def pickled(folder):
        torch.save({"a": torch.ones(2)}, folder / "model.pt")
        (folder / "weights.safetensors").unlink()

    def swapped_genes(folder):
        first, second, third, *rest = (folder / "genes.tsv").read_text().splitlines()
        (folder / "genes.tsv").write_text("\n".join([first, third, second, *rest]))

    return {"removed": removed, "cut": cut, "pickled": pickled, "swapped": swapped_genes}[what]


@pytest.mark.parametrize(
    ("change", "pieces"),
    [
        *((spoil("removed")(n), [f"no {n}"]) for n in ("weights.safetensors", "config.json", "genes.tsv", "transform.json", "card.json")),
        *((spoil("cut")(n), [n]) for n in ("weights.safetensors", "config.json", "genes.tsv", "transform.json", "card.json")),
        (spoil("pickled"), ["model.pt", "pickle can run code"]),
        (spoil("swapped"), ["genes.tsv", "sha256"]),
        (lambda folder: (folder / "card.json").write_text("[1]"), ["card.json", "a JSON object"]),
        (shutil.rmtree, ["no such folder", "Correct the path"]),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_whole_model_is_refused(root, change, pieces):
    folder = root / "cvae/models/best_seed_2"
    assert ModelShelf.open(str(folder)).card["seed"] == 2
    change(folder)
    assert_refused(lambda: ModelShelf.open(str(folder)), [str(folder), *pieces])


def test_a_folder_of_several_models_or_a_file_is_not_one(root):
    several = root / "cvae/models"
    assert_refused(
        lambda: ModelShelf.open(str(several)), ["best_seed_10, best_seed_2", "Name one of them"]
    )
    file = several / "best_seed_2/weights.safetensors"
    assert_refused(lambda: ModelShelf.open(str(file)), ["a file", "the folder of one model"])


def test_weights_of_any_device_are_kept_without_it(tmp_path):
    """On a GPU where there is one; the folder's bytes are the same as from the CPU."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = trained()
    elsewhere = {key: tensor.to(device) for key, tensor in model.weights.items()}
    dataset = ModelFolderDataset(str(tmp_path / "a"))
    dataset.save({"m": SimpleNamespace(**{**vars(model), "weights": elsewhere})})
    ModelFolderDataset(str(tmp_path / "b")).save({"m": model})
    a, b = (tmp_path / x / "m/weights.safetensors" for x in "ab")
    assert a.read_bytes() == b.read_bytes()
    with safe_open(a, framework="pt") as file:
        assert file.metadata() is None  # names, types and shapes: no place for a device
    assert {tensor.device.type for tensor in read_model(a.parent).weights.values()} == {"cpu"}
