"""Wiring of cvae."""

from kedro.pipeline import Pipeline, node

from genex_kedro.models.cvae.config import CVAE
from genex_kedro.pipelines.cvae import nodes
from genex_kedro.pipelines.generators import generator_pipeline


def create_pipeline() -> Pipeline:
    """The settings of the conditional VAE, a tuned one too: trained, kept, sampled."""
    choice = node(
        nodes.choose_settings,
        ["synthesis.studies", "params:cvae", "cvae_tuning.best"],
        "cvae.settings",
        name="choose_settings",
    )
    chosen = Pipeline([choice], namespace="cvae", prefix_datasets_with_namespace=False, tags="cvae")
    return chosen + generator_pipeline(CVAE, "cvae", settings="settings")
