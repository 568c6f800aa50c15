"""Every family of generators by name; the way back from a trained model."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CVAE
from genex_kedro.models.family import Family

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from genex_kedro.models.base import TrainedModel

# rivals of the conditional VAE; a line each, and no other place names them (docs/extending.md)
_RIVALS = (
    "genex_kedro.models.wgan_gp.config:WGAN_GP",
    "genex_kedro.models.ctgan.config:CTGAN",
    "genex_kedro.models.tvae.config:TVAE",
    "genex_kedro.models.diffusion.config:DIFFUSION",
)
RIVALS: tuple[Family, ...] = tuple(map(resolve_name, _RIVALS))
FAMILIES: dict[str, Family] = {family.name: family for family in (CVAE, *RIVALS)}


def from_trained_model(trained: TrainedModel) -> nn.Module:
    """The generator in evaluation mode, on the CPU.

    Raises
    ------
    ValueError
        If it is none of the families.
    """
    if (name := trained.config.get("model")) not in FAMILIES:
        raise ValueError(f"the trained model is {name!r}, none of {', '.join(FAMILIES)}")
    family = FAMILIES[name]
    config = family.config(**trained.config["network"])
    vocabulary = Vocabulary.from_json(trained.config["vocabulary"])
    generator = family.code().build(config, vocabulary, len(trained.genes), seed=0)
    generator.load_state_dict(trained.weights)
    return generator.eval()
