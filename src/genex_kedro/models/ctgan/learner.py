"""How CTGAN learns: the family ``ctgan`` (:mod:`genex_kedro.models.family`)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.ctgan.critic import PackedCritic
from genex_kedro.models.ctgan.model import Ctgan, Scores, build
from genex_kedro.models.energy_score import energy_score

__all__ = ["CtganLearner", "build", "finish", "learner"]


class TrainingBySampling(nn.Module):
    """Classes by the logarithm of their size, and training samples of a class.

    Rare classes come up more often than their share (Xu et al. 2019, section 4.3). The training
    samples lie in buffers that go to the device and stay out of checkpoints.

    Parameters
    ----------
    expression : Tensor, shape (n_samples, n_genes)
    classes : Tensor of int64, shape (n_samples,)
    n_classes : int
        Each with a training sample.
    """

    def __init__(self, expression: Tensor, classes: Tensor, n_classes: int) -> None:
        super().__init__()
        order = classes.argsort(stable=True)
        counts = torch.bincount(classes, minlength=n_classes)
        share = torch.log1p(counts.double())
        buffers = {
            "expression": expression[order],
            "counts": counts,
            "first": counts.cumsum(0) - counts,
            "below": (share.cumsum(0) / share.sum()).float()[:-1],
        }
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor, persistent=False)

    def classes(self, n: int, draw: torch.Generator) -> Tensor:
        """Classes of `n` samples, int64 (n,)."""
        uniform = torch.rand(n, generator=draw, device=draw.device)
        return torch.searchsorted(self.below, uniform, right=True)

    def samples(self, classes: Tensor, draw: torch.Generator) -> Tensor:
        """A training sample of each class, with replacement: (n_samples, n_genes)."""
        counts = self.counts[classes]
        uniform = torch.rand(len(classes), generator=draw, device=draw.device)
        return self.expression[
            self.first[classes] + (uniform * counts).long().clamp_max(counts - 1)
        ]


class CtganLearner:
    """Alternating steps of critic and generator (a Learner, see ``genex_kedro.training``).

    The samples of a step are not those of its batch: they are drawn by class
    (:class:`TrainingBySampling`), as many as the batch has, less what does not fill a pack; a
    batch smaller than a pack stands for one pack. An epoch thus has as many steps as batches,
    the last, smaller one included.

    Losses in training: ``loss``, what the critic minimises; ``distance``, how much higher it
    scores real packs; ``penalty`` without its weight; ``condition``, the cross-entropy of the
    generated class column, nats a sample. In validation: ``energy_score`` and ``spread`` (see
    :func:`energy_score`) of genes standardised by the training samples, and ``condition``.

    Parameters
    ----------
    generator : Ctgan
        Trained in place.
    train : tuple of Tensor
        ``(expression, classes)``: the modes are fitted on it and samples drawn from it.
    """

    def __init__(self, generator: Ctgan, train: tuple[Tensor, Tensor]) -> None:
        generator.modes.fit(train[0])
        config, n_classes = generator.config, len(generator.vocabulary)
        self.config, self.generator = config, generator
        columns = generator.modes.columns(n_classes + generator.design.shape[1])
        with seeded_weights(generator.seed):
            self.critic = PackedCritic(columns, config.critic_hidden, config.pac, config.dropout)
        self.pool = TrainingBySampling(*train, n_classes)
        self.modules: dict[str, nn.Module] = {
            "generator": generator,
            "critic": self.critic,
            "pool": self.pool,
        }
        self.optimizers = {
            name: torch.optim.Adam(
                module.parameters(),
                lr=config.learning_rate,
                betas=(0.5, 0.9),
                weight_decay=decay,
                fused=True,
            )
            for name, module, decay in (
                ("generator", generator, config.weight_decay),
                ("critic", self.critic, 0.0),
            )
        }

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The critic's steps, each on samples of its own, then one of the generator."""
        pac = self.config.pac
        n = max(len(batch[0]) // pac, 1) * pac
        for _ in range(self.config.critic_steps):
            losses = self._critic_step(n, draw)
        losses |= self._generator_step(n, draw)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Energy score and spread by two draws a sample; how well classes are kept."""
        expression, classes = batch
        modes, told = self.generator.modes, []

        def make() -> Tensor:
            scores = self.generator(classes, draw)
            told.append(functional.cross_entropy(scores.classes, classes))
            return modes.standardise(self.generator.express(scores, draw))

        figures = energy_score(modes.standardise(expression), make)
        return {**figures, "condition": torch.stack(told).mean()}

    def _critic_step(self, n: int, draw: torch.Generator) -> dict[str, Tensor]:
        """Real and generated samples of the same classes, packed in different order."""
        classes = self.pool.classes(n, draw)
        with torch.no_grad():
            made = self._table(self.generator(classes, draw), classes, draw)
            others = classes[torch.rand(n, generator=draw, device=draw.device).argsort()]
            real = self._real_table(others, draw)
        optimizer = self.optimizers["critic"]
        optimizer.zero_grad(set_to_none=True)
        distance, penalty = self.critic.compare(real, made, draw)
        loss = self.config.penalty * penalty - distance
        loss.backward()
        optimizer.step()
        return {"loss": loss, "distance": distance, "penalty": penalty}

    def _generator_step(self, n: int, draw: torch.Generator) -> dict[str, Tensor]:
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        classes = self.pool.classes(n, draw)
        scores = self.generator(classes, draw)
        condition = functional.cross_entropy(scores.classes, classes)
        loss = condition - self.critic(self._table(scores, classes, draw), draw).mean()
        loss.backward(inputs=list(self.generator.parameters()))  # none for the critic's weights
        optimizer.step()
        return {"condition": condition}

    def _table(self, scores: Scores, classes: Tensor, draw: torch.Generator) -> Tensor:
        table = scores.activate(self.config.temperature, draw)
        return torch.cat([table, self.generator.design[classes]], dim=1)

    def _real_table(self, classes: Tensor, draw: torch.Generator) -> Tensor:
        """Encoded genes, the class one-hot, the condition vector."""
        encoded = self.generator.modes.encode(self.pool.samples(classes, draw), draw)
        condition = self.generator.design[classes]
        n_classes, first = len(self.generator.vocabulary), self.generator.modes.width
        table = encoded.padded(self.config.modes, n_classes + condition.shape[1])
        table[:, first : first + n_classes] = functional.one_hot(classes, n_classes)
        table[:, first + n_classes :] = condition
        return table


learner = CtganLearner


def finish(generator: Ctgan, train: tuple[Tensor, Tensor]) -> Ctgan:
    """Nothing remains to be done after the fit; in evaluation mode."""
    return generator.eval()
