"""Parameters of image_transfer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from genex_kedro.imaging import LayoutSettings
from genex_kedro.models.images.config import OWN, ImageClassifierConfig
from genex_kedro.study.fits import CostlySettings
from genex_kedro.study.tumor_types.explain import BASELINES
from genex_kedro.training import FitSettings


class ImageNetworkSettings(CostlySettings):
    """One network.

    Parameters
    ----------
    layout : str
        One of the layouts; an MLP sees none.
    pretrained : bool
        Begin with ImageNet weights, where ``weights.source`` gives any; false is the control
        without them.
    network : ImageClassifierConfig
    fit : FitSettings
    """

    layout: str = "similarity"
    pretrained: bool = True
    network: ImageClassifierConfig
    fit: FitSettings

    @property
    def takes_weights(self) -> bool:
        """Whether ImageNet weights are wanted, if there are any."""
        return self.pretrained and self.network.backbone not in OWN


class ExplainSettings(BaseModel):
    """Which network is explained, and how.

    Parameters
    ----------
    network : str
        One that is trained.
    per_class : int
        Test samples of each type.
    baselines : list of str
        Of :data:`genex_kedro.study.tumor_types.explain.BASELINES`.
    draws : int
        Training samples that ``random_training`` averages over.
    steps, most_steps : int
        Of integrated gradients; see :func:`genex_kedro.models.images.attribution.integrated_gradients`.
    randomisations : int
        Networks with shuffled weights, and as many trained on shuffled types, that the
        explanations are held against.
    seed : int
        Of what is drawn: samples, baselines, random orders.
    """

    model_config = ConfigDict(extra="forbid")
    network: str
    per_class: int = Field(default=3, ge=1)
    baselines: list[Literal[BASELINES]] = Field(default=list(BASELINES), min_length=1)
    draws: int = Field(default=3, ge=1)
    steps: int = Field(default=32, ge=2)
    most_steps: int = Field(default=4096, ge=2)
    randomisations: int = Field(default=3, ge=1)
    seed: int = Field(default=0, ge=0)


class ImageTransferSettings(BaseModel):
    """The layouts, the networks by name, and which of them to train.

    Parameters
    ----------
    train : list of str, or their names with blanks between
        Names of `networks`; ``all`` is every one.
    max_cache_gb : float
        Activations of the frozen part are computed once if they fit; else anew in each epoch,
        to the same weights.
    reject : float
        Share of the validation samples that the thresholds of the reject option would reject:
        those least sure, and those least like the training samples.
    components : int
        Principal components of the training samples that likeness is judged by.
    """

    model_config = ConfigDict(extra="forbid")
    train: list[str] = Field(min_length=1)
    layouts: dict[str, LayoutSettings] = Field(min_length=1)
    networks: dict[str, ImageNetworkSettings] = Field(min_length=1)
    max_cache_gb: float = Field(default=4.0, ge=0)
    reject: float = Field(default=0.02, ge=0, lt=1)
    components: int = Field(default=50, ge=1)
    explain: ExplainSettings

    @field_validator("train", mode="before")
    @classmethod
    def _names(cls, names):
        return names.split() if isinstance(names, str) else names

    @model_validator(mode="after")
    def _known(self):
        if self.train == ["all"]:
            self.train = list(self.networks)
        for name in self.train:
            if name not in self.networks:
                raise ValueError(f"image_transfer.train: {name!r} is none of {', '.join(self.networks)}, all")  # fmt: skip
            layout = self.networks[name].layout
            if layout not in self.layouts:
                raise ValueError(f"image_transfer.networks.{name}.layout: {layout!r} is none of {', '.join(self.layouts)}")  # fmt: skip
        if self.explain.network not in self.train:
            raise ValueError(f"image_transfer.explain.network: {self.explain.network!r} is none of those trained, {', '.join(self.train)}")  # fmt: skip
        if self.networks[self.explain.network].seeds is not None:
            raise ValueError(f"image_transfer.networks.{self.explain.network}.seeds: the network that is explained is trained on every split; leave it out")  # fmt: skip
        if "training_mean" not in self.explain.baselines:
            raise ValueError("image_transfer.explain.baselines: training_mean must be among them")
        return self

    @property
    def chosen(self) -> dict[str, ImageNetworkSettings]:
        """The networks to train, by name."""
        return {name: self.networks[name] for name in self.train}
