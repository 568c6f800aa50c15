from genex_kedro.pipelines.cyclegan.pipeline import create_pipeline

__all__ = ["create_pipeline"]
