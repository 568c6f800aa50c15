"""A conditional diffusion model (DDPM and DDIM sampling)."""
