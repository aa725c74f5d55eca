"""What a camera sees of a moment: rays, light, air."""
