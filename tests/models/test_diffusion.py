"""The diffusion model: a planted truth for every target and sampler, and its steps."""

import pytest
import torch
from planted_classes import CORRELATION, MEANS, N_GENES, SPREAD, errors, planted, trained
from pydantic import ValidationError

from genex_kedro.models.diffusion.config import DIFFUSION, DiffusionConfig
from genex_kedro.models.diffusion.core import NormalDenoiser
from genex_kedro.models.diffusion.model import DiffusionLearner, build, learner
from genex_kedro.models.diffusion.steps import Level, cosine_levels, step_back, visited

SMALL = {
    "core": False,
    "width": 32,
    "blocks": 1,
    "dropout": 0.0,
    "noises": 4,
    "sampling_steps": 50,
    "average": 0.99,
    "learning_rate": 4e-3,
}


def least_loss():
    """What the exact denoiser of the planted truth leaves, but for the two correlated genes."""
    signal = cosine_levels(1000).signal.square()
    variance = SPREAD**2
    left = variance * (1 - signal) / (signal * variance + 1 - signal)
    return float(((signal / (1 - signal)).clamp_max(1) * left).mean())


@pytest.mark.parametrize(
    ("more", "error"),
    [
        pytest.param({}, 0.15, id="velocity"),
        pytest.param({"target": "expression", "encoding": "joint"}, 0.25, id="expression"),
        pytest.param({"target": "noise", "limit": 4.0}, 0.25, id="noise"),
    ],
)
def test_means_spread_and_correlations_are_recovered(more, error):
    config = DiffusionConfig(**SMALL | more)
    generator, last = trained(DIFFUSION, config, epochs=40)
    for sampler in ("ddim", "ddpm"):
        generator.config = config.model_copy(update={"sampler": sampler})
        assert max(errors(generator).values()) < error, (sampler, errors(generator))
    assert last.history[-1]["validation.loss"] < 1.1 * least_loss()


def test_the_cosine_schedule_is_that_of_its_paper():
    levels = cosine_levels(1000)
    signal = levels.signal.double()
    t = torch.tensor([0, 249, 499, 899], dtype=torch.float64)
    angle = ((t + 1) / 1000 + 0.008) / 1.008 * torch.pi / 2
    start = torch.cos(torch.tensor(0.008 / 1.008 * torch.pi / 2))
    torch.testing.assert_close(signal[t.long()], torch.cos(angle) / start, rtol=1e-6, atol=0)
    torch.testing.assert_close(levels.noise.double().square(), 1 - signal.square())
    assert (signal.diff() < 0).all() and signal[-1] < 1e-3
    within = 1 - (signal[1:] / signal[:-1]).square()
    assert within.max() <= 0.999 + 1e-6


def test_a_ddpm_step_is_the_posterior_of_ho_et_al():
    """Equation 7 of "Denoising Diffusion Probabilistic Models", from the schedule directly."""
    levels, g = cosine_levels(100), torch.Generator().manual_seed(0)
    clean, noised, fresh = torch.randn(3, 5, 4, generator=g, dtype=torch.float64)
    t = 60
    kept, kept_before = levels.signal[[t, t - 1]].double() ** 2
    alpha = kept / kept_before
    beta = 1 - alpha
    mean = (kept_before.sqrt() * beta * clean + alpha.sqrt() * (1 - kept_before) * noised) / (
        1 - kept
    )
    variance = beta * (1 - kept_before) / (1 - kept)
    here, there = levels.after(t), levels.after(t - 1)
    found = step_back(noised, clean, here, there, fresh)
    torch.testing.assert_close(found, mean + variance.sqrt() * fresh, rtol=1e-5, atol=1e-5)


def test_with_the_exact_noise_the_way_back_ends_at_the_clean_profile():
    g = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 6, N_GENES, generator=g)
    seen = []
    x = None
    for step, here, there in visited(cosine_levels(1000), 13):
        x = here.mix(clean, noise) if x is None else x
        x = step_back(x, clean, here, there, None)
        torch.testing.assert_close(x, there.mix(clean, noise), rtol=1e-3, atol=1e-3)
        seen.append(step)
    assert seen[0] == 999 and seen[-1] == 0 and len(seen) == 13
    torch.testing.assert_close(x, clean, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["noise", "expression", "velocity"])
def test_what_was_predicted_leads_back_to_the_clean_profile(kind):
    g = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 6, N_GENES, generator=g)
    at = cosine_levels(100).after(torch.tensor([[0], [10], [40], [60], [80], [95]]))
    noised = at.mix(clean, noise)
    target = at.target(clean, noise, kind)
    torch.testing.assert_close(at.clean(noised, target, kind), clean, rtol=1e-4, atol=1e-4)


def test_the_steps_of_a_batch_are_spread_evenly():
    vocabulary = planted(30)[2]
    model = build(DiffusionConfig(**SMALL), vocabulary, N_GENES, 0)
    step = model._even_steps(50, torch.Generator().manual_seed(0))
    ordered = step.sort().values
    assert ordered.diff().min() >= 19 and ordered.diff().max() <= 21  # 1,000 steps over 50
    copies = model._even_steps(40, torch.Generator().manual_seed(0)).reshape(4, 10)
    apart = copies.sort(0).values.diff(dim=0)  # of a sample noised four times
    assert apart.min() >= 249 and apart.max() <= 251
    many = torch.cat([model._even_steps(3, torch.Generator().manual_seed(i)) for i in range(900)])
    assert many.min() >= 0 and many.max() <= 999 and abs(many.float().mean() - 499.5) < 15


def test_an_untrained_model_gives_noise_and_its_losses_are_those_of_no_prediction():
    x, classes, vocabulary = planted(600)
    config = DiffusionConfig(**SMALL)
    model = build(config, vocabulary, N_GENES, 0).eval()
    with torch.no_grad():
        loss = model.loss(x, classes, torch.Generator().manual_seed(0), 4)
    # the velocity's square, signal^2 of the noise and noise^2 of the expression, both halves
    expected = 0.5 * (1 + x.square().mean())
    assert loss["objective"] == pytest.approx(float(expected), rel=0.05)


def test_the_average_follows_the_trained_weights():
    x, classes, vocabulary = planted(60)
    config = DiffusionConfig(**SMALL | {"average": 0.75})
    training = DiffusionLearner(build(config, vocabulary, N_GENES, 0))
    before = training.generator.denoiser.output.bias.clone()
    training.step((x, classes), torch.Generator().manual_seed(0))
    after = training.trained.denoiser.output.bias
    expected = 0.75 * before + 0.25 * after
    torch.testing.assert_close(training.generator.denoiser.output.bias, expected)


@pytest.mark.parametrize(
    ("wrong", "piece"),
    [
        ({"sampling_steps": 2000}, "sampling_steps 2000 above steps 1000"),
        ({"target": "score"}, "velocity"),
        ({"sampler": "euler"}, "ddpm"),
        ({"width": 1}, "width"),
        ({"dropout": 1.0}, "dropout"),
        ({"noises": 0}, "noises"),
    ],
)
def test_what_cannot_be_is_refused(wrong, piece):
    with pytest.raises(ValidationError, match=piece):
        DiffusionConfig(**wrong)


CORE = SMALL | {"core": True, "core_rank": 12, "core_shrinkage": 0.01}


@pytest.mark.parametrize("target", ["velocity", "expression", "noise"])
def test_a_core_denoises_a_normal_truth_before_any_training(target):
    x, classes, vocabulary = planted(900)
    config = DiffusionConfig(**CORE | {"target": target, "limit": 4.0, "sampler": "ddpm"})
    model = learner(build(config, vocabulary, N_GENES, 0), (x, classes)).modules["generator"]
    model.eval()
    assert max(errors(model).values()) < 0.12, errors(model)
    with torch.no_grad():
        loss = model.loss(x, classes, torch.Generator().manual_seed(0), 4)["loss"]
    assert loss < 1.03 * least_loss()


def test_a_core_predicts_what_the_normal_posterior_says():
    """E[clean | noised] of a normal with covariance V: m + s V (s^2 V + n^2)^-1 (x - s m)."""
    x, classes, vocabulary = planted(900)
    core = NormalDenoiser(3, N_GENES, N_GENES)
    design = torch.from_numpy(vocabulary.design("separate"))
    core.fit(x, classes, design, 0.2)
    at = cosine_levels(100).after(torch.full((900, 1), 60))
    noised = at.mix(x, torch.randn(x.shape, generator=torch.Generator().manual_seed(1)))
    pooled = core.axes @ torch.diag(core.variances) @ core.axes.T
    for c in range(3):
        rows, covariance = classes == c, core.scales[c] * pooled
        here = Level(at.signal[rows], at.noise[rows])
        total = here.signal[0] ** 2 * covariance + here.noise[0] ** 2 * torch.eye(N_GENES)
        centred = noised[rows] - here.signal * core.means[c]
        gain = here.signal[0] * covariance @ torch.linalg.inv(total)
        expected = core.means[c] + centred @ gain.T
        for kind in ("noise", "expression", "velocity"):
            predicted = core(noised[rows], here, classes[rows], kind)
            clean = here.clean(noised[rows], predicted, kind)
            torch.testing.assert_close(clean, expected, rtol=1e-3, atol=1e-3)


def test_smoothing_keeps_means_and_spreads_and_weakens_correlations_by_its_share():
    x, classes, vocabulary = planted(900)
    core = NormalDenoiser(3, N_GENES, 4)
    core.fit(x, classes, torch.from_numpy(vocabulary.design("separate")), 0.2)
    draw = torch.Generator().manual_seed(0)
    made = core.smooth(x.repeat(20, 1), classes.repeat(20), 0.5, draw)
    for c, mean in enumerate(MEANS):
        rows = made[classes.repeat(20) == c]
        assert abs(rows[:, 0].mean() - mean) < 0.1
        torch.testing.assert_close(rows.std(0), torch.full((N_GENES,), 0.5), atol=0.06, rtol=0)
        assert abs(torch.corrcoef(rows.T)[1, 2] - 0.5 * CORRELATION) < 0.06


def test_a_core_with_fewer_samples_than_axes_and_classes_of_one_sample():
    x, classes, vocabulary = planted(9)
    classes[classes == 2] = 1
    classes[0] = 2
    config = DiffusionConfig(**CORE | {"smoothing": 0.2})
    model = learner(build(config, vocabulary, N_GENES, 0), (x, classes))
    losses = model.step((x, classes), torch.Generator().manual_seed(0))
    assert all(value.isfinite() for value in losses.values())
    assert model.modules["generator"].eval().sample(classes, 0).isfinite().all()
    with pytest.raises(ValidationError, match="core: true"):
        DiffusionConfig(core=False, smoothing=0.1)


@pytest.mark.parametrize("n", [9, 30, 300])
def test_the_axes_of_a_core_are_those_of_the_singular_value_decomposition(n):
    x, classes, vocabulary = planted(n)
    core = NormalDenoiser(3, N_GENES, 5)
    core.fit(x, classes, torch.from_numpy(vocabulary.design("separate")), 0.1)
    means = torch.stack([x[classes == c].double().mean(0) for c in range(3)])
    centred = x.double() - means[classes]
    _, s, axes = torch.linalg.svd(centred, full_matrices=False)
    level = centred.square().sum() / (n - 3) / N_GENES
    expected = 0.9 * s[:5].square() / (n - 3) + 0.1 * level
    torch.testing.assert_close(core.variances.double(), expected, rtol=1e-4, atol=1e-6)
    same = (core.axes.double() * axes[:5].T).sum(0).abs()  # but for their signs
    torch.testing.assert_close(same, torch.ones(5).double(), rtol=1e-4, atol=1e-4)
