"""The named pipelines. Each brings what it needs upstream; what is there already is reused."""

from kedro.pipeline import Pipeline

from genex_kedro.pipelines import data_processing, discriminator, evaluation


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline by name; ``__default__`` is everything.

    A named pipeline holds its upstream too, so that it runs by itself on a fresh clone. The
    runner leaves out every node whose inputs, parameters and code are what they were.
    """
    cohort = data_processing.create_pipeline()
    judges = cohort + discriminator.create_pipeline()
    compared = judges + evaluation.create_pipeline()
    return {
        "data_processing": cohort,
        "discriminator": judges,
        "evaluation": compared,
        "__default__": compared,
    }
