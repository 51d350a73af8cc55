"""What is known at the cursor: the picture, how far to believe it, what lies near."""
