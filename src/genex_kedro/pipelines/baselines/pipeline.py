"""Wiring of baselines."""

from kedro.pipeline import Pipeline, node

from genex_kedro.models.families import RIVALS
from genex_kedro.pipelines.baselines import nodes
from genex_kedro.pipelines.generators import generator_pipeline


def create_pipeline() -> Pipeline:
    """What a generator has to beat: those without a network, and the networks of others."""
    return sum((rival(family.name) for family in RIVALS), start=simple())


def simple() -> Pipeline:
    """Studies in; synthetic samples of the simple generators out."""
    return Pipeline(
        [
            node(
                nodes.sample_simple,
                "synthesis.studies",
                ["synthetic", "fits"],
                name="sample_simple",
            )
        ],
        namespace="baselines",
        inputs={"synthesis.studies"},
        tags="baselines",
    )


def rival(name: str) -> Pipeline:
    """The settings of one rival, ``baselines.<name>``: trained, kept, sampled."""
    family = next(family for family in RIVALS if family.name == name)
    return generator_pipeline(family, f"baselines.{name}")
