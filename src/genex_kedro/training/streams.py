"""Random numbers that need no state to resume: each epoch's generators follow from the seed."""

from __future__ import annotations

import hashlib

import torch


def stream_seed(seed: int, stream: str, epoch: int) -> int:
    """A 63-bit seed for one stream ("order", "train", "validation") in one epoch.

    A hash and not a sum, so that (seed 1, epoch 2) and (seed 2, epoch 1) share nothing.
    """
    digest = hashlib.sha256(f"{seed}/{stream}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Streams:
    """The three generators of a fit, on its device.

    Parameters
    ----------
    seed : int
    device : torch.device

    Attributes
    ----------
    order, train, validation : Generator
        Batch order; draws of a training step; draws of validation. They stay the same objects
        throughout, since a CUDA graph records the generator it was captured with.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.seed = seed
        self.order = torch.Generator(device)
        self.train = torch.Generator(device)
        self.validation = torch.Generator(device)

    def start_epoch(self, epoch: int) -> None:
        """Seed all three for an epoch; validation always alike, so that epochs compare."""
        self.order.manual_seed(stream_seed(self.seed, "order", epoch))
        self.train.manual_seed(stream_seed(self.seed, "train", epoch))
        self.validation.manual_seed(stream_seed(self.seed, "validation", 0))
