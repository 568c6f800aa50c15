from genex_kedro.pipelines.translate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
