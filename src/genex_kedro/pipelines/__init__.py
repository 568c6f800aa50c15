"""Thin nodes and wiring: one folder a pipeline. Nothing of the project imports from here."""
