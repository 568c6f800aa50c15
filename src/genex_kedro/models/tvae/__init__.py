"""TVAE (Xu et al. 2019)."""
