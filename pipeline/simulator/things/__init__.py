"""The forms of what stands in a world."""
