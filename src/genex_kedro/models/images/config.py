"""What an image classifier is and how it learns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Network = Literal[
    "vgg19",
    "xception",
    "densenet169",
    "resnet50",
    "resnet18",
    "efficientnet_lite0",
    "small_cnn",
    "mlp",
]
OWN = ("small_cnn", "mlp")


class ImageClassifierConfig(BaseModel):
    """An image classifier; the defaults are paper 002's, but for the pooling.

    Parameters
    ----------
    backbone : str
        Of :data:`genex_kedro.models.images.backbones.BACKBONES`; or ``small_cnn``, two layers that
        we made, each halving the image; or ``mlp``, which sees the genes themselves and no image.
    size : int or None
        Edge of the image; None keeps the layout's own.
    trainable : {"head", "last_block", "all"}
        What learns; the rest stays as it is, in evaluation mode.
    pool : {"flatten", "average"}
        What the head sees of the last feature map: every place of it, or the mean. The mean
        forgets where a pattern was, and in an image of genes the place is the gene.
    hidden : tuple of int
        Widths of the hidden layers of the head (of the MLP: all it has).
    dropout : float
        In the head.
    learning_rate, head_learning_rate : float
        Of AdamW, for the block (or all) and for the head; both fall to nothing along half a
        cosine.
    weight_decay : float
    shortcut : bool
        Add a linear path from the genes to the logits, and start the head at zero: training
        begins as logistic regression, and departs from it where the image helps.
    shortcut_learning_rate, shortcut_decay : float
        Of that path, by AdamW.
    label_smoothing : float
    class_weights : {"balanced", "root", "none"}
        How classes count in the loss: alike; by the root of their size; by their size.
    precision : {"float32", "bfloat16"}
        Of activations (autocast); weights stay float32. bfloat16 pays where the processor has
        AMX or the GPU tensor cores.
    channels_last : bool
        Memory order of images; pays on GPUs, and with bfloat16 on CPUs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: Network = "resnet18"
    size: int | None = Field(default=64, ge=8)
    trainable: Literal["head", "last_block", "all"] = "last_block"
    pool: Literal["flatten", "average"] = "flatten"
    hidden: tuple[int, ...] = ()
    dropout: float = Field(default=0.2, ge=0, lt=1)
    learning_rate: float = Field(default=1e-4, gt=0)
    head_learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    shortcut: bool = False
    shortcut_learning_rate: float = Field(default=1e-3, gt=0)
    shortcut_decay: float = Field(default=0.1, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weights: Literal["balanced", "root", "none"] = "root"
    precision: Literal["float32", "bfloat16"] = "float32"
    channels_last: bool = False

    @model_validator(mode="after")
    def _own_networks_learn_whole(self):
        if self.backbone in OWN and self.trainable != "all":
            raise ValueError(f"{self.backbone} has no weights but its own: trainable must be 'all'")
        return self
