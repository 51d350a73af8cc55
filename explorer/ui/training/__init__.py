"""New model from images: the proposal, the run, and watching it."""
