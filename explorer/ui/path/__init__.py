"""Paths through the map: stations, ways between them, playback."""
