from genex_kedro.pipelines.cvae.pipeline import create_pipeline

__all__ = ["create_pipeline"]
