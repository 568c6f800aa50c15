"""The steps of a diffusion: how much signal is left at each, and the way back.

At step t a profile is ``signal[t] * clean + noise[t] * N(0, 1)``, signal^2 + noise^2 = 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genex_kedro.models.diffusion.config import Target

_OFFSET = 0.008  # the first steps add a noise that can still be seen (Nichol and Dhariwal 2021)
_LEAST_KEPT = 0.001  # of the signal's variance within a step


@dataclass(frozen=True)
class Level:
    """Where noised profiles are; columns (n_samples, 1), or 0-d when all are at one step."""

    signal: Tensor
    noise: Tensor

    def after(self, step: Tensor | int) -> Level:
        """Of levels by step, those after the steps (...,)."""
        return Level(self.signal[step], self.noise[step])

    def mix(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Noised profiles."""
        return self.signal * clean + self.noise * noise

    def target(self, clean: Tensor, noise: Tensor, kind: Target) -> Tensor:
        """What a network is to predict."""
        if kind == "noise":
            return noise
        return clean if kind == "expression" else self.signal * noise - self.noise * clean

    def clean(self, noised: Tensor, predicted: Tensor, kind: Target) -> Tensor:
        """Clean profiles by what was predicted."""
        if kind == "noise":
            return (noised - self.noise * predicted) / self.signal
        return predicted if kind == "expression" else self.signal * noised - self.noise * predicted


def cosine_levels(steps: int) -> Level:
    """Where profiles are after each step; float32 (steps,), signal falling to nearly 0.

    Nichol and Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", equation 17,
    with their bound of a step's noise.
    """
    at = torch.arange(steps + 1, dtype=torch.float64) / steps
    squared = torch.cos((at + _OFFSET) / (1 + _OFFSET) * torch.pi / 2).square()
    kept = (squared[1:] / squared[:-1]).clamp_min(_LEAST_KEPT).cumprod(0)
    return Level(kept.sqrt().float(), (1 - kept).sqrt().float())


def visited(levels: Level, n: int) -> Iterator[tuple[int, Level, Level]]:
    """The steps that sampling visits, from the last on: ``(step, level, next level)``.

    Parameters
    ----------
    levels : Level of Tensor, shape (steps,)
    n : int
        How many, evenly spaced; after the first step there is no noise.
    """
    last = len(levels.signal) - 1
    steps = torch.linspace(last, 0, n, dtype=torch.float64).round().long().tolist()
    here = [levels.after(step) for step in steps]
    clean = Level(torch.ones_like(here[0].signal), torch.zeros_like(here[0].noise))
    yield from zip(steps, here, [*here[1:], clean], strict=True)


def step_back(
    noised: Tensor, clean: Tensor, here: Level, there: Level, fresh: Tensor | None
) -> Tensor:
    """Profiles at a lower level from those at a higher one.

    Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12. Without `fresh` noise
    it is DDIM (their sigma 0); with it the posterior of DDPM (Ho et al. 2020, equation 7).

    Parameters
    ----------
    noised, clean : Tensor, shape (n_samples, n_genes)
        Profiles, and what they are thought to be without noise.
    here, there : Level
    fresh : Tensor, shape (n_samples, n_genes), or None
        Standard normal.
    """
    noise = (noised - here.signal * clean) / here.noise
    if fresh is None:
        return there.mix(clean, noise)
    within = (1 - (here.signal / there.signal).square()).clamp_min(0)
    added = there.noise / here.noise * within.sqrt()
    rest = (there.noise.square() - added.square()).clamp_min(0).sqrt()
    return there.signal * clean + rest * noise + added * fresh
