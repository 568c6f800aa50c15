"""The conditional VAE under its three settings: a planted truth, kept models, fair sampling."""

import pandas as pd
import pytest
import torch
from planted_classes import N_GENES, planted
from pydantic import ValidationError

from genex_kedro.models.cvae.config import CVAE, CvaeConfig
from genex_kedro.models.cvae.learner import CvaeLearner, finish
from genex_kedro.models.cvae.model import build
from genex_kedro.models.families import from_trained_model
from genex_kedro.models.family import to_trained_model
from genex_kedro.training import FitSettings, fit

SMALL = {"encoder_hidden": (32, 16), "decoder_hidden": (16, 32), "latent": 4, "learning_rate": 5e-3}
CORRECTED = {
    "encoding": "separate",
    "widen_encoder": False,
    "sampling_statistics": "running",
    "observation": "per_gene",
    "observation_noise": True,
    "kl_warm_up": 5,
}
SETTINGS = {
    "as_published": CvaeConfig(**SMALL),
    "corrected": CvaeConfig(**SMALL, **CORRECTED),
    "best": CvaeConfig(
        **{**SMALL, **CORRECTED, "learning_rate": 1e-3, "observation": "per_class"},
        core=True,
        prior="class",
        noise_freedom=20,
        average=0.9,
    ),
}
BOTH = [pytest.param(SETTINGS[name], id=name) for name in ("corrected", "best")]
ALL = [pytest.param(config, id=name) for name, config in SETTINGS.items()]


def trained(config, epochs=60):
    x, classes, vocabulary = planted()
    cvae = build(config, vocabulary, N_GENES, 0)
    learner = CvaeLearner(cvae, (x[:450], classes[:450]))
    settings = FitSettings(
        epochs=epochs, batch_size=50, patience=None, device="cpu", save_every_s=1e9
    )
    *_, last = fit(learner, (x[:450], classes[:450]), (x[450:], classes[450:]), settings, 0)
    cvae.load_state_dict(last.weights("generator"))
    return finish(cvae, (x[:450], classes[:450])), last


@pytest.mark.parametrize("config", ALL)
def test_settings_survive_json_and_shapes_are_right(config):
    assert CvaeConfig.model_validate_json(config.model_dump_json()) == config
    x, classes, vocabulary = planted(30)
    cvae = build(config, vocabulary, N_GENES, 0).eval()
    posterior = cvae.inference(x, classes)
    assert posterior.mean.shape == posterior.log_sd.shape == (30, 4)
    assert cvae.generative(posterior.mean, classes).mean.shape == x.shape
    loss = cvae.loss(x, classes, torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss.elbo, loss.reconstruction + loss.kl)


@pytest.mark.parametrize("config", ALL)
def test_a_step_changes_the_weights_and_a_seed_repeats_it(config):
    def weights(seed):
        x, classes, vocabulary = planted(90)
        learner = CvaeLearner(build(config, vocabulary, N_GENES, seed), (x, classes))
        before = {k: t.clone() for k, t in learner.trained.state_dict().items()}
        for _ in range(2):  # a network that begins silent moves its hidden layers in the second
            learner.step((x, classes), torch.Generator().manual_seed(0))
        return before, learner.trained.state_dict(), dict(learner.trained.named_parameters())

    before, after, parameters = weights(0)
    for name in parameters:
        if not (name.endswith("linear.bias") or "hidden" in name):  # batch norm takes biases away
            assert not torch.equal(before[name], after[name]), name
    again = weights(0)[1]
    assert all(torch.equal(after[k], again[k]) for k in after)


@pytest.mark.parametrize("config", BOTH)
def test_means_variances_and_a_correlation_are_recovered(config):
    cvae, last = trained(config)
    assert last.history[-1]["validation.loss"] < 16
    for at, mean in enumerate([-2.0, 0.0, 2.0]):
        made = cvae.sample(torch.full((2000,), at), seed=1)
        assert abs(made[:, 0].mean() - mean) < 0.15
        torch.testing.assert_close(made[:, 3:].std(0), torch.full((9,), 0.5), atol=0.07, rtol=0)
        assert abs(torch.corrcoef(made.T)[1, 2] - 0.8) < 0.15
        assert abs(torch.corrcoef(made.T)[4, 5]) < 0.15


def test_as_published_keeps_the_classes_of_one_class_asked_for_and_has_too_little_spread():
    cvae, _ = trained(SETTINGS["as_published"])
    for at, mean in enumerate([-2.0, 0.0, 2.0]):
        made = cvae.sample(torch.full((500,), at), seed=1)
        assert abs(made[:, 0].mean() - mean) < 0.5
        assert made[:, 3:].std() < 0.25  # the truth is .5: the decoder's mean has no noise


def test_as_published_normalises_by_the_batch_and_validating_changes_nothing():
    x, classes, vocabulary = planted(60)
    published, corrected = (
        build(SETTINGS[name], vocabulary, N_GENES, 0).eval()
        for name in ("as_published", "corrected")
    )
    latent = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))

    def alone(cvae, n):
        return cvae.generative(latent[:n], classes[:n]).mean[:5]

    assert not torch.allclose(alone(published, 60), alone(published, 20), atol=1e-4)
    torch.testing.assert_close(alone(corrected, 60), alone(corrected, 20))
    before = {k: t.clone() for k, t in published.state_dict().items()}
    published.loss(x, classes, torch.Generator())
    published.loss(x[:1], classes[:1], torch.Generator())  # a validation's last batch may be of 1
    published.sample(classes, 0)
    assert all(torch.equal(before[k], t) for k, t in published.state_dict().items())


@pytest.mark.parametrize("config", ALL)
def test_n_asked_n_given_the_same_for_a_seed(config):
    vocabulary = planted(30)[2]
    cvae = build(config, vocabulary, N_GENES, 0).eval()
    asked = torch.from_numpy(vocabulary.ask(1500, tissue="lung"))  # more than a block
    one, same, other = (cvae.sample(asked, seed) for seed in (1, 1, 2))
    assert one.shape == (1500, N_GENES) and one.isfinite().all()
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert cvae.sample(asked[:1], 0).shape == (1, N_GENES)
    with pytest.raises(RuntimeError, match="eval"):
        cvae.train().sample(asked, 0)


@pytest.mark.parametrize("config", ALL)
def test_a_kept_model_gives_the_same_samples(config):
    cvae, _ = trained(config, epochs=2)
    genes = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    form = to_trained_model(CVAE, cvae, genes, {"scaling": "per_gene"}, {"data": "planted"})
    again = from_trained_model(form)
    assert again.vocabulary == cvae.vocabulary
    asked = torch.tensor([0, 1, 2, 2])
    assert torch.equal(again.sample(asked, 3), cvae.sample(asked, 3))
    form.config["model"] = "Discriminator"
    with pytest.raises(ValueError, match="Discriminator"):
        from_trained_model(form)


def test_the_core_begins_at_factor_analysis():
    x, classes, vocabulary = planted()
    config = SETTINGS["best"].model_copy(update={"latent": 2})
    learner = CvaeLearner(build(config, vocabulary, N_GENES, 0), (x, classes))
    made = learner.cvae.eval().sample(torch.full((4000,), 1), 0)
    assert abs(torch.corrcoef(made.T)[1, 2] - 0.8) < 0.1
    torch.testing.assert_close(made.std(0), torch.full((N_GENES,), 0.5), atol=0.06, rtol=0)


def test_a_class_of_one_sample_leaves_no_trace_of_it():
    x, classes, vocabulary = planted(60)
    classes[classes == 2] = 1
    classes[0] = 2

    def weights(outlier):
        x[0] = outlier
        cvae = build(SETTINGS["best"], vocabulary, N_GENES, 0)
        CvaeLearner(cvae, (x, classes))
        return cvae.state_dict()

    ordinary, outlying = weights(0.0), weights(9.0)
    assert all(torch.equal(ordinary[key][2], outlying[key][2]) for key in ("means", "log_sd"))
    assert torch.allclose(ordinary["prior_means"][2], outlying["prior_means"][2])


def test_the_kl_weight_rises_over_the_warm_up():
    x, classes, vocabulary = planted(60)
    config = SETTINGS["corrected"].model_copy(update={"kl_weight": 2.0})
    learner = CvaeLearner(build(config, vocabulary, N_GENES, 0), (x, classes))
    weights = []
    for epoch in (1, 5, 9):
        learner.on_epoch(epoch)
        weights.append(float(learner.cvae.kl_weight))
    assert weights == pytest.approx([0.4, 2.0, 2.0])


def test_what_cannot_be_is_refused():
    with pytest.raises(ValidationError, match="core"):
        CvaeConfig(encoder_hidden=())
    with pytest.raises(ValidationError, match="layers"):
        CvaeConfig(layers=3)
    x, classes, vocabulary = planted(30)
    config = SETTINGS["best"].model_copy(update={"latent": 40})
    with pytest.raises(ValueError, match="latent dimensions"):
        CvaeLearner(build(config, vocabulary, N_GENES, 0), (x, classes))
