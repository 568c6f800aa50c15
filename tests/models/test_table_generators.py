"""CTGAN and TVAE on a planted truth with a gene of two modes; what each does as published."""

import pytest
import torch
from planted_classes import CORRELATION, MEANS, N_GENES, SPREAD, planted

from genex_kedro.models.ctgan_config import CTGAN, CtganConfig
from genex_kedro.models.tvae_config import TVAE, TvaeConfig
from genex_kedro.training import FitSettings, fit

LOW = 0.3  # share of samples in the lower mode of gene 3
SMALL_TVAE = TvaeConfig(
    modes=4,
    encoder_hidden=(64,),
    decoder_hidden=(64,),
    latent=8,
    learning_rate=5e-3,
    drawn_modes=True,
)
# one judge a sample and more of its steps: in seconds, what the published schedule needs longer for
SMALL_CTGAN = CtganConfig(
    modes=4,
    embedding=16,
    generator_hidden=(64, 64),
    critic_hidden=(64, 64),
    pac=1,
    critic_steps=4,
    dropout=0,
    learning_rate=1e-3,
)


def two_modes(n=900):
    """As `planted`, with gene 3 at -2 or 2, whatever the class."""
    x, classes, vocabulary = planted(n)
    g = torch.Generator().manual_seed(9)
    low = torch.rand(n, generator=g) < LOW
    x[:, 3] = torch.where(low, -2.0, 2.0) + 0.3 * torch.randn(n, generator=g)
    return x, classes, vocabulary


def trained(family, config, epochs):
    x, classes, vocabulary = two_modes()
    train, held_out = (x[:750], classes[:750]), (x[750:], classes[750:])
    generator = family.code().build(config, vocabulary, N_GENES, 0)
    learner = family.code().learner(generator, train)
    settings = FitSettings(
        epochs=epochs, batch_size=75, patience=None, monitor=None, device="cpu", save_every_s=1e9
    )
    *_, last = fit(learner, train, held_out, settings, 0)
    assert last.status == "finished"
    return family.code().finish(generator, train), last


# errors allowed: of class means 4 apart at most, of a spread of .5, of a correlation of .8
CASES = [
    pytest.param(TVAE, SMALL_TVAE, 60, (0.7, 0.12, 0.25), id="tvae"),
    pytest.param(
        TVAE,
        SMALL_TVAE.model_copy(update={"classes": "given"}),
        40,
        (0.25, 0.12, 0.25),
        id="tvae given the class",
    ),
    pytest.param(CTGAN, SMALL_CTGAN, 60, (0.9, 0.3, 0.45), id="ctgan"),
]


@pytest.mark.parametrize(("family", "config", "epochs", "allowed"), CASES)
def test_means_spread_correlation_and_both_modes_are_recovered(family, config, epochs, allowed):
    generator, _ = trained(family, config, epochs)
    for at, mean in enumerate(MEANS):
        made = generator.sample(torch.full((2000,), at), seed=1)
        print(
            at,
            made[:, 0].mean(),
            made[:, 4:].std(0),
            torch.corrcoef(made.T)[1, 2],
            (made[:, 3] < 0).float().mean(),
        )
        assert abs(made[:, 0].mean() - mean) < allowed[0]
        assert (made[:, 4:].std(0) - SPREAD).abs().max() < allowed[1]
        assert abs(torch.corrcoef(made.T)[1, 2] - CORRELATION) < allowed[2]
        low = made[:, 3] < 0
        assert abs(low.float().mean() - LOW) < 0.15
        for side, centre in ((low, -2.0), (~low, 2.0)):
            assert abs(made[side, 3].mean() - centre) < 0.5 and made[side, 3].std() < 0.9
        between = (made[:, 3].abs() < 0.8).float().mean()
        assert between < 0.05  # a single normal of that mean and variance has a third there
