"""Networks in pure torch: one file a model, its configuration beside it."""
