from genex_kedro.pipelines.cvae_tuning.pipeline import create_pipeline

__all__ = ["create_pipeline"]
