"""The Pan-Cancer Atlas (EB++ batch-adjusted)."""
