"""A diffusion model of expression by class: DDPM training, DDPM and DDIM sampling.

Everywhere `expression` is (n_samples, n_genes), standardised as in training, and `classes`
int64 (n_samples,), positions in the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genex_kedro.models.averaging import follow, trained_beside
from genex_kedro.models.base import seeded_weights
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.diffusion.config import DiffusionConfig
from genex_kedro.models.diffusion.core import NormalDenoiser
from genex_kedro.models.diffusion.networks import Denoiser
from genex_kedro.models.diffusion.steps import Level, cosine_levels, step_back, visited
from genex_kedro.models.sampling import sample_in_blocks

_VALIDATION_NOISES = 4  # noised copies of each validation sample


class Diffusion(nn.Module):
    """The generator; build it with :func:`build`.

    Parameters
    ----------
    config : DiffusionConfig
    vocabulary : Vocabulary
    n_genes : int
    """

    def __init__(self, config: DiffusionConfig, vocabulary: Vocabulary, n_genes: int) -> None:
        super().__init__()
        self.config, self.vocabulary, self.n_genes = config, vocabulary, n_genes
        design = torch.from_numpy(vocabulary.design(config.encoding))
        self.register_buffer("design", design, persistent=False)  # follows from the vocabulary
        levels = cosine_levels(config.steps)
        self.register_buffer("signal", levels.signal, persistent=False)
        self.register_buffer("noise", levels.noise, persistent=False)
        self.denoiser = Denoiser(config, n_genes, design.shape[1])
        if config.core:
            rank = min(config.core_rank, n_genes)
            self.core = NormalDenoiser(len(vocabulary), n_genes, rank)

    @property
    def levels(self) -> Level:
        """Signal and noise after each step, (steps,)."""
        return Level(self.signal, self.noise)

    def loss(
        self, expression: Tensor, classes: Tensor, draw: torch.Generator, noises: int
    ) -> dict[str, Tensor]:
        """How well noise is told from expression at random steps; 0-d tensors.

        Parameters
        ----------
        draw : Generator
        noises : int
            Noised copies of each sample, at steps spread evenly over the diffusion.

        Returns
        -------
        dict of str to Tensor
            ``objective``, the squared error of the target, and ``loss``, that of the clean
            expression weighted by min(1, signal^2 / noise^2), which is defined alike for all
            targets and bounded for each (Hang et al. 2023, "Efficient Diffusion Training via
            Min-SNR Weighting Strategy", their gamma at 1); means over samples and genes.
        """
        expression, classes = expression.repeat(noises, 1), classes.repeat(noises)
        if self.training and self.config.smoothing:
            expression = self.core.smooth(expression, classes, self.config.smoothing, draw)
        step = self._even_steps(len(classes), draw)
        at = self.levels.after(step[:, None])
        noise = torch.randn(expression.shape, generator=draw, device=expression.device)
        noised = at.mix(expression, noise)
        predicted = self._predict(noised, step, classes, draw)
        target = self.config.target
        objective = (predicted - at.target(expression, noise, target)).square().mean()
        error = at.clean(noised, predicted, target) - expression
        weight = (at.signal / at.noise).clamp_max(1)
        return {"objective": objective, "loss": (weight * error).square().mean()}

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """One profile for each class asked for; see :func:`sample_in_blocks`."""
        return sample_in_blocks(self, classes, seed, self._sample_block)

    def _sample_block(self, classes: Tensor, draw: torch.Generator) -> Tensor:
        config, device = self.config, self.design.device
        shape = (len(classes), self.n_genes)
        classes, x = classes.to(device), torch.randn(shape, generator=draw).to(device)
        for step, here, there in visited(self.levels, config.sampling_steps):
            steps = torch.full((len(classes),), step, device=device)
            clean = here.clean(x, self._predict(x, steps, classes), config.target)
            clean = clean.clamp(-config.limit, config.limit)
            random = config.sampler == "ddpm"
            fresh = torch.randn(shape, generator=draw).to(device) if random else None
            x = step_back(x, clean, here, there, fresh)
        return x

    def _predict(
        self, noised: Tensor, step: Tensor, classes: Tensor, draw: torch.Generator | None = None
    ) -> Tensor:
        share = ((step + 1) / self.config.steps).float()
        predicted = self.denoiser(noised, share, self.design[classes], draw)
        if self.config.core:
            at = self.levels.after(step[:, None])
            predicted = predicted + self.core(noised, at, classes, self.config.target)
        return predicted

    def _even_steps(self, n: int, draw: torch.Generator) -> Tensor:
        """Steps (n,) spread evenly from a random start; the copies of a sample as well.

        A sum over them varies less than over independent ones (Kingma et al. 2021, "Variational
        Diffusion Models", section 5.2). They rise with the row: rows come in random order.
        """
        start = torch.rand(1, generator=draw, device=draw.device)
        spread = torch.linspace(0, 1, n + 1, device=draw.device)[:n]
        steps = (((start + spread) % 1) * self.config.steps).long()
        return steps.clamp_max(self.config.steps - 1)  # of a share rounded to 1


class DiffusionLearner:
    """Denoising with AdamW (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, classes)``. Losses: ``loss``, a weighted squared error of the clean
    expression that compares across settings; in training also ``objective``, what is minimised
    (both in :meth:`Diffusion.loss`).

    Parameters
    ----------
    generator : Diffusion
        Trained in place; with an average of weights `generator` is the average.
    """

    def __init__(self, generator: Diffusion) -> None:
        self.config = generator.config
        self.generator = generator
        self.modules: dict[str, nn.Module] = {"generator": generator}
        self.trained = trained_beside(generator, self.modules, self.config.average)
        self.optimizers = {
            "generator": torch.optim.AdamW(
                self.trained.parameters(),
                lr=self.config.learning_rate,
                weight_decay=self.config.weight_decay,
                fused=True,
            )
        }

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of the network, and of the average where there is one."""
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        losses = self.trained.loss(*batch, draw, self.config.noises)
        losses["objective"].backward()
        optimizer.step()
        if self.config.average is not None:
            follow(self.generator, self.trained, self.config.average)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The error at the same steps and noises in each epoch."""
        return {"loss": self.generator.loss(*batch, draw, _VALIDATION_NOISES)["loss"]}


def build(config: DiffusionConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> Diffusion:
    """A diffusion model with weights drawn from `seed`."""
    with seeded_weights(seed):
        return Diffusion(config, vocabulary, n_genes)


def learner(generator: Diffusion, train: tuple[Tensor, Tensor]) -> DiffusionLearner:
    """Its Learner; a core is fitted on the training samples first."""
    config = generator.config
    if config.core:
        generator.core.fit(*train, generator.design, config.core_shrinkage)
    return DiffusionLearner(generator)


def finish(generator: Diffusion, train: tuple[Tensor, Tensor]) -> Diffusion:
    """Nothing remains to be done after the fit; in evaluation mode."""
    return generator.eval()
