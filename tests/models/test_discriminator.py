"""The discriminator: the paper's shape, a start at logistic regression, a planted gene found."""

import itertools

import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from genex_kedro.models.discriminator import (
    PRESETS,
    DiscriminatorConfig,
    build_discriminator,
    from_trained_model,
    to_trained_model,
)
from genex_kedro.models.discriminator_learner import DiscriminatorLearner, calibrate
from genex_kedro.training import FitSettings, fit


def planted(n=600, n_genes=20, seed=0):
    """Gene 3 is raised by two standard deviations in tumors."""
    g = torch.Generator().manual_seed(seed)
    is_tumor = (torch.rand(n, generator=g) < 0.5).float()
    expression = 5 + torch.randn(n, n_genes, generator=g)
    expression[:, 3] += 2 * is_tumor
    return expression, is_tumor


def trained(config, epochs=12, seed=0):
    x, y = planted()
    discriminator = build_discriminator(config, x.shape[1], seed, x[:400])
    settings = FitSettings(epochs=epochs, device="cpu", save_every_s=1e9)
    learner = DiscriminatorLearner(discriminator)
    *_, last = fit(learner, (x[:400], y[:400]), (x[400:500], y[400:500]), settings, seed)
    discriminator.load_state_dict(last.weights("discriminator"))
    return discriminator.eval(), x[500:], y[500:]


def test_the_paper_preset_is_the_papers_network():
    network = build_discriminator(PRESETS["paper"], 308, 0)
    assert [layer.out_features for layer in network.networks[0].hidden] == [1500, 200, 200, 200, 50]
    n_parameters = sum(p.numel() for p in network.parameters())
    widths = [308, 1500, 200, 200, 200, 50, 1]
    assert n_parameters == sum((a + 1) * b for a, b in itertools.pairwise(widths))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_finds_the_planted_gene_and_survives_json(name):
    config = DiscriminatorConfig.model_validate_json(PRESETS[name].model_dump_json())
    assert config == PRESETS[name]
    discriminator, x, y = trained(config)
    with torch.no_grad():
        right = ((discriminator(x) > 0).float() == y).float().mean()
    assert right > 0.75  # the best possible is .84
    x.requires_grad_()
    discriminator(x).sum().backward()
    assert x.grad.abs().mean(dim=0).argmax() == 3


def test_weights_follow_from_the_seed_alone():
    state = torch.get_rng_state()
    one, same, other = (build_discriminator(PRESETS["paper"], 9, s) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [net.networks[0].output.weight for net in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_with_a_shortcut_it_starts_at_even_odds_and_is_linear_without_the_network():
    x, _ = planted()
    config = DiscriminatorConfig(shortcut=True, standardise="gene", members=2, hidden=(8,))
    discriminator = build_discriminator(config, 20, 0, x).eval()
    assert (discriminator(x) == 0).all()
    with torch.no_grad():
        discriminator.shortcuts[0].weight[0, 3] = 2.0
    z = (x[:, 3] - x[:, 3].mean()) / x[:, 3].std(correction=0)
    torch.testing.assert_close(discriminator(x), z)  # 2 z, averaged with a member that is silent


def test_standardisation():
    x, _ = planted()
    sample = build_discriminator(DiscriminatorConfig(standardise="sample"), 20, 0).eval()
    torch.testing.assert_close(sample(x), sample(3 * x + 7), atol=1e-4, rtol=1e-4)
    x[:, 5] = 4.0  # a gene that does not vary
    gene = build_discriminator(DiscriminatorConfig(standardise="gene"), 20, 0, x)
    assert gene.gene_std[5] == 1
    assert gene.eval()(x).isfinite().all()


def test_both_standardisations_follow_each_other():
    x, _ = planted()
    both = build_discriminator(DiscriminatorConfig(standardise="sample+gene"), 20, 0, x).eval()
    torch.testing.assert_close(both(x), both(3 * x + 7), atol=1e-4, rtol=1e-4)
    scaled = both._standardise(x)
    torch.testing.assert_close(scaled.mean(dim=0), torch.zeros(20), atol=1e-5, rtol=0)
    torch.testing.assert_close(scaled.std(dim=0, correction=0), torch.ones(20))


def test_a_trained_model_gives_the_same_logits():
    discriminator, x, _ = trained(PRESETS["best"], epochs=2)
    genes = pd.DataFrame(index=[f"G{i}" for i in range(20)])
    form = to_trained_model(discriminator, genes, {"data": "planted"})
    assert torch.equal(from_trained_model(form)(x), discriminator(x))
    form.config["model"] = "CVAE"
    with pytest.raises(ValueError, match="CVAE"):
        from_trained_model(form)


def test_the_penalty_shrinks_the_linear_path():
    def norm(penalty):
        config = DiscriminatorConfig(
            hidden=(4,), shortcut=True, standardise="gene", shortcut_penalty=penalty
        )
        return trained(config, epochs=60)[0].shortcuts[0].weight.norm()

    assert norm(10.0) < 0.2 * norm(0.0)


def test_balanced_weights_move_the_logit_of_a_rare_condition():
    x, y = planted()
    rare = torch.cat([torch.where(y == 0)[0], torch.where(y == 1)[0][:20]])
    x, y = x[rare], y[rare]

    def mean_logit(balanced):
        config = DiscriminatorConfig(hidden=(8,), standardise="gene", balanced=balanced)
        learner = DiscriminatorLearner(build_discriminator(config, 20, 0, x), float(y.mean()))
        list(fit(learner, (x, y), None, FitSettings(epochs=60, device="cpu"), 0))
        with torch.no_grad():
            return learner.discriminator.eval()(x).mean()

    assert mean_logit(True) > mean_logit(False) + 0.5


def test_a_planted_temperature_is_found_and_the_ranking_kept():
    discriminator, x, y = trained(PRESETS["paper"])
    with torch.no_grad():
        sure = discriminator(x)
        before = calibrate(discriminator, x, y)
        for network in discriminator.networks:
            network.output.weight.mul_(3)
            network.output.bias.mul_(3)
        after = calibrate(discriminator, x, y)
        assert after == pytest.approx(3 * before, rel=0.02)
        assert (discriminator(x).argsort() == sure.argsort()).all()


def test_unknown_settings_are_refused():
    with pytest.raises(ValidationError, match="layers"):
        DiscriminatorConfig(layers=3)
    with pytest.raises(ValidationError):
        DiscriminatorConfig(dropout=1.0)
