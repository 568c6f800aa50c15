"""What the readers of published collections share."""
