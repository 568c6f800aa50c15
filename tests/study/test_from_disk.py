"""Training on batches that are read from the study's file: the same weights as in memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from planted_study import planted_study

from genex_kedro.datasets import h5ad
from genex_kedro.datasets.h5ad import H5adFolderDataset
from genex_kedro.fingerprint import data_digest
from genex_kedro.models import blocks, memorised
from genex_kedro.models.families import FAMILIES
from genex_kedro.pipelines.cvae.nodes import choose_settings
from genex_kedro.pipelines.discriminator import nodes as judges
from genex_kedro.study import samples
from genex_kedro.study.generation import fitting
from genex_kedro.study.generation.settings import settings_of
from genex_kedro.study.judges.settings import JudgeSettings
from genex_kedro.training import FitSettings, Rows
from genex_kedro.training.settings import choose_from_disk
from genex_kedro.transforms import Standardiser

BEST = {"core": True, "latent": 5, "encoder_hidden": [8], "decoder_hidden": [8], "prior": "class",
        "observation": "per_class", "sampling_statistics": "running", "calibrated": True}  # fmt: skip
NETWORKS = {
    "cvae": {"encoder_hidden": [8], "decoder_hidden": [8]},
    "cvae best": BEST,
    "wgan_gp": {},
    "tvae": {},
    "diffusion": {"width": 8, "core_rank": 5, "steps": 20, "sampling_steps": 5},
}
FIT = {"epochs": 2, "batch_size": 16, "patience": None, "device": "cpu"}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """As a later node gets them: written, and loaded again."""
    dataset = H5adFolderDataset(filepath=str(tmp_path_factory.mktemp("study") / "studies"))
    dataset.save({"seed_0": planted_study(n_patients=30, n_genes=20)})
    return dataset.load()


def last(checkpoints):
    done = {key: one for found, _ in checkpoints for key, one in found.items()}
    assert done
    return done


def generators(name, studies, from_disk, fit=FIT):
    """Checkpoints and kept models of one network."""
    family, network = FAMILIES[name.split()[0]], NETWORKS[name]
    one = {"network": network, "fit": {**fit, "from_disk": from_disk}, "scaling": "per_gene"}
    if name == "wgan_gp":
        one["fit"] |= {"monitor": "energy_score"}
    settings = settings_of({"networks": {"one": one}, "factors": ["tissue", "condition"]}, family)
    done = last(fitting.train(studies, {}, settings, family))
    return done, fitting.keep(studies, done, settings, family)


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_generator_gets_the_same_weights(name, studies):
    (disk, kept), (memory, others) = (generators(name, studies, way) for way in (True, False))
    assert_same(disk["one_seed_0"].tensors, memory["one_seed_0"].tensors)
    assert_same(kept["one_seed_0"].weights, others["one_seed_0"].weights)
    assert kept["one_seed_0"].card == others["one_seed_0"].card  # fingerprints and all


def test_a_judge_gets_the_same_weights(studies):
    found = []
    for from_disk in (True, False):
        fit = {**FIT, "from_disk": from_disk}
        networks = {"one": {"scaling": "per_gene", "network": {"hidden": [8]}, "fit": fit}}
        settings = JudgeSettings(networks=networks, least=5)
        found.append(last(judges.train_judge(studies, {}, settings, "pooled")))
    assert_same(found[0]["one_seed_0"].tensors, found[1]["one_seed_0"].tensors)
    assert found[0]["one_seed_0"].matches(found[1]["one_seed_0"].state["fingerprint"])


def test_no_more_than_a_block_is_ever_read(studies, monkeypatch):
    """Of 210 samples at most 32 are in memory at a time, from the scaling to the card."""
    read = []

    class Watched(Rows):
        def _read(self, positions):
            read.append(len(positions))
            return super()._read(positions)

    monkeypatch.setattr("genex_kedro.training.Rows", Watched)
    monkeypatch.setattr("genex_kedro.transforms._BLOCK", 32)
    for module, size in ((blocks, "AT_ONCE"), (blocks, "ENOUGH"), (memorised, "_AT_ONCE")):
        monkeypatch.setattr(module, size, 32)
    monkeypatch.setattr("genex_kedro.models.cvae.model.AT_ONCE", 32)
    monkeypatch.setattr(memorised, "_ALL", 32)
    _, kept = generators("cvae best", studies, True)
    assert max(read) == 32
    assert np.isfinite(kept["one_seed_0"].card["nearest_to_training"])


def test_a_family_that_needs_all_samples_keeps_them_in_memory_and_says_so(studies, caplog):
    settings = settings_of(
        {"networks": {"one": {"network": {}, "fit": {**FIT, "from_disk": True}}}}, FAMILIES["ctgan"]
    )
    network = settings.networks["one"]
    fit = fitting.GeneratorFit(studies["seed_0"], network, settings, FAMILIES["ctgan"])
    assert isinstance(fit.tensors("train")[0], torch.Tensor)
    assert "ctgan needs all training samples in memory" in caplog.text


def test_a_study_is_mapped_and_what_is_written_stays_in_memory(studies, tmp_path):
    X = studies["seed_0"].X
    assert isinstance(X, np.memmap)
    np.testing.assert_array_equal(X, planted_study(n_patients=30, n_genes=20).X)
    path, before = X.filename, X[0, 0]
    X[0, 0] += 1
    assert np.memmap(path, X.dtype, "r", X.offset, X.shape)[0, 0] == before
    X[0, 0] = before


def test_a_large_study_is_mapped_read_only_so_that_it_may_exceed_memory(studies, monkeypatch):
    """The fits need no more than that."""
    path = Path(studies["seed_0"].X.filename)
    monkeypatch.setattr(h5ad, "_WRITABLE", 0)
    study = h5ad.read_mapped(path)
    assert not study.X.flags.writeable
    _, kept = generators("cvae best", {"seed_0": study}, True)
    _, others = generators("cvae best", studies, False)
    assert_same(kept["one_seed_0"].weights, others["one_seed_0"].weights)


def test_automatic_is_by_the_memory_that_is_free():
    assert not choose_from_disk("auto", 1000)
    assert choose_from_disk("auto", 10**15)
    assert FitSettings(from_disk=True).model_dump() == FitSettings().model_dump()


def test_it_is_kept_with_the_settings_that_the_cvae_is_trained_with(studies):
    """They go through a file, in which what no fingerprint holds must be too."""
    one = {"network": {}, "fit": {"from_disk": True}, "seeds": 2}
    settings = settings_of({"networks": {"one": one}}, FAMILIES["cvae"])
    again = settings_of(choose_settings(studies, settings, {}), FAMILIES["cvae"])
    assert again.networks["one"].fit.from_disk is True
    assert again.networks["one"].seeds == 2


def test_scaling_and_digest_in_blocks(studies, monkeypatch):
    study = studies["seed_0"]
    chosen = (study.obs["split"] == "train").to_numpy()
    whole, digest = Standardiser.fit(study.X[chosen], "per_gene"), data_digest(study[chosen])
    monkeypatch.setattr("genex_kedro.transforms._BLOCK", 7)
    monkeypatch.setattr("genex_kedro.fingerprint._BLOCK", 7)
    blocks = Standardiser.fit(study.X, "per_gene", chosen)
    np.testing.assert_allclose(blocks.mean, whole.mean, rtol=1e-7)
    np.testing.assert_allclose(blocks.sd, whole.sd, rtol=1e-7)
    assert data_digest(study, chosen) == digest
    in_memory = samples.scaled(study, chosen, whole, from_disk=False)
    on_disk = samples.scaled(study, chosen, whole, from_disk=True)
    assert on_disk.shape == in_memory.shape
    assert torch.equal(torch.cat(list(on_disk.split(7))), in_memory)
    with pytest.raises(ValueError, match="dimension 0"):
        on_disk.index_select(1, torch.tensor([0]))
