"""What runs in the map's own process, and the way to talk with it."""
