"""The diffusion model: a planted truth for every target and sampler, and its steps."""

import pytest
import torch
from planted_classes import N_GENES, SPREAD, errors, planted, trained
from pydantic import ValidationError

from genex_kedro.models.diffusion import DiffusionLearner, build
from genex_kedro.models.diffusion_config import DIFFUSION, DiffusionConfig
from genex_kedro.models.diffusion_steps import cosine_signal, level, step_back, visited

SMALL = {
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
    signal = cosine_signal(1000).square()
    variance = SPREAD**2
    left = variance * (1 - signal) / (signal * variance + 1 - signal)
    return float(((signal / (1 - signal)).clamp_max(1) * left).mean())


@pytest.mark.parametrize(
    ("more", "error"),
    [
        pytest.param({}, 0.12, id="velocity"),
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
    signal = cosine_signal(1000)
    t = torch.tensor([0, 249, 499, 899], dtype=torch.float64)
    angle = ((t + 1) / 1000 + 0.008) / 1.008 * torch.pi / 2
    start = torch.cos(torch.tensor(0.008 / 1.008 * torch.pi / 2))
    torch.testing.assert_close(signal[t.long()], torch.cos(angle) / start, rtol=1e-6, atol=0)
    assert (signal.diff() < 0).all() and signal[-1] < 1e-3
    within = 1 - (signal[1:] / signal[:-1]).square()
    assert within.max() <= 0.999 + 1e-9


def test_a_ddpm_step_is_the_posterior_of_ho_et_al():
    """Equation 7 of "Denoising Diffusion Probabilistic Models", from the schedule directly."""
    signal, g = cosine_signal(100), torch.Generator().manual_seed(0)
    clean, noised, fresh = torch.randn(3, 5, 4, generator=g, dtype=torch.float64)
    t = 60
    kept, kept_before = signal[t] ** 2, signal[t - 1] ** 2
    alpha = kept / kept_before
    beta = 1 - alpha
    mean = (kept_before.sqrt() * beta * clean + alpha.sqrt() * (1 - kept_before) * noised) / (
        1 - kept
    )
    variance = beta * (1 - kept_before) / (1 - kept)
    here, there = level(signal, torch.tensor(t)), level(signal, torch.tensor(t - 1))
    found = step_back(noised, clean, here, there, fresh)
    torch.testing.assert_close(found, mean + variance.sqrt() * fresh, rtol=1e-5, atol=1e-5)


def test_with_the_exact_noise_the_way_back_ends_at_the_clean_profile():
    g = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 6, N_GENES, generator=g)
    signal = cosine_signal(1000)
    seen = []
    x = None
    for step, here, there in visited(signal, 13):
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
    at = level(cosine_signal(100), torch.tensor([[0], [10], [40], [60], [80], [95]]))
    noised = at.mix(clean, noise)
    target = at.target(clean, noise, kind)
    torch.testing.assert_close(at.clean(noised, target, kind), clean, rtol=1e-4, atol=1e-4)


def test_the_steps_of_a_batch_are_spread_evenly():
    vocabulary = planted(30)[2]
    model = build(DiffusionConfig(**SMALL), vocabulary, N_GENES, 0)
    step = model._even_steps(50, torch.Generator().manual_seed(0))
    ordered = step.sort().values
    assert ordered.diff().min() >= 19 and ordered.diff().max() <= 21  # 1,000 steps over 50
    assert not torch.equal(step, ordered)
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
    learner = DiffusionLearner(build(config, vocabulary, N_GENES, 0))
    before = learner.generator.denoiser.output.bias.clone()
    learner.step((x, classes), torch.Generator().manual_seed(0))
    after = learner.trained.denoiser.output.bias
    expected = 0.75 * before + 0.25 * after
    torch.testing.assert_close(learner.generator.denoiser.output.bias, expected)


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
