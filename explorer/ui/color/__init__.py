"""What the map's colours stand for: choosing, legends, ranges."""
