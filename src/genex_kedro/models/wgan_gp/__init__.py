"""The conditional WGAN-GP of Vinas et al. 2022."""
