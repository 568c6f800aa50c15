"""The named pipelines. Each brings what it needs upstream; what is there already is reused."""

from kedro.pipeline import Pipeline

from genex_kedro.pipelines import baselines, cvae, data_processing, discriminator, evaluation


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline by name; ``__default__`` is everything.

    A named pipeline holds its upstream too, so that it runs by itself on a fresh clone. The
    runner leaves out every node whose inputs, parameters and code are what they were.
    """
    cohort = data_processing.create_pipeline()
    models = [p.create_pipeline() for p in (discriminator, cvae, baselines)]
    everything = sum(models, start=cohort) + evaluation.create_pipeline()
    return {
        "data_processing": cohort,
        **dict(
            zip(("discriminator", "cvae", "baselines"), (cohort + m for m in models), strict=True)
        ),
        "evaluation": everything,
        "__default__": everything,
    }
