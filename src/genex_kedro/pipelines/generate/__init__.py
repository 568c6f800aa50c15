from genex_kedro.pipelines.generate.pipeline import create_pipeline, create_share_pipeline

__all__ = ["create_pipeline", "create_share_pipeline"]
