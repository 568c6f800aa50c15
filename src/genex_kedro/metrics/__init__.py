"""Metrics: pure functions on arrays, each with its direction and range; one file a family."""

from genex_kedro.metrics.base import Metric

__all__ = ["Metric"]
