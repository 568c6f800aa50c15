"""Searches for settings with Optuna: named, resumable, shared by several processes."""
