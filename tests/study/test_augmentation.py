"""Augmentation on samples with a planted structure: who had seen what, and whether it helps."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.models.cvae.config import CVAE, CvaeConfig
from genex_kedro.study.generation import augmentation as ours
from genex_kedro.study.generation.refit import refit_network, refit_simple
from genex_kedro.study.generation.settings import GeneratorNetworkSettings
from genex_kedro.training import FitSettings

N_GENES = 40
SETTINGS = ours.AugmentationSettings(n_real=[6, 30], n_synthetic=60, repeats=2)


def cohort(n_per_class, seed, model=None):
    """Three tissues with and without tumor, far enough apart for many samples and not for one."""
    rng, truth = np.random.default_rng(seed), np.random.default_rng(99)
    obs = pd.DataFrame(
        [(t, c) for t in ("liver", "lung", "skin") for c in ("normal", "tumor")] * n_per_class,
        columns=["tissue", "condition"],
    ).assign(source="here")
    centre = truth.normal(size=(3, N_GENES)) * 0.7
    X = (
        5
        + centre[obs["tissue"].astype("category").cat.codes]
        + rng.normal(size=(len(obs), N_GENES))
    )
    X[:, :3] += (obs["condition"] == "tumor").to_numpy()[:, None]
    obs.index = [f"s{i}" for i in range(len(obs))]
    found = AnnData(np.maximum(X, 0).astype(np.float32), obs)
    found.uns |= {"seed": 0} if model is None else {"seed": 0, "model": model}
    return found


@pytest.fixture(scope="module")
def study():
    found = cohort(40, 0)
    found.obs["split"] = np.repeat(["train", "test"], [120, 120])
    return found


@pytest.fixture(scope="module")
def table(study):
    seen = []

    def refit(few, labels, seed):
        seen.append(few)
        return refit_simple(few, "class_normal", labels, seed)

    found = ours.augment(study, {"oracle/truth": cohort(40, 5, "oracle/truth")}, {"simple/class_normal": refit}, SETTINGS)  # fmt: skip
    return found, seen


def test_each_protocol_has_its_rows(table):
    found, _ = table
    assert list(found.columns) == ours.COLUMNS
    counts = found.groupby(["protocol", "n_real"]).size()
    assert counts[ours.ALONE].to_dict() == {6: 2, 30: 2, 120: 1}
    assert counts[ours.REFITTED].to_dict() == {6: 2, 30: 2}  # all samples: nothing to refit
    assert counts[ours.LEAKING].to_dict() == {6: 2, 30: 2, 120: 1}
    assert set(found["n_synthetic"][found["protocol"] != ours.ALONE]) == {60}
    assert set(found["label"]) == {"tissue"}
    assert (found["whole"] == (found["n_real"] == 120)).all()


def test_a_refitted_generator_saw_the_few_and_nothing_else(study, table):
    _, seen = table
    assert [few.n_obs for few in seen] == [6, 30, 6, 30]
    training = set(study.obs_names[study.obs["split"] == "train"])
    for few in seen:
        assert set(few.obs_names) <= training
        assert few.obs.groupby(["tissue", "condition"]).ngroups == 6
    assert set(seen[0].obs_names) < set(seen[1].obs_names)
    assert set(seen[0].obs_names) != set(seen[2].obs_names)  # another choice


def test_samples_of_the_truth_help_the_few(table):
    found, _ = table
    mean = found.groupby(["n_real", "protocol"])["balanced_accuracy"].mean()
    assert mean[6, ours.LEAKING] > mean[6, ours.ALONE] + 0.05
    assert mean[120, ours.ALONE] > mean[6, ours.ALONE]


def test_the_same_seed_gives_the_same_table(study, table):
    refits = {"simple/class_normal": lambda *a: refit_simple(a[0], "class_normal", *a[1:])}
    truth = {"oracle/truth": cohort(40, 5, "oracle/truth")}
    pd.testing.assert_frame_equal(ours.augment(study, truth, refits, SETTINGS), table[0])


def test_sizes_that_cannot_be_are_left_out(study, caplog):
    caplog.set_level("INFO", logger="genex_kedro")
    settings = ours.AugmentationSettings(n_real=[3, 30, 500], n_synthetic=10, repeats=1)
    found = ours.augment(study, {}, {}, settings)
    assert found["n_real"].tolist() == [30, 120]
    assert "[3, 500] real samples left out, 120 training samples of 6 classes" in caplog.text


def test_one_tissue_is_told_apart_by_condition_and_one_class_not_at_all(study):
    lung = study[study.obs["tissue"] == "lung"].copy()
    settings = ours.AugmentationSettings(n_real=[10], n_synthetic=10, repeats=1)
    assert set(ours.augment(lung, {}, {}, settings)["label"]) == {"condition"}
    normal = lung[lung.obs["condition"] == "normal"].copy()
    empty = ours.augment(normal, {}, {}, settings)
    assert list(empty.columns) == ours.COLUMNS
    assert not len(empty)


def refitted(few, labels, seed=0):
    """A small network that starts as factor analysis with 50 latents, fitted to `few`."""
    network = GeneratorNetworkSettings[CvaeConfig](
        network={"core": True, "prior": "class", "encoder_hidden": [8], "decoder_hidden": [8],
                 "encoding": "separate", "observation": "per_class", "observation_noise": True,
                 "sampling_statistics": "running", "latent": 50, "average": 0.9},
        fit=FitSettings(epochs=9, patience=3, device="cpu"),
    )  # fmt: skip
    return refit_network(few, CVAE, "best", network, ("tissue", "condition"), 2, labels, seed)


def test_a_network_fitted_to_few_samples_gives_what_is_asked(study):
    few = study[study.obs["split"] == "train"][:40].copy()
    labels = few.obs.iloc[np.resize(np.arange(40), 60)]
    made = refitted(few, labels)
    assert made.obs["tissue"].tolist() == labels["tissue"].tolist()
    assert np.isfinite(made.X).all()
    assert made.uns["model"] == "cvae/best"
    np.testing.assert_array_equal(made.X, refitted(few, labels).X)
    assert (made.X != refitted(few, labels, seed=1).X).any()


def test_a_network_that_needs_more_samples_is_left_out_and_named(study, caplog):
    caplog.set_level("INFO", logger="genex_kedro")
    few = study[study.obs["split"] == "train"][:7].copy()
    assert refitted(few, few.obs) is None
    assert "cvae/best cannot be fitted to 7 samples of 6 classes" in caplog.text
