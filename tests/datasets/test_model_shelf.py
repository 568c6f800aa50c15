"""Trained models by name; whatever is not one is refused, each in its own words."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from safetensors import safe_open

from genex_kedro.datasets.model_folder import ModelFolderDataset, read_model
from genex_kedro.datasets.model_shelf import ModelShelfDataset, models_in, open_model
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card_uses import CLASSIFIER, GENERATOR, JUDGE, TRANSLATOR, model_name
from genex_kedro.models.shelf import ATLAS
from genex_kedro.study.translation.applied import take_bench
from refusals import assert_refused
from trained_generators import trained


def helper(kind: str, setting: str, **card) -> TrainedModel:
    """A model of another kind, of which the shelf looks at the class alone."""
    about = {"setting": setting, "seed": 2, **card}
    return TrainedModel({"model": kind}, {"w": torch.zeros(1)}, pd.DataFrame(index=["TP53"]), {}, about)  # fmt: skip


@pytest.fixture
def root(tmp_path):
    rival = trained(2, "log2")
    kept = {
        "cvae": {**{f"best_seed_{s}": trained(s) for s in (10, 2)}, "two_words_seed_2": trained(2, "two_words")},
        "baselines/wgan_gp": {"log2_seed_2": replace(rival, config={**rival.config, "model": "wgan_gp"})},
        "translators": {
            "gene_slopes_seed_2": helper("residual_translator", "gene_slopes"),
            "atlas_seed_2": helper("atlas", "atlas"),
        },
        "cyclegan": {"paper_seed_2": helper("CycleGan", "paper")},
        "discriminator/pooled": {"best_seed_2": helper("Discriminator", "best", judge="pooled")},
        "image_transfer": {"best_seed_2": helper("ImageClassifier", "best")},
    }  # fmt: skip
    for family, models in kept.items():
        ModelFolderDataset(str(tmp_path / family / "models")).save(models)
    (tmp_path / "cvae/checkpoints").mkdir()
    return tmp_path


def test_models_are_found_by_the_names_they_have_in_tables(root):
    shelf = ModelShelfDataset(str(root)).load()
    assert [(n.full, n.seed) for n in shelf.names] == [
        ("wgan_gp/log2", 2),
        ("cvae/best", 2),
        ("cvae/best", 10),
        ("cvae/two_words", 2),
        ("cyclegan/paper", 2),
        ("pooled judge/best", 2),
        ("images/best", 2),
        ("simple/atlas", 2),
        ("simple/gene_slopes", 2),
    ]
    name, model = shelf.find("cvae/best")
    assert (name.full, name.seed, model.card["seed"]) == ("cvae/best", 2, 2)  # the first seed
    assert shelf.find("cvae/best", 10)[1].card["seed"] == 10
    for name in shelf.names:
        found, model = shelf.find(name.full, name.seed)
        assert found == name and shelf.path(name).is_dir()
        if name.full != ATLAS:  # which no table names
            assert model_name(model.config, model.card) == name.full
    shown = ModelShelfDataset(str(root)).preview()
    assert "simple/gene_slopes seed 2" in shown and "translators" not in shown


@pytest.mark.parametrize(
    ("folder", "full"),
    [
        ("baselines.wgan_gp/log2", "wgan_gp/log2"),
        ("translators/gene_slopes", "simple/gene_slopes"),
        ("image_transfer/best", "images/best"),
        ("discriminator.pooled/best", "pooled judge/best"),
        ("pooled/best", "pooled judge/best"),
    ],
)
def test_a_model_answers_to_its_folder_too(root, folder, full):
    assert models_in(root).find(folder)[0].full == full


def test_what_is_not_trained_is_refused_with_what_is(root):
    shelf = models_in(root)
    assert_refused(lambda: shelf.find("cvae/bets"), ["'cvae/bets'", "cvae/best, cvae/two_words"])
    assert_refused(lambda: shelf.find("cvae/best", 3), ["no training with seed 3", "2, 10"])


OF_EACH_KIND = {
    GENERATOR: ("cvae/best, cvae/two_words, wgan_gp/log2", "--pipelines cvae (its rivals: baselines)"),
    TRANSLATOR: ("cyclegan/paper, simple/gene_slopes", "--pipelines reversion"),
    JUDGE: ("pooled judge/best", "--pipelines reversion"),
    CLASSIFIER: ("images/best", "--pipelines image_transfer"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_each_kind_is_taken_and_any_other_refused_with_what_to_name_or_train(root, tmp_path, kind):
    shelf, (there, remedy) = models_in(root), OF_EACH_KIND[kind]
    for other, (names, _) in OF_EACH_KIND.items():
        name = names.partition(",")[0]
        if other == kind:
            assert shelf.find(name, kind=kind)[0].full == name
            continue
        ends = (f"a {kind}: one of {there}\n", remedy)
        assert_refused(lambda name=name: shelf.find(name, kind=kind), [f"a trained {other}", *ends])
        folder = str(shelf.path(shelf.find(name)[0]))
        assert_refused(lambda folder=folder: shelf.open(folder, kind), [folder, f"a trained {other}"])  # fmt: skip
    assert_refused(lambda: shelf.find("simple/atlas", kind=kind), ["a trained atlas", remedy])
    assert_refused(lambda: shelf.find("x/y", kind=kind), ["of that name", f"one of {there}\n", remedy])  # fmt: skip
    empty = models_in(tmp_path / "nothing")
    assert_refused(lambda: empty.find("x/y", kind=kind), [f"no trained {kind} in", "Train it first", remedy])  # fmt: skip


def test_a_translator_without_its_atlas_says_what_to_train(root):
    shutil.rmtree(root / "translators/models/atlas_seed_2")
    shelf = models_in(root)
    assert_refused(lambda: take_bench(shelf, "cyclegan/paper", None), ["cyclegan/paper, seed 2", "no atlas", "reversion"])  # fmt: skip


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
    assert open_model(str(folder)).card["seed"] == 2
    change(folder)
    assert_refused(lambda: open_model(str(folder)), [str(folder), *pieces])


def test_a_folder_of_several_models_or_a_file_is_not_one(root):
    several = root / "cvae/models"
    assert_refused(
        lambda: open_model(str(several)), ["best_seed_10, best_seed_2", "Name one of them"]
    )
    file = several / "best_seed_2/weights.safetensors"
    assert_refused(lambda: open_model(str(file)), ["a file", "the folder of one model"])


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
