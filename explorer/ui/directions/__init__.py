"""Directions in latent space: made, judged, applied."""
