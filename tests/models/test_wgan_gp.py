"""The WGAN-GP: a planted truth, its published shape, its validation figures."""

import pytest
import torch
from planted_classes import N_GENES, checkpoints, errors, planted, trained
from pydantic import ValidationError

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.energy_score import energy_score
from genex_kedro.models.wgan_gp.config import WGAN_GP, WganGpConfig
from genex_kedro.models.wgan_gp.model import WganGpLearner, build
from genex_kedro.models.wgan_gp.networks import ClassEmbedding

SMALL = {"hidden": (64, 64), "average": 0.99, "learning_rate": 1e-3, "penalty": 1.0}


def test_means_spread_and_correlations_are_recovered():
    generator, last = trained(
        WGAN_GP, WganGpConfig(**SMALL), epochs=40, batch_size=50, monitor=None
    )
    found = errors(generator)
    assert found["mean"] < 0.15 and found["spread"] < 0.15  # the means are 2 apart, the spread .5
    assert found["correlation"] < 0.15 and found["no correlation"] < 0.3
    figures = last.history[-1]
    assert 0.85 < figures["validation.spread"] < 1.1
    # a generator that knows the truth has .5 sqrt(2) E|N(0, 1)| / sqrt(12) / 2
    assert 0.33 < figures["validation.energy_score"] < 0.37


def test_without_a_monitor_the_last_weights_are_kept():
    *_, last = checkpoints(WGAN_GP, WganGpConfig(hidden=(8,)), 3, monitor=None)
    assert last.state["best_epoch"] is None
    assert not [key for key in last.tensors if key.startswith("best/")]
    assert "generator" in {key.split("/")[1] for key in last.tensors}


def test_the_published_shape():
    tissues, sources = [f"t{i:02d}" for i in range(15)], ("gtex", "tcga", "tcga-t")
    rows = tuple((tissue, source) for tissue in tissues for source in sources)
    vocabulary = Vocabulary(("tissue", "source"), rows, (1,) * len(rows))
    generator = build(WganGpConfig(), vocabulary, 969, 0)
    assert [tuple(t.weight.shape) for t in generator.embedding.tables] == [(4, 15), (2, 3)]
    assert [tuple(layer.weight.shape) for layer in generator.layers] == [
        (256, 64 + 6),
        (256, 256),
        (969, 256),
    ]
    learner = WganGpLearner(generator)
    group = learner.optimizers["critic"].param_groups[0]
    assert (group["lr"], group["alpha"], group["eps"]) == (5e-4, 0.9, 1e-7)
    assert learner.critic.genes.in_features == 969 and len(learner.critic.layers) == 2


def test_a_step_of_the_generator_follows_five_of_the_critic():
    x, classes, vocabulary = planted(60)
    sizes = []

    def count(fresh):
        config = WganGpConfig(hidden=(8,), fresh_batches=fresh)
        learner = WganGpLearner(build(config, vocabulary, N_GENES, 0))
        original = learner.critic.compare
        learner.critic.compare = lambda real, *rest: (
            sizes.append(len(real)) or original(real, *rest)
        )
        for module in learner.optimizers.values():
            module.register_step_post_hook(lambda *_: sizes.append("step"))
        learner.step((x, classes), torch.Generator().manual_seed(0))
        learner.step((x[:3], classes[:3]), torch.Generator().manual_seed(0))
        seen = list(sizes)
        sizes.clear()
        return seen

    assert count(False) == [60, "step"] * 5 + ["step"] + [3, "step"] * 5 + ["step"]
    assert count(True) == [12, "step"] * 5 + ["step"] + [1, "step"] * 3 + ["step"]


def test_the_generator_step_leaves_the_critic_alone():
    _, classes, vocabulary = planted(30)
    learner = WganGpLearner(build(WganGpConfig(hidden=(8,)), vocabulary, N_GENES, 0))
    learner._generator_step(classes, torch.Generator().manual_seed(0))
    assert all(p.grad is None for p in learner.critic.parameters())


def test_classes_share_the_embeddings_of_their_levels():
    vocabulary = planted(30)[2]
    embedding = ClassEmbedding(vocabulary)
    rows = embedding(torch.arange(3))
    tissue = embedding.tables[0].out_features
    lung = [i for i, row in enumerate(vocabulary.combinations) if row[0] == "lung"]
    torch.testing.assert_close(rows[lung[0], :tissue], rows[lung[1], :tissue])
    assert not torch.equal(rows[lung[0]], rows[lung[1]])


def test_the_energy_score_is_least_for_the_truth_and_its_spread_shows_a_collapse():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 20, generator=g)

    def score(shift, sd):
        return energy_score(x, lambda: shift + sd * torch.randn(x.shape, generator=g))

    truth = score(0.0, 1.0)
    assert truth["spread"] == pytest.approx(1, abs=0.01)
    for shift, sd in ((0.3, 1.0), (0.0, 0.6), (0.0, 1.5)):
        assert score(shift, sd)["energy_score"] > truth["energy_score"] + 0.01
    assert score(0.0, 0.0)["spread"] == 0
    halves = [energy_score(part, lambda part=part: part * 0) for part in x.split(1000)]
    mean = sum(float(half["energy_score"]) for half in halves) / 4
    assert mean == pytest.approx(float(energy_score(x, lambda: x * 0)["energy_score"]))


@pytest.mark.parametrize(
    "wrong",
    [{"hidden": ()}, {"critic_steps": 0}, {"penalty": -1}, {"average": 1.0}, {"latent": 0}],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        WganGpConfig(**wrong)
