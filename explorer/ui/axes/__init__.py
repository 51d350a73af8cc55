"""Moving along single directions of the latent space: sliders and the traversal strip."""
