"""ImageNet weights as they come, and what a network must be changed to so that they fit."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Pretrained:
    """Weights of a backbone with what its input must look like.

    Attributes
    ----------
    tensors : dict of str to Tensor
        timm's names; any floating type.
    mean, std : tuple of float, or None
        The input's statistics, for intensities from 0 to 1; None: those that timm states.
    keras_v1 : bool
        A ResNet of Keras' first layout (:func:`to_keras_v1`).
    origin : str
        What they are called: a tag of the hub, or a file and its digest.
    """

    tensors: dict[str, Tensor]
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    keras_v1: bool = False
    origin: str = ""


def to_keras_v1(network: nn.Module) -> None:
    """Change a timm ResNet with bottlenecks, in place, to the one whose weights Keras published.

    Keras' ResNet50 (and the original Caffe model, He et al. 2015) halve the image in the first
    1 x 1 convolution of a stage; torchvision's and timm's in the 3 x 3 after it. Names and
    shapes are the same, so the weights load silently into either, and are wrong in the other.
    Batch normalisation has an epsilon of 1e-3 there, 1e-5 here. Colours are RGB; the input is
    standardised by ``mean`` with a deviation of 1/255, as the file says.

    Raises
    ------
    ValueError
        If the network is not a ResNet with bottlenecks.
    """
    stages = [getattr(network, f"layer{number}", None) for number in (2, 3, 4)]
    if not all(stage is not None and hasattr(stage[0], "conv3") for stage in stages):
        raise ValueError(f"{type(network).__name__} is no ResNet with bottlenecks")
    for stage in stages:
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3
