"""Ground tiles of earlier flights."""
