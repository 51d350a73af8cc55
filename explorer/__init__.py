"""Latent-space explorer: drag over a map of your data and see the decoder's pictures as you move."""

__version__ = "0.1.0"
