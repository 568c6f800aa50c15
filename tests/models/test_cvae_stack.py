"""Networks trained together have the losses of networks trained one by one."""

import contextlib
from types import SimpleNamespace

import pytest
import torch
from test_cvae import N_GENES, SETTINGS, planted

from genex_kedro.models.cvae.learner import CvaeLearner
from genex_kedro.models.cvae.model import build
from genex_kedro.models.cvae.stack import CvaeStack, shape_of
from genex_kedro.training import FitSettings, fit
from genex_kedro.training.epochs import Epochs
from genex_kedro.training.graph import GraphedStep
from genex_kedro.training.together import Together

X, CLASSES, VOCABULARY = planted(300)
TRAIN, HELD_OUT = (X[:215].double(), CLASSES[:215]), (X[215:].double(), CLASSES[215:])
FIT = FitSettings(epochs=6, batch_size=50, patience=None, device="cpu", save_every_s=0)
OTHERS = {
    "as_published": [{"learning_rate": r} for r in (5e-3, 1e-3, 1e-4)],
    "corrected": [
        {"kl_warm_up": 3},
        {"kl_weight": 2.0},
        {"learning_rate": 1e-3, "weight_decay": 0.5},
    ],
    "best": [{"weight_decay": 0.1}, {"learning_rate": 1e-2}, {"noise_shrinkage": 50.0}],
}


@pytest.fixture(autouse=True)
def double():
    """In single precision Adam makes steps of the rounding of a gradient that should be zero:
    of a bias before batch normalisation, whose running mean then differs."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def variants(name, **changes):
    return [SETTINGS[name].model_copy(update={**other, **changes}) for other in OTHERS[name]]


def learner(config, train=TRAIN):
    return CvaeLearner(build(config, VOCABULARY, N_GENES, 0), train)


def alone(config, settings=FIT, data=(TRAIN, HELD_OUT)):
    """Validation losses by epoch, and the last state."""
    *_, last = fit(learner(config, data[0]), *data, settings, seed=7)
    return [row["validation.loss"] for row in last.history], last.state


def together(stacks, settings=FIT, data=(TRAIN, HELD_OUT)):
    """The same of every network, stack after stack."""
    learners = [CvaeStack([learner(config, data[0]) for config in configs]) for configs in stacks]
    sizes = [len(configs) for configs in stacks]
    members = [range(sum(sizes[:k]), sum(sizes[: k + 1])) for k in range(len(sizes))]
    fits = Together([Epochs(stack, *data, settings, 7) for stack in learners], members)
    curves = [[] for _ in fits.states]
    while fits.running():
        for i in fits.advance():
            curves[i].append(fits.states[i]["value"])
    return curves, fits.states, learners


@pytest.mark.parametrize("name", OTHERS)
def test_every_network_of_a_stack_learns_what_it_learns_alone(name):
    curves, states, _ = together([variants(name)])
    for config, curve, state in zip(variants(name), curves, states, strict=True):
        expected, last = alone(config)
        assert curve == pytest.approx(expected, rel=1e-6)
        assert (state["status"], state["best_epoch"]) == ("finished", last["best_epoch"])
        assert state["best_value"] == pytest.approx(last["best_value"], rel=1e-6)
    assert len({round(curve[-1], 4) for curve in curves}) == len(curves)  # they are not all one


def test_in_single_precision_the_difference_is_small():
    torch.set_default_dtype(torch.float32)
    data = tuple((x.float(), classes) for x, classes in (TRAIN, HELD_OUT))
    configs = variants("as_published")
    curves, _, _ = together([configs], data=data)
    for config, curve in zip(configs, curves, strict=True):
        assert curve == pytest.approx(alone(config, data=data)[0], rel=1e-3)


def test_each_network_keeps_batch_statistics_of_its_own():
    configs = variants("as_published")
    _, _, (stack,) = together([configs])
    key = "cvae.encoder.0.norm.running_mean"
    for i, config in enumerate(configs):
        one = learner(config)
        list(fit(one, TRAIN, HELD_OUT, FIT, seed=7))
        expected = one.cvae.state_dict()[key.removeprefix("cvae.")]
        torch.testing.assert_close(stack.trained.of(key)[i], expected, rtol=1e-8, atol=1e-8)
    assert stack.trained.of("cvae.encoder.0.norm.num_batches_tracked").tolist() == [30] * 3


def test_stacks_of_several_depths_go_together():
    deep = variants("as_published", encoder_hidden=(32, 16, 8), decoder_hidden=(8, 16, 32))
    curves, states, _ = together([variants("as_published"), deep[:2]])
    assert [state["epoch"] for state in states] == [6] * 5
    assert curves[1] == pytest.approx(alone(variants("as_published")[1])[0], rel=1e-6)
    assert curves[4] == pytest.approx(alone(deep[1])[0], rel=1e-6)


def test_a_network_that_diverges_harms_no_other():
    configs = variants("corrected")
    wild = configs[0].model_copy(update={"learning_rate": 1e30})
    curves, states, _ = together([[configs[0], wild, configs[1]]])
    assert [state["status"] for state in states] == ["finished", "diverged", "finished"]
    assert curves[2] == pytest.approx(alone(configs[1])[0], rel=1e-6)
    assert states[1]["value"] is None
    assert alone(wild)[1]["status"] == "diverged"


def test_patience_ends_each_network_by_itself_and_a_stopped_one_stays_stopped():
    settings = FIT.model_copy(update={"epochs": 40, "patience": 2})
    configs = variants("as_published", learning_rate=2e-2)[:1] + variants("as_published")[2:]
    curves, states, _ = together([configs], settings)
    for config, curve, state in zip(configs, curves, states, strict=True):
        _, last = alone(config, settings)
        assert (len(curve), state["best_epoch"]) == (last["epoch"], last["best_epoch"])
    assert len(curves[0]) != len(curves[1])

    stack = CvaeStack([learner(config) for config in configs])
    fits = Together([Epochs(stack, TRAIN, HELD_OUT, FIT, 7)], [[1, 0]])
    fits.advance()
    first = [state["value"] for state in fits.states]
    assert first == [pytest.approx(alone(config, settings)[0][0]) for config in configs[::-1]]
    fits.stop(1)
    assert fits.advance() == [0]
    assert [state["epoch"] for state in fits.states] == [2, 1]


def test_only_networks_of_one_shape_are_stacked():
    config = SETTINGS["best"]
    rates = config.model_copy(update={"learning_rate": 1.0, "kl_weight": 0.0})
    wider = config.model_copy(update={"latent": 3})
    assert shape_of(config) == shape_of(rates) != shape_of(wider)
    with pytest.raises(ValueError, match="several shapes"):
        CvaeStack([learner(config), learner(wider)])


def test_the_warm_up_of_a_recorded_step_leaves_no_trace_in_a_stack(monkeypatch):
    """What surrounds a CUDA graph; streams are stood for by nothing."""
    monkeypatch.setattr(torch.cuda, "Stream", lambda: SimpleNamespace(wait_stream=lambda _: None))
    monkeypatch.setattr(torch.cuda, "current_stream", torch.cuda.Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
    results = []
    for warm in (False, True):
        stack = CvaeStack([learner(config) for config in variants("best")])
        draw = torch.Generator().manual_seed(3)
        if warm:
            step = GraphedStep.__new__(GraphedStep)
            step._learner, step._inputs, step._draw = stack, TRAIN, torch.Generator()
            step._warm_up()
        results.append([stack.step(TRAIN, draw)["loss"] for _ in range(3)])
    cold, warmed = map(torch.stack, results)
    torch.testing.assert_close(warmed, cold, rtol=0, atol=0)


@needs_cuda
@pytest.mark.parametrize("graph", [False, True])
def test_stacks_on_a_gpu_learn_what_they_learn_on_the_cpu(graph):
    settings = FIT.model_copy(update={"device": "cuda", "cuda_graph": graph})
    stacks = [variants("as_published"), variants("best")]
    curves, states, _ = together(stacks, settings)
    assert {state["status"] for state in states} == {"finished"}
    single = [alone(config, settings)[0] for configs in stacks for config in configs]
    for curve, expected in zip(curves, single, strict=True):
        assert curve == pytest.approx(expected, rel=1e-5)
