"""The conditional variational autoencoder: paper 001's, its corrections, and ours."""
