"""The judge: tumor or normal."""
