"""The named pipelines. Each brings what it needs upstream; what is there already is reused."""

from kedro.pipeline import Pipeline

from genex_kedro.pipelines import (
    baselines,
    classify,
    cvae,
    cvae_tuning,
    cyclegan,
    data_processing,
    discriminator,
    evaluation,
    generate,
    image_transfer,
    translate,
    translators,
)
from genex_kedro.pipelines.evaluation.pipeline import (
    of_classifiers,
    of_generators,
    of_judges,
    of_translators,
)


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline by name; ``reversion``, ``synthesis`` and ``tumor_types`` are whole studies.

    A named pipeline holds its upstream too, so that it runs by itself on a fresh clone, and
    nothing of another study: a cohort that lacks the genes of one can be used in the other.
    The runner leaves out every node whose inputs, parameters and code are what they were.
    ``translate``, ``generate``, ``share`` and ``classify`` apply what was trained before and train nothing.
    ``cvae_tuned`` searches first and then trains what was found; it is no part of the default.
    """
    judges = data_processing.create_pipeline(["reversion"]) + discriminator.create_pipeline()
    translating = data_processing.create_pipeline(["reversion"]) + translators.create_pipeline()
    prepared = data_processing.create_pipeline(["synthesis"])
    networks = prepared + cvae.create_pipeline()
    search = prepared + cvae_tuning.create_pipeline()
    simple = prepared + baselines.create_pipeline()
    images = data_processing.create_pipeline(["tumor_types"]) + image_transfer.create_pipeline()
    everything = (
        data_processing.create_pipeline()
        + discriminator.create_pipeline()
        + cyclegan.create_pipeline()
        + cvae.create_pipeline()
        + baselines.create_pipeline()
        + translators.create_pipeline()
        + image_transfer.create_pipeline()
        + evaluation.create_pipeline()
    )
    return {
        "data_processing": data_processing.create_pipeline(),
        "discriminator": judges,
        "cyclegan": data_processing.create_pipeline(["reversion"]) + cyclegan.create_pipeline(),
        "cvae": networks,
        "cvae_tuning": search,
        "cvae_tuned": search + networks,
        "baselines": simple,
        "evaluation": everything,
        "translators": translating,
        "reversion": judges
        + translating
        + cyclegan.create_pipeline()
        + of_judges()
        + of_translators(),
        "synthesis": networks + simple + of_generators(),
        # applications of trained models: they train nothing and bring nothing upstream
        "generate": generate.create_pipeline(),
        "share": generate.create_share_pipeline(),
        "translate": translate.create_pipeline(),
        "image_transfer": images,
        "classify": classify.create_pipeline(),
        "tumor_types": images + of_classifiers(),
        "__default__": everything,
    }
