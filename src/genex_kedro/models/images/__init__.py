"""Tumor types from images of expression."""
