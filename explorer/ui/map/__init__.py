"""The map: two renderers, the view that moves it, and what lies below and above its points."""
