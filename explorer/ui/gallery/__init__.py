"""Galleries: what they show, how they look, and writing them."""
