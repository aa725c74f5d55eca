"""What happens in a world, over hours and nights."""
