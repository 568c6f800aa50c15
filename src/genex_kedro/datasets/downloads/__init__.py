"""Fetching published files, verified and resumable."""
