"""A step replayed from a CUDA graph against the same step run eagerly."""

import pytest
import torch
from linear_learner import LinearLearner, planted

from genex_kedro.training import FitSettings, fit

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
