"""Wiring of cvae."""

from kedro.pipeline import Pipeline

from genex_kedro.models.cvae_config import CVAE
from genex_kedro.pipelines.generators import generator_pipeline


def create_pipeline() -> Pipeline:
    """The settings of the conditional VAE: trained, kept, sampled."""
    return generator_pipeline(CVAE, "cvae")
