"""A training step recorded once as a CUDA graph and replayed.

On a GPU a step of these small networks is bound by its hundred kernel launches; a replay
launches them all at once. After the "CUDA Graphs" notes of the PyTorch documentation
(whole-network capture): static inputs, a warm-up on a side stream, capturable optimisers,
gradients set to None before the capture so that they live in the graph's own memory.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genex_kedro.training.checkpoint import module_tensors, optimizer_tensors
from genex_kedro.training.learner import Learner

_WARM_UP_STEPS = 3  # lets cuBLAS and the optimisers allocate what a capture may not


def make_capturable(learner: Learner) -> None:
    """Let the optimisers keep step count and learning rate on the device.

    A graph keeps the numbers it was recorded with; a rate in a device tensor can still change.
    """
    for optimizer in learner.optimizers.values():
        for group in optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = True


class GraphedStep:
    """``learner.step`` on rows of the training data, replayed from a graph.

    Parameters
    ----------
    learner : Learner
        On a CUDA device, in training mode, after :func:`make_capturable`.
    train : tuple of Tensor, each of shape (n_samples, ...)
    batch_size : int
        Batches of another size (an epoch's last) run as usual.
    draw : Generator
        Registered with the graph: seeding it between replays has the usual effect.
    """

    def __init__(
        self, learner: Learner, train: tuple[Tensor, ...], batch_size: int, draw: torch.Generator
    ) -> None:
        self._learner, self._train, self._draw = learner, train, draw
        self._inputs = tuple(tensor[:batch_size].clone() for tensor in train)
        self._rates: dict[tuple[str, int], Tensor] = {}
        self.refresh_rates()
        self._warm_up()
        self._graph = torch.cuda.CUDAGraph()
        self._graph.register_generator_state(draw)
        # thread_local: Kedro runs nodes in worker threads, and another may use the GPU as well
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._losses = learner.step(self._inputs, draw)

    def __call__(self, index: Tensor) -> dict[str, Tensor]:
        """One step on the rows `index`; the losses are overwritten by the next call."""
        if len(index) != len(self._inputs[0]):
            batch = tuple(tensor.index_select(0, index) for tensor in self._train)
            return self._learner.step(batch, self._draw)
        for tensor, buffer in zip(self._train, self._inputs, strict=True):
            torch.index_select(tensor, 0, index, out=buffer)
        self._graph.replay()
        return self._losses

    def refresh_rates(self) -> None:
        """Bring learning rates that a schedule has set into the tensors the graph reads."""
        device = self._inputs[0].device
        for name, optimizer in self._learner.optimizers.items():
            for i, group in enumerate(optimizer.param_groups):
                if "capturable" not in group:
                    continue
                known = self._rates.setdefault(
                    (name, i), torch.zeros((), dtype=torch.float32, device=device)
                )
                if group["lr"] is not known:
                    known.fill_(float(group["lr"]))
                    group["lr"] = known

    def _warm_up(self) -> None:
        """A few steps on a side stream, whose traces in weights and optimisers are removed.

        Optimiser states that the warm-up created go back to zero, where Adam, AdamW and
        RMSprop begin.
        """
        modules = {k: t.clone() for k, t in module_tensors(self._learner).items()}
        optimizers = {k: t.clone() for k, t in optimizer_tensors(self._learner).items()}
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP_STEPS):
                self._learner.step(self._inputs, self._draw)
        torch.cuda.current_stream().wait_stream(side)
        with torch.no_grad():
            for key, tensor in module_tensors(self._learner).items():
                tensor.copy_(modules[key])
            for key, tensor in optimizer_tensors(self._learner).items():
                tensor.copy_(optimizers[key]) if key in optimizers else tensor.zero_()
        for module in self._learner.modules.values():
            module.zero_grad(set_to_none=True)
