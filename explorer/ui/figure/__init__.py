"""The map as a figure: PNG, SVG, PDF."""
