"""Whether a model holds a training sample: planted copies are found, means are none."""

import numpy as np
import pandas as pd
import pytest
import torch

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.learner import build, finish, learner
from genex_kedro.models.memorised import HELD, nearest_to_training
from genex_kedro.training import FitSettings, fit

N_GENES = 60


def training(n=80, n_genes=N_GENES):
    return torch.randn(n, n_genes, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "hide",
    [
        lambda x: x[3:4],
        lambda x: x[[3, 5]].T.contiguous(),
        lambda x: torch.cat([torch.randn(9, N_GENES), x[3:4]])[:, :N_GENES],
        lambda x: torch.cat([x[3:5], torch.ones(2, 4)], dim=1),  # a layer that sees the class too
        lambda x: x[3] + 0.01,
        lambda x: torch.stack([x[:4], x[4:8]]),
    ],
)
def test_a_copy_is_found_wherever_it_lies(hide):
    x = training()
    assert nearest_to_training({"a": torch.randn(5, 7), "b": hide(x)}, x) < 0.05


def test_means_and_strangers_are_no_copies():
    x = training()
    of_two = (x[0] + x[1]) / 2
    assert nearest_to_training({"m": of_two}, x) >= 0.5
    assert nearest_to_training({"m": x.mean(0)}, x) > HELD
    stranger = torch.randn(4, N_GENES, generator=torch.Generator().manual_seed(9))
    assert 0.8 < nearest_to_training({"m": stranger}, x) < 1.3


def test_nothing_with_a_number_a_gene_is_nothing_to_find():
    x = training()
    assert nearest_to_training({"w": torch.zeros(3, 4), "n": torch.tensor(5)}, x) == float("inf")
    assert nearest_to_training({"w": x[:1]}, x[:1]) == float("inf")


SETTINGS = {
    "as_published": CvaeConfig(encoder_hidden=(16,), decoder_hidden=(16,), latent=4),
    "best": CvaeConfig(
        encoding="separate", encoder_hidden=(16,), decoder_hidden=(16,), latent=4, core=True,
        widen_encoder=False, sampling_statistics="running", observation="per_class",
        noise_freedom=10, observation_noise=True, prior="class", average=0.9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("config", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("smallest", [1, 2])
def test_a_trained_cvae_holds_none_not_even_of_a_class_of_one(config, smallest):
    """The mean of a class of one sample is that sample, of two half of each."""
    sizes = [40, 37, smallest]
    x = training(sum(sizes)) + torch.arange(3).repeat_interleave(torch.tensor(sizes))[:, None]
    x = (x - x.mean(0)) / x.std(0)
    names = np.repeat(["lung", "liver", "kidney"], sizes)
    labels = pd.DataFrame({"tissue": names, "condition": "tumor"})
    vocabulary = Vocabulary.fit(labels, ["tissue", "condition"])
    train = x, torch.from_numpy(vocabulary.index(labels))
    cvae = build(config, vocabulary, N_GENES, 0)
    quick = FitSettings(epochs=30, batch_size=20, patience=None, device="cpu", save_every_s=1e9)
    *_, last = fit(learner(cvae, train), train, train, quick, 0)
    cvae.load_state_dict(last.weights("generator"))
    finish(cvae, train)
    assert nearest_to_training(cvae.state_dict(), x) > 0.5


def test_the_raw_mean_of_a_class_of_one_would_be_found():
    x = training()
    raw_means = torch.stack([x[:50].mean(0), x[50:79].mean(0), x[79]])
    assert nearest_to_training({"means": raw_means}, x) < 1e-6
