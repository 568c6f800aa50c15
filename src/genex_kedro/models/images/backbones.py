"""The image networks of paper 002 from timm, cut where training begins.

Each is a trunk and its last convolution block (the paper trains "some layers of the last
convolutional block" and a new head):

======================  ====================================  ===============================
backbone                trunk                                 last block
======================  ====================================  ===============================
vgg19                   blocks 1 to 4                         block 5
xception                entry and middle flow, block 12       the two last separable layers
densenet169             to transition 3                       dense block 4 and its norm
resnet50, resnet18      to layer 3                            layer 4
efficientnet_lite0      stages 0 to 5                         stage 6 and the last layer
======================  ====================================  ===============================
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.images.pretrained import Pretrained, to_keras_v1

_HEADS = ("global_pool", "fc", "classifier", "head_drop", "head", "pre_logits")  # made here
_torchvision_schemas: list[torch.library.Library] = []  # kept, or torch forgets them


@dataclass(frozen=True)
class _Kind:
    """A backbone's name in timm, with the tag of its ImageNet weights, and where it is cut."""

    timm_name: str
    parts: Callable[[nn.Module], OrderedDict[str, nn.Module]]
    first_of_block: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Backbone:
    """A network without a head.

    Attributes
    ----------
    trunk, block : Sequential
        Image (n, 3, size, size) to activations; activations to the last feature map.
    mean, std : tuple of float
        What the network's input is standardised by.
    """

    trunk: nn.Sequential
    block: nn.Sequential
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def _children(network: nn.Module) -> OrderedDict[str, nn.Module]:
    return OrderedDict((k, v) for k, v in network.named_children() if k not in _HEADS)


def _features(network: nn.Module) -> OrderedDict[str, nn.Module]:
    return OrderedDict(network.features.named_children())


def _stages(network: nn.Module) -> OrderedDict[str, nn.Module]:
    parts = OrderedDict()
    for name, child in _children(network).items():
        if name == "blocks":
            parts.update((f"stage{at}", stage) for at, stage in enumerate(child))
        else:
            parts[name] = child
    return parts


# timm starts each residual branch at zero: a frozen trunk with random weights would then be
# little more than a subsampling that never looks at most genes
_WHOLE = {"zero_init_last": False}
_KINDS = {
    "vgg19": _Kind(
        "vgg19.tv_in1k", _features, "28", {"mlp_ratio": 1 / 4096}
    ),  # without the 103 million weights of its head
    "xception": _Kind("legacy_xception.tf_in1k", _children, "conv3"),
    "densenet169": _Kind("densenet169.tv_in1k", _features, "denseblock4"),
    "resnet50": _Kind("resnet50.tv_in1k", _children, "layer4", _WHOLE),
    "resnet18": _Kind("resnet18.tv_in1k", _children, "layer4", _WHOLE),
    "efficientnet_lite0": _Kind("tf_efficientnet_lite0.in1k", _stages, "stage6"),
}
BACKBONES = tuple(_KINDS)


def timm_name(backbone: str) -> str:
    """The name of a backbone in timm, with the tag of its ImageNet weights."""
    return _KINDS[backbone].timm_name


def build_backbone(
    backbone: str, pretrained: Pretrained | None, seed: int, keras_v1: bool = False
) -> Backbone:
    """A backbone with ImageNet weights, or with weights drawn from `seed` where there are none.

    Parameters
    ----------
    backbone : str
        One of :data:`BACKBONES`.
    pretrained : Pretrained or None
        None: random weights, and nothing else will do in silence.
    seed : int
    keras_v1 : bool
        Build Keras' variant without weights (to load a trained model into).

    Raises
    ------
    RuntimeError
        If the weights do not fit the network, by name or by shape.
    """
    kind = _KINDS[backbone]
    network = create_network(backbone, seed)
    mean, std = network.pretrained_cfg["mean"], network.pretrained_cfg["std"]
    if keras_v1 or (pretrained is not None and pretrained.keras_v1):
        to_keras_v1(network)
    if pretrained is not None:
        _load(network, pretrained)
        mean, std = pretrained.mean or mean, pretrained.std or std
    parts = kind.parts(network)
    cut = list(parts).index(kind.first_of_block)
    trunk, block = list(parts.items())[:cut], list(parts.items())[cut:]
    return Backbone(nn.Sequential(OrderedDict(trunk)), nn.Sequential(OrderedDict(block)), mean, std)


def create_network(backbone: str, seed: int) -> nn.Module:
    """Timm's network without classes, its weights drawn from `seed`."""
    kind = _KINDS[backbone]
    with seeded_weights(seed):
        return import_timm().create_model(
            kind.timm_name, pretrained=False, num_classes=0, **kind.options
        )


def _load(network: nn.Module, pretrained: Pretrained) -> None:
    """Every weight but the head's, whatever type it is kept in."""
    given = {
        key: tensor.float() if tensor.is_floating_point() else tensor
        for key, tensor in pretrained.tensors.items()
        if key.partition(".")[0] not in _HEADS
    }
    found = network.load_state_dict(given, strict=False)  # a wrong shape raises by itself
    missing = [key for key in found.missing_keys if key.partition(".")[0] not in _HEADS]
    if missing or found.unexpected_keys:
        raise RuntimeError(f"missing {missing[:3]}, unexpected {found.unexpected_keys[:3]}")


def import_timm():
    """Timm, also where torchvision is a CUDA build beside a CPU build of torch.

    The registry's torchvision then fails with "operator torchvision::nms does not exist". Its
    two operators that its own modules ask for are declared first, and only where the plain
    import fails; models and transforms need neither.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        schemas = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            schemas.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _torchvision_schemas.append(schemas)
    import timm

    return timm
