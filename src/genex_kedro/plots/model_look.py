"""One colour a family and one marker a setting, the same in all figures of generators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib import colormaps

_MARKERS = "osD^vP<>pXh"
_REAL = "black"


@dataclass(frozen=True)
class Look:
    """How a model is drawn."""

    colour: object
    marker: str


def looks(models: Iterable[str]) -> dict[str, Look]:
    """A look for every full name (``family/setting``); real samples are black.

    Families take colours, and their settings markers, in the order of their names: all figures of
    the same models look alike.
    """
    models = sorted(set(models))
    families = sorted({model.partition("/")[0] for model in models} - {"real"})
    found = {}
    for family in (*families, "real"):
        colour = _REAL if family == "real" else colormaps["tab10"](families.index(family) % 10)
        settings = [model for model in models if model.partition("/")[0] == family]
        for i, model in enumerate(settings):
            found[model] = Look(colour, _MARKERS[i % len(_MARKERS)])
    return found
