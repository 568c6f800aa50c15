"""Genes as modes and places within them, for CTGAN and TVAE."""
