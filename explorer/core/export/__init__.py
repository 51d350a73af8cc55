"""A gallery as files: a small module for each format, pure functions of (gallery, look, path, progress)."""
