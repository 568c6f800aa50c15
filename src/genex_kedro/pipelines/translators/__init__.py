from genex_kedro.pipelines.translators.pipeline import create_pipeline

__all__ = ["create_pipeline"]
