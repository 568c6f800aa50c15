"""The discriminator: the paper's shape, a start at logistic regression, a planted gene found."""

import itertools

import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from genex_kedro.models.discriminator.learner import DiscriminatorLearner
from genex_kedro.models.discriminator.model import (
    DiscriminatorConfig,
    build_discriminator,
    from_trained_model,
    to_trained_model,
)
from genex_kedro.training import FitSettings, fit

PAPER = DiscriminatorConfig()
SMALL = DiscriminatorConfig(
    hidden=(16,), shortcut=True, shortcut_penalty=0.003, shortcut_learning_rate=0.01, members=3
)


def planted(n=600, n_genes=20, seed=0):
    """Gene 3 is raised by two standard deviations in tumors."""
    g = torch.Generator().manual_seed(seed)
    is_tumor = (torch.rand(n, generator=g) < 0.5).float()
    expression = 5 + torch.randn(n, n_genes, generator=g)
    expression[:, 3] += 2 * is_tumor
    return (expression - expression.mean(0)) / expression.std(0), is_tumor


def trained(config, epochs=12, seed=0):
    x, y = planted()
    discriminator = build_discriminator(config, x.shape[1], seed)
    settings = FitSettings(epochs=epochs, device="cpu", save_every_s=1e9)
    learner = DiscriminatorLearner(discriminator)
    *_, last = fit(learner, (x[:400], y[:400]), (x[400:500], y[400:500]), settings, seed)
    discriminator.load_state_dict(last.weights("discriminator"))
    return discriminator.eval(), x[500:], y[500:]


def test_the_paper_preset_is_the_papers_network():
    network = build_discriminator(PAPER, 308, 0)
    assert [layer.out_features for layer in network.networks[0].hidden] == [1500, 200, 200, 200, 50]
    n_parameters = sum(p.numel() for p in network.parameters())
    widths = [308, 1500, 200, 200, 200, 50, 1]
    assert n_parameters == sum((a + 1) * b for a, b in itertools.pairwise(widths))


@pytest.mark.parametrize("config", [PAPER, SMALL])
def test_it_finds_the_planted_gene_and_its_settings_survive_json(config):
    assert DiscriminatorConfig.model_validate_json(config.model_dump_json()) == config
    discriminator, x, y = trained(config, epochs=40)
    with torch.no_grad():
        right = ((discriminator(x) > 0).float() == y).float().mean()
    assert right > 0.75  # the best possible is .84
    x.requires_grad_()
    discriminator(x).sum().backward()
    assert x.grad.abs().mean(dim=0).argmax() == 3


def test_weights_follow_from_the_seed_alone():
    state = torch.get_rng_state()
    one, same, other = (build_discriminator(PAPER, 9, s) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [net.networks[0].output.weight for net in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_with_a_shortcut_it_starts_at_even_odds_and_is_linear_without_the_network():
    x, _ = planted()
    config = DiscriminatorConfig(shortcut=True, members=2, hidden=(8,))
    discriminator = build_discriminator(config, 20, 0).eval()
    assert (discriminator(x) == 0).all()
    with torch.no_grad():
        discriminator.shortcuts[0].weight[0, 3] = 2.0
    torch.testing.assert_close(
        discriminator(x), x[:, 3]
    )  # 2 x, averaged with a member that is silent


def test_a_trained_model_gives_the_same_logits():
    discriminator, x, _ = trained(SMALL, epochs=2)
    genes = pd.DataFrame(index=[f"G{i}" for i in range(20)])
    form = to_trained_model(discriminator, genes, {"scaling": "none"}, {"data": "planted"})
    assert torch.equal(from_trained_model(form)(x), discriminator(x))
    form.config["model"] = "CVAE"
    with pytest.raises(ValueError, match="CVAE"):
        from_trained_model(form)


def test_the_penalty_shrinks_the_linear_path():
    def norm(penalty):
        config = DiscriminatorConfig(hidden=(4,), shortcut=True, shortcut_penalty=penalty)
        return trained(config, epochs=60)[0].shortcuts[0].weight.norm()

    assert norm(10.0) < 0.2 * norm(0.0)


def test_balanced_weights_move_the_logit_of_a_rare_condition():
    x, y = planted()
    rare = torch.cat([torch.where(y == 0)[0], torch.where(y == 1)[0][:20]])
    x, y = x[rare], y[rare]

    def mean_logit(balanced):
        config = DiscriminatorConfig(hidden=(8,), balanced=balanced)
        learner = DiscriminatorLearner(build_discriminator(config, 20, 0), float(y.mean()))
        list(fit(learner, (x, y), None, FitSettings(epochs=60, device="cpu"), 0))
        with torch.no_grad():
            return learner.discriminator.eval()(x).mean()

    assert mean_logit(True) > mean_logit(False) + 0.5


def test_unknown_settings_are_refused():
    with pytest.raises(ValidationError, match="layers"):
        DiscriminatorConfig(layers=3)
    with pytest.raises(ValidationError):
        DiscriminatorConfig(dropout=1.0)
