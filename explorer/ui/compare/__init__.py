"""Two or three models side by side, and the tour of them."""
