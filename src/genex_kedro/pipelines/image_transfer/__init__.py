from genex_kedro.pipelines.image_transfer.pipeline import create_pipeline

__all__ = ["create_pipeline"]
