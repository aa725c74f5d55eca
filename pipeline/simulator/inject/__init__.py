"""Events rendered into real frames."""
