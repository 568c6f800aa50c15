"""The base pipeline of every family of generators."""

from kedro.pipeline import Pipeline, node

from genex_kedro.models.family import Family
from genex_kedro.pipelines.binding import bound
from genex_kedro.study.generation import fitting, sampling
from genex_kedro.study.generation.settings import GeneratorSettings


def generator_pipeline(family: Family, namespace: str, settings: str | None = None) -> Pipeline:
    """Studies in; checkpoints, history, trained models and synthetic samples out.

    Parameters
    ----------
    family : Family
    namespace : str
        Of datasets and parameters: ``"cvae"``, ``"baselines.wgan_gp"``.
    settings : str, optional
        The dataset that holds the settings; without it they are the parameters.
    """
    settings = settings or f"params:{namespace}"
    of_family = {
        "family": family,
        "types": {"settings": GeneratorSettings[family.config]},
    }
    return Pipeline(
        [
            node(
                bound(fitting.train, **of_family),
                ["synthesis.studies", "resume", settings],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                bound(fitting.keep, **of_family),
                ["synthesis.studies", "checkpoints", settings],
                "models",
                name="keep",
            ),
            node(
                bound(sampling.sample, **of_family),
                ["synthesis.studies", "models", settings],
                "synthetic",
                name="sample",
            ),
        ],
        namespace=namespace,
        inputs={"synthesis.studies"},
        parameters={settings} if settings.startswith("params:") else None,
        tags=namespace.partition(".")[0],
    )
