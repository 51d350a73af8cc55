"""Networks, training, data preparation and evaluation: the only room that imports torch."""
