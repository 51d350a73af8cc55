"""The maps of the open data: made, kept, chosen, judged."""
