"""Genes: what they are called, which panels hold them, where they lie on the chromosomes."""
