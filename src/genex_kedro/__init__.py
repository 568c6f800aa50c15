"""Bulk RNA-seq in cancer: tumor to normal, synthetic expression, tumor types from images."""

__version__ = "0.1.0"
