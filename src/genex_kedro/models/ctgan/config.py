"""What a CTGAN is and how it is trained."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.conditions import Encoding
from genex_kedro.models.family import Family


class CtganConfig(BaseModel):
    """The defaults are those of Xu et al. 2019, section 4.4.

    Parameters
    ----------
    modes : int
        Most modes of a gene (:mod:`genex_kedro.models.modes.mode_specific`).
    embedding : int
        Width of the noise.
    generator_hidden, critic_hidden : tuple of int
        Widths of the hidden layers; each of the generator's is joined to its input.
    encoding : {"joint", "separate"}
        The condition vector, see :meth:`Vocabulary.design`. ``joint`` makes the class the one
        discrete column of the table.
    pac : int
        Samples that the critic judges together (PacGAN, Lin et al. 2018).
    critic_steps : int
        For each step of the generator.
    temperature : float
        Of the Gumbel softmax.
    penalty : float
        Weight of the gradient penalty.
    dropout : float
        In the critic.
    learning_rate : float
        Of both Adams.
    weight_decay : float
        L2 penalty of the generator.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: int = Field(default=10, ge=2)
    embedding: int = Field(default=128, ge=1)
    generator_hidden: tuple[int, ...] = Field(default=(256, 256), min_length=1)
    critic_hidden: tuple[int, ...] = Field(default=(256, 256), min_length=1)
    encoding: Encoding = "joint"
    pac: int = Field(default=10, ge=1)
    critic_steps: int = Field(default=1, ge=1)
    temperature: float = Field(default=0.2, gt=0)
    penalty: float = Field(default=10.0, ge=0)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    learning_rate: float = Field(default=2e-4, gt=0)
    weight_decay: float = Field(default=1e-6, ge=0)


CTGAN = Family("ctgan", CtganConfig, "genex_kedro.models.ctgan.learner")
