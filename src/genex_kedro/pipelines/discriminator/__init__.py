from genex_kedro.pipelines.discriminator.pipeline import create_pipeline

__all__ = ["create_pipeline"]
