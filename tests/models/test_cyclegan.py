"""CycleGAN under its objectives: a planted shift, kept tissues, pools, kept models."""

import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from genex_kedro.models.cyclegan.config import CycleGanConfig
from genex_kedro.models.cyclegan.learner import (
    CycleGanLearner,
    from_trained_model,
    to_trained_model,
)
from genex_kedro.models.cyclegan.model import HistoryPool, Partners, build_cyclegan
from genex_kedro.models.tissue_classifier import TissueClassifier
from genex_kedro.training import FitSettings, fit

N_GENES, TISSUES = 8, ("kidney", "lung")
SHIFT = torch.tensor([2.0, -2.0, 0, 0, 0, 0, 0, 0])  # every tumor's, against its tissue
SMALL = {"generator_hidden": (32,), "discriminator_hidden": (32,)}
LSGAN = {
    "adversarial": "lsgan",
    "cycle_weight": 10,
    "identity_weight": 5,
    "pool": 50,
    "learning_rate": 2e-3,
    "first_moment": 0.5,
    "decay": 0.5,
}
OBJECTIVES = {
    "paper": CycleGanConfig(**SMALL),
    "paper_repair": CycleGanConfig(**SMALL, cycle_weight=0, change_weight=10),
    "lsgan": CycleGanConfig(**SMALL, **LSGAN),
    "conditional": CycleGanConfig(**SMALL, **LSGAN, conditional=True),
    "residual": CycleGanConfig(**SMALL, **LSGAN, conditional=True, residual=True, penalty=0.1),
}
ALL = [pytest.param(config, id=name) for name, config in OBJECTIVES.items()]


def planted(n=300, seed=0):
    """Tumors and normals of two tissues apart in gene 2, standard deviation .5."""
    draw = torch.Generator().manual_seed(seed)
    tissue = torch.arange(n) % 2
    x, y = (0.5 * torch.randn(n, N_GENES, generator=draw) for _ in range(2))
    for part in (x, y):
        part[:, 2] += 4.0 * tissue - 2
    return (x + SHIFT, tissue), (y, tissue)


def learner_of(config, epochs=1, seed=0):
    tumors, normals = planted()
    tissues = TISSUES if config.conditional else ()
    networks = build_cyclegan(config, tissues, N_GENES, seed)
    return CycleGanLearner(*networks, tumors, normals, epochs), tumors


def run(config, epochs, resume=None):
    learner, tumors = learner_of(config, epochs)
    settings = FitSettings(
        epochs=epochs, batch_size=100, patience=None, device="cpu", save_every_s=0
    )
    return learner, list(fit(learner, tumors, None, settings, 3, resume))


@pytest.mark.parametrize("config", ALL)
def test_a_step_changes_all_weights_and_a_seed_repeats_it(config):
    def weights():
        learner, tumors = learner_of(config)
        named = {
            name: dict(learner.modules[name].named_parameters())
            for name in ("generators", "discriminators")
        }
        before = {(m, k): t.clone() for m, part in named.items() for k, t in part.items()}
        for _ in range(2):  # the last layer of a residual generator begins at zero
            losses = learner.step(tumors, torch.Generator().manual_seed(0))
        return before, {(m, k): t for m, part in named.items() for k, t in part.items()}, losses

    before, after, losses = weights()
    assert all(not torch.equal(before[key], after[key]) for key in before)
    assert all(loss.isfinite() and not loss.requires_grad for loss in losses.values())
    again = weights()[1]
    assert all(torch.equal(after[key], again[key]) for key in after)


def test_the_conditional_one_takes_the_shift_away_and_keeps_the_tissue():
    learner, checkpoints = run(OBJECTIVES["conditional"], 120)
    learner.generators.load_state_dict(checkpoints[-1].weights("generators"))
    (tumor, tissue), (normal, _) = planted(seed=1)
    generators = learner.generators.eval()
    with torch.no_grad():
        made = generators.to_normal(tumor, tissue)
        back = generators.to_tumor(made, tissue)
        assert (generators.infer(tumor).argmax(1) == tissue).all()
    for t in (0, 1):
        of = tissue == t
        torch.testing.assert_close(made[of].mean(0), normal[of].mean(0), atol=0.4, rtol=0)
    assert ((made[:, 2] > 0) == (tissue == 1)).all()
    assert (back - tumor).abs().mean() < 0.3  # the round trip, against .9 for the shift alone
    assert checkpoints[-1].history[-1]["train.cycle"] < checkpoints[0].history[0]["train.cycle"]


def test_the_repair_changes_least_and_the_paper_does_not():
    change = {
        name: run(OBJECTIVES[name], 40)[1][-1].history[-1]["train.change"]
        for name in ("paper", "paper_repair")
    }
    assert change["paper_repair"] < 0.6 * change["paper"]


@pytest.mark.parametrize("name", ["paper", "conditional"])
def test_resumed_it_ends_with_the_same_bits_and_keeps_no_sample(name):
    _, checkpoints = run(OBJECTIVES[name], 6)
    last = checkpoints[-1]
    assert ("modules/normal_pool/samples" in last.tensors) == (name == "conditional")
    assert not [key for key in last.tensors if "partners" in key]
    _, resumed = run(OBJECTIVES[name], 6, resume=checkpoints[2])
    assert all(
        torch.equal(tensor, resumed[-1].tensors[key]) for key, tensor in last.tensors.items()
    )


def test_the_rate_is_constant_and_then_falls():
    learner, _ = learner_of(OBJECTIVES["lsgan"], epochs=10)
    rates = []
    for epoch in range(1, 11):
        learner.on_epoch(epoch)
        rates.append(learner.optimizers["generators"].param_groups[0]["lr"] / 2e-3)
    assert rates == pytest.approx([1] * 5 + [5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


def test_partners_are_of_the_tissue_asked_for_and_every_normal_has_its_turn():
    _, (normal, tissue) = planted(40)
    draw = torch.Generator().manual_seed(0)
    asked = torch.tensor([1, 0]).repeat(500)
    expression, found = Partners(normal, tissue, 2).draw(asked, draw)
    assert torch.equal(found, asked)
    assert {tuple(row.tolist()) for row in expression} == {tuple(row.tolist()) for row in normal}
    _, any_tissue = Partners(normal, tissue, 0).draw(torch.zeros(1000, dtype=torch.int64), draw)
    assert 400 < any_tissue.sum() < 600
    with pytest.raises(ValueError, match="empty"):
        Partners(normal, torch.zeros_like(tissue), 2)


def test_a_full_pool_hands_out_earlier_samples_half_of_the_time():
    pool, draw = HistoryPool(10, 1), torch.Generator().manual_seed(0)
    earlier = 0
    for batch in range(1, 201):
        made = torch.full((4, 1), float(batch))
        shown, tissue = pool.swap(made, torch.full((4,), batch), draw)
        assert torch.equal(shown[:, 0].long(), tissue)  # a sample goes with its tissue
        assert len(shown) == 4 and (shown > 0).all() and (shown <= batch).all()
        earlier += int((shown < batch).sum())
    assert 300 < earlier < 500
    made = torch.ones(3, 1)
    assert HistoryPool(0, 1).swap(made, torch.zeros(3), draw)[0] is made


def test_rare_tissues_are_told_as_well_as_frequent_ones():
    draw = torch.Generator().manual_seed(0)
    tissue = (torch.arange(400) % 20 == 0).long()
    x = torch.randn(400, 5, generator=draw)
    x[:, 0] += 4.0 * tissue
    classifier = TissueClassifier(5, 2).fit(x, tissue, 0.001)
    called = classifier(x).argmax(1)
    assert all((called == t)[tissue == t].float().mean() > 0.9 for t in (0, 1))
    torch.testing.assert_close(classifier(x).exp().sum(1), torch.ones(400))


@pytest.mark.parametrize("config", ALL)
def test_a_kept_model_translates_the_same(config):
    learner, (tumor, tissue) = learner_of(config)
    genes = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    form = to_trained_model(learner.generators, genes, {"scaling": "per_gene"}, {})
    again = from_trained_model(form)
    assert CycleGanConfig.model_validate_json(config.model_dump_json()) == again.config
    assert torch.equal(again.to_normal(tumor, tissue), learner.generators.to_normal(tumor, tissue))
    if config.conditional:
        assert torch.equal(again.infer(tumor), learner.generators.infer(tumor))
    form.config["model"] = "Cvae"
    with pytest.raises(ValueError, match="Cvae"):
        from_trained_model(form)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValidationError, match="cycle"):
        CycleGanConfig(cycle_weight=-1)
    with pytest.raises(ValueError, match="tissues"):
        build_cyclegan(OBJECTIVES["conditional"], (), N_GENES, 0)
    with pytest.raises(ValueError, match="tissues"):
        build_cyclegan(OBJECTIVES["paper"], TISSUES, N_GENES, 0)
    generators, _ = build_cyclegan(OBJECTIVES["paper"], (), N_GENES, 0)
    with pytest.raises(RuntimeError, match="infer"):
        generators.infer(torch.zeros(2, N_GENES))
