"""CTGAN (Xu et al. 2019): generator, packed critic and how they learn."""
