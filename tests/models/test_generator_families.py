"""What every family of generators keeps to, whatever its networks are."""

import pandas as pd
import pytest
import torch
from planted_classes import N_GENES, checkpoints, planted, trained
from pydantic import ValidationError

from genex_kedro.models.ctgan.config import CTGAN
from genex_kedro.models.diffusion.config import DIFFUSION
from genex_kedro.models.families import FAMILIES, from_trained_model
from genex_kedro.models.family import to_trained_model
from genex_kedro.models.tvae.config import TVAE
from genex_kedro.models.wgan_gp.config import WGAN_GP

TABLE = {"modes": 3, "latent": 4, "encoder_hidden": (8,), "decoder_hidden": (8,)}
PACKED = {"modes": 3, "embedding": 4, "generator_hidden": (8, 8), "critic_hidden": (8,)}
SMALL = [
    pytest.param(WGAN_GP, {"hidden": (16, 16), "critic_steps": 2}, id="wgan_gp"),
    pytest.param(WGAN_GP, {"hidden": (16, 16), "average": 0.9}, id="wgan_gp averaged"),
    pytest.param(DIFFUSION, {"width": 16, "sampling_steps": 5, "core": False}, id="diffusion"),
    pytest.param(
        DIFFUSION,
        {"width": 16, "sampling_steps": 5, "smoothing": 0.1},
        id="diffusion core",
    ),
    pytest.param(
        DIFFUSION,
        {"width": 16, "sampling_steps": 5, "sampler": "ddim", "average": None},
        id="diffusion ddim",
    ),
    pytest.param(CTGAN, PACKED, id="ctgan"),
    pytest.param(
        CTGAN, {**PACKED, "encoding": "separate", "pac": 4, "critic_steps": 2}, id="ctgan separate"
    ),
    pytest.param(TVAE, TABLE, id="tvae"),
    pytest.param(
        TVAE, {**TABLE, "classes": "given", "drawn_modes": True}, id="tvae given the class"
    ),
]
MONITOR = {"wgan_gp": None, "ctgan": None, "tvae": "loss", "diffusion": "loss"}
FITTED = ("modes.", "core.")  # on the training samples, before the first step


def built(family, settings, seed=0):
    return family.code().build(family.config(**settings), planted(30)[2], N_GENES, seed)


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_it_is_registered_and_settings_survive_json(family, settings):
    assert FAMILIES[family.name] is family
    config = family.config(**settings)
    assert family.config.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ValidationError, match="layers"):
        family.config(layers=3)


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_weights_follow_from_the_seed_and_a_step_changes_all_of_them(family, settings):
    def after(seed):
        x, classes, _ = planted(90)
        learner = family.code().learner(built(family, settings, seed), (x, classes))
        before = {
            name: {k: t.clone() for k, t in module.state_dict().items()}
            for name, module in learner.modules.items()
        }
        for _ in range(3):  # an output that begins at zero lets its input move later
            losses = learner.step((x, classes), torch.Generator().manual_seed(0))
        assert all(value.dim() == 0 and not value.requires_grad for value in losses.values())
        return before, {name: module.state_dict() for name, module in learner.modules.items()}

    before, one = after(0)
    _, same = after(0)
    _, other = after(1)
    for name, weights in one.items():
        for key, tensor in weights.items():
            assert torch.equal(tensor, same[name][key]), key
            if not key.startswith(FITTED):
                assert not torch.equal(tensor, before[name][key]), (name, key)
    for name in ("generator", *(set(one) & {"critic"})):
        assert any(not torch.equal(t, other[name][k]) for k, t in one[name].items())


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_n_asked_n_given_the_same_for_a_seed(family, settings):
    generator = built(family, settings).eval()
    asked = torch.from_numpy(generator.vocabulary.ask(1100, tissue="lung"))  # more than a block
    one, same, other = (generator.sample(asked, seed) for seed in (1, 1, 2))
    assert one.shape == (1100, N_GENES) and one.isfinite().all() and not one.requires_grad
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert generator.sample(asked[:1], 0).shape == (1, N_GENES)
    with pytest.raises(RuntimeError, match="eval"):
        generator.train().sample(asked, 0)


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_a_kept_model_gives_the_same_samples(family, settings):
    monitor = MONITOR[family.name]
    generator, last = trained(family, family.config(**settings), epochs=2, monitor=monitor)
    assert last.status == "finished" and not generator.training
    genes = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    form = to_trained_model(family, generator, genes, {"scaling": "per_gene"}, {})
    again = from_trained_model(form)
    assert again.vocabulary == generator.vocabulary and again.config == generator.config
    asked = torch.tensor([0, 1, 2, 2])
    assert torch.equal(again.sample(asked, 3), generator.sample(asked, 3))


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_a_fit_that_was_cut_off_ends_in_the_same_bits(family, settings):
    config, monitor = family.config(**settings), MONITOR[family.name]

    def run(resume=None):
        return checkpoints(family, config, 4, monitor=monitor, resume=resume, save_every_s=0)

    straight = run()
    resumed = run(straight[1])
    assert len(resumed) == 2
    for key, tensor in straight[-1].tensors.items():
        assert torch.equal(tensor, resumed[-1].tensors[key]), key


@pytest.mark.parametrize(("family", "settings"), SMALL)
def test_validating_changes_nothing_and_repeats(family, settings):
    x, classes, _ = planted(60)
    learner = family.code().learner(built(family, settings), (x, classes))
    for module in learner.modules.values():
        module.eval()
    before = {k: t.clone() for k, t in learner.modules["generator"].state_dict().items()}
    with torch.no_grad():
        one, again = (
            learner.validate((x, classes), torch.Generator().manual_seed(5)) for _ in range(2)
        )
    assert one == again and all(value.isfinite() for value in one.values())
    assert all(
        torch.equal(before[k], t) for k, t in learner.modules["generator"].state_dict().items()
    )
