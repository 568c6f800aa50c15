"""A step replayed from a CUDA graph against the same step run eagerly."""

import contextlib
import copy
import functools

import pytest
import torch
from linear_learner import LinearLearner, planted

from genex_kedro.training import FitSettings, fit
from genex_kedro.training.checkpoint import module_tensors
from genex_kedro.training.graph import GraphedStep, make_capturable

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def trained(cuda_graph: bool, device: str, resume=None):
    settings = FitSettings(
        epochs=5, batch_size=50, patience=None, device=device, save_every_s=0, cuda_graph=cuda_graph
    )
    x, y = planted(230)
    return list(fit(LinearLearner(), (x, y), (x, y), settings, 3, resume))


@needs_cuda
def test_graph_and_eager_learn_the_same():
    eager, graphed = trained(False, "cuda")[-1], trained(True, "cuda")[-1]
    for key, tensor in eager.tensors.items():
        torch.testing.assert_close(graphed.tensors[key], tensor, rtol=1e-4, atol=1e-5)


@needs_cuda
def test_a_graphed_fit_resumes_to_the_same_bits():
    checkpoints = trained(True, "cuda")
    resumed = trained(True, "cuda", resume=checkpoints[2])[-1]
    for key, tensor in checkpoints[-1].tensors.items():
        assert torch.equal(tensor, resumed.tensors[key]), key


def test_on_the_cpu_the_setting_changes_nothing():
    eager, graphed = trained(False, "cpu")[-1], trained(True, "cpu")[-1]
    assert all(torch.equal(tensor, graphed.tensors[key]) for key, tensor in eager.tensors.items())


class _Replay:
    """Stands for a CUDA graph on a machine without one: replaying runs the step again."""

    def register_generator_state(self, draw):
        self.draw = draw

    def replay(self):
        losses = self.step()
        for name, recorded in self.losses.items():
            recorded.copy_(losses[name])


class _AdamOnly(LinearLearner):
    """RMSprop refuses to be capturable on a CPU."""

    def __init__(self):
        super().__init__()
        for name, module in self.modules.items():
            self.optimizers[name] = torch.optim.Adam(module.parameters(), self.rate, fused=True)


@pytest.fixture
def without_cuda(monkeypatch):
    """Streams that do nothing, and a capture that runs nothing that leaves a trace."""

    class Stream:
        def wait_stream(self, other): ...

    @contextlib.contextmanager
    def nothing(*_, **__):
        yield

    @contextlib.contextmanager
    def capture(graph, capture_error_mode):
        before = copy.deepcopy((_AdamOnly.live.modules, graph.draw.get_state()))
        states = copy.deepcopy({n: o.state_dict() for n, o in _AdamOnly.live.optimizers.items()})
        yield
        for name, module in _AdamOnly.live.modules.items():
            module.load_state_dict(before[0][name].state_dict())
            _AdamOnly.live.optimizers[name].load_state_dict(states[name])
        graph.draw.set_state(before[1])

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", nothing)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", _Replay)


def test_what_surrounds_the_graph_leaves_no_trace(without_cuda):
    """Warm-up undone, rows copied to the static inputs, a new rate read, a short batch eager."""
    x, y = planted(230)
    index = torch.randperm(230, generator=torch.Generator().manual_seed(0))
    results = []
    for graphed in (False, True):
        learner = _AdamOnly.live = _AdamOnly()
        draw = torch.Generator().manual_seed(7)
        step = functools.partial(_eager, learner, (x, y), draw)
        if graphed:
            make_capturable(learner)
            step = GraphedStep(learner, (x, y), 50, draw)
            step._graph.step = functools.partial(learner.step, step._inputs, draw)
            step._graph.losses = step._losses
            draw.manual_seed(7)
        losses = []
        for epoch in (1, 2, 3, 4):
            learner.on_epoch(epoch)
            if graphed:
                step.refresh_rates()
            losses += [float(step(part)["loss"]) for part in index.split(50)]
        results.append((losses, module_tensors(learner)))
    (eager, weights), (replayed, same) = results
    assert replayed == pytest.approx(eager, rel=1e-5)
    for key, tensor in weights.items():
        torch.testing.assert_close(same[key], tensor)


def _eager(learner, train, draw, index):
    return learner.step(tuple(tensor[index] for tensor in train), draw)
