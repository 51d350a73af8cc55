"""Everything that can be computed without a window. Knows neither Qt nor torch."""
