"""A user's tables of expression and of samples."""
