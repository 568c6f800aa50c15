"""CTGAN and TVAE on a planted truth with a gene of two modes; what each does as published."""

import pytest
import torch
from planted_classes import CORRELATION, MEANS, N_GENES, SPREAD, planted
from pydantic import ValidationError

from genex_kedro.models.ctgan import learner as ctgan_learner
from genex_kedro.models.ctgan.config import CTGAN, CtganConfig
from genex_kedro.models.ctgan.critic import PackedCritic
from genex_kedro.models.ctgan.learner import TrainingBySampling
from genex_kedro.models.tvae import model as tvae
from genex_kedro.models.tvae.config import TVAE, TvaeConfig
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
    generator_hidden=(64,),
    critic_hidden=(64,),
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


def trained(family, config, epochs, batch_size):
    x, classes, vocabulary = two_modes()
    train, held_out = (x[:750], classes[:750]), (x[750:], classes[750:])
    generator = family.code().build(config, vocabulary, N_GENES, 0)
    learner = family.code().learner(generator, train)
    settings = FitSettings(
        epochs=epochs,
        batch_size=batch_size,
        patience=None,
        monitor=None,
        device="cpu",
        save_every_s=1e9,
    )
    *_, last = fit(learner, train, held_out, settings, 0)
    assert last.status == "finished"
    return family.code().finish(generator, train), last


# epochs and batch; errors allowed: of class means 4 apart at most, of a spread of .5, of a
# correlation of .8
CASES = [
    pytest.param(TVAE, SMALL_TVAE, (60, 75), (0.8, 0.12, 0.25), id="tvae"),
    pytest.param(
        TVAE,
        SMALL_TVAE.model_copy(update={"classes": "given"}),
        (60, 75),
        (0.25, 0.12, 0.25),
        id="tvae given the class",
    ),
    pytest.param(CTGAN, SMALL_CTGAN, (80, 150), (0.6, 0.25, 0.3), id="ctgan"),
]


@pytest.mark.parametrize(("family", "config", "schedule", "allowed"), CASES)
def test_means_spread_correlation_and_both_modes_are_recovered(family, config, schedule, allowed):
    generator, _ = trained(family, config, *schedule)
    for at, mean in enumerate(MEANS):
        made = generator.sample(torch.full((2000,), at), seed=1)
        assert abs(made[:, 0].mean() - mean) < allowed[0]
        assert (made[:, 4:].std(0) - SPREAD).abs().max() < allowed[1]
        assert abs(torch.corrcoef(made.T)[1, 2] - CORRELATION) < allowed[2]
        low = made[:, 3] < 0
        assert abs(low.float().mean() - LOW) < 0.15
        for side, centre in ((low, -2.0), (~low, 2.0)):
            assert abs(made[side, 3].mean() - centre) < 0.5 and made[side, 3].std() < 0.9
        between = (made[:, 3].abs() < 0.8).float().mean()
        assert between < 0.08  # a normal of that mean and variance has .29 there


def test_a_rare_class_of_a_tvae_that_knows_no_conditions_is_given_all_the_same():
    _, _, vocabulary = planted(30)
    generator = tvae.build(SMALL_TVAE, vocabulary, N_GENES, 0).eval()
    with torch.no_grad():  # the class follows from the first latent: the third beyond 2.5
        generator.decoder[0].weight.zero_()
        generator.decoder[0].bias.zero_()
        generator.decoder[0].weight[0, 0] = 1
        generator.class_output.weight.zero_()
        generator.class_output.weight[2, 0] = 40
        generator.class_output.bias.copy_(torch.tensor([0.0, 0.0, -100.0]))
    draw = torch.Generator().manual_seed(0)
    asked = torch.tensor([2] * 40 + [0] * 400)
    first = generator._latents(asked, draw)[:, 0]
    assert (first[:40] > 2.4).all() and (first[40:] < 2.6).all()
    assert first[:40].unique().numel() > 20  # and are not one latent over and over
    assert generator.sample(asked, 0).shape == (440, N_GENES)


def test_training_by_sampling():
    classes = torch.tensor([0] * 900 + [1] * 90 + [2])
    x = torch.arange(991.0)[:, None].repeat(1, 2)
    order = torch.randperm(991, generator=torch.Generator().manual_seed(3))
    pool = TrainingBySampling(x[order], classes[order], 3)
    draw = torch.Generator().manual_seed(0)
    asked = pool.classes(60_000, draw)
    share = torch.bincount(asked) / 60_000
    expected = torch.log1p(torch.tensor([900.0, 90.0, 1.0]))
    torch.testing.assert_close(share, expected / expected.sum(), atol=0.01, rtol=0)
    rows = pool.samples(asked, draw)[:, 0].long()
    assert torch.equal(classes[rows], asked) and rows.unique().numel() == 991
    assert not pool.state_dict()  # no training sample in a checkpoint


@pytest.mark.parametrize(("n", "drawn"), [(3, 10), (10, 10), (38, 30)])
def test_a_batch_is_cut_to_packs_and_one_smaller_than_a_pack_stands_for_one(n, drawn):
    x, classes, vocabulary = planted(60)
    config = SMALL_CTGAN.model_copy(update={"pac": 10})
    learner = ctgan_learner.learner(
        ctgan_learner.build(config, vocabulary, N_GENES, 0), (x, classes)
    )
    rows = []
    learner.generator.register_forward_hook(lambda _, inputs, __: rows.append(len(inputs[0])))
    losses = learner.step((x[:n], classes[:n]), torch.Generator().manual_seed(0))
    assert rows == [drawn] * 5 and all(value.isfinite() for value in losses.values())


def test_the_penalty_of_packs_is_that_of_a_double_backward():
    critic = PackedCritic(torch.arange(6), (16, 8), pac=4, dropout=0.3)
    g = torch.Generator().manual_seed(0)
    real, made = (torch.randn(40, 6, generator=g) for _ in range(2))
    distance, penalty = critic.compare(real, made, torch.Generator().manual_seed(1))
    parameters = list(critic.parameters())
    closed = torch.autograd.grad(penalty, parameters, retain_graph=True, allow_unused=True)

    draw = torch.Generator().manual_seed(1)
    of_real, of_made = critic(real, draw), critic(made, draw)
    torch.testing.assert_close(distance, of_real.mean() - of_made.mean())
    share = torch.rand((10, 1), generator=draw)
    mixed = torch.lerp(real.view(10, -1), made.view(10, -1), share).requires_grad_()
    score = critic(mixed.view(40, 6), draw)
    (gradient,) = torch.autograd.grad(score.sum(), mixed, create_graph=True)
    plain = (gradient.norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(penalty, plain, rtol=1e-5, atol=0)
    twice = torch.autograd.grad(plain, parameters, allow_unused=True)
    for one, other in zip(closed, twice, strict=True):
        assert (one is None) or torch.allclose(one, other, atol=1e-5)
    assert sum(one is not None for one in closed) == 3  # the weights of all layers


def test_the_published_shapes():
    x, classes, vocabulary = planted(60)
    gan = ctgan_learner.learner(
        ctgan_learner.build(CtganConfig(), vocabulary, N_GENES, 0), (x, classes)
    )
    width = 11 * N_GENES
    columns = N_GENES + int(gan.generator.modes.live.sum()) + 3 + 3  # class and condition
    assert columns < width
    assert [tuple(p.weight.shape) for p in gan.critic.layers] == [
        (256, 10 * columns),  # of ten samples, without the modes that genes do not have
        (256, 256),
        (1, 256),
    ]
    assert gan.generator.mode_output.weight.shape == (10 * N_GENES, 128 + 3 + 256 + 256)
    groups = [optimizer.param_groups[0] for optimizer in gan.optimizers.values()]
    assert [(g["lr"], g["betas"], g["weight_decay"]) for g in groups] == [
        (2e-4, (0.5, 0.9), 1e-6),
        (2e-4, (0.5, 0.9), 0.0),
    ]
    vae = tvae.learner(tvae.build(TvaeConfig(), vocabulary, N_GENES, 0), (x, classes))
    assert vae.generator.encoder[0].in_features == width + 3
    assert vae.generator.latent_mean.weight.shape == (128, 128)
    group = vae.optimizers["generator"].param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (1e-3, 1e-5)


def test_the_reconstruction_counts_twice_in_training_and_once_in_the_elbo():
    x, classes, vocabulary = planted(60)
    generator = tvae.build(SMALL_TVAE, vocabulary, N_GENES, 0)
    tvae.learner(generator, (x, classes))
    loss = generator.loss(x, classes, torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss.objective, 2 * loss.reconstruction + loss.kl)
    torch.testing.assert_close(loss.elbo, loss.reconstruction + loss.kl)


def test_what_cannot_be_is_refused():
    for family, wrong in (
        (TVAE, {"modes": 1}),
        (TVAE, {"encoder_hidden": ()}),
        (TVAE, {"classes": "guessed"}),
        (CTGAN, {"pac": 0}),
        (CTGAN, {"dropout": 1.0}),
        (CTGAN, {"temperature": 0}),
    ):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            family.config(**wrong)
