"""Movement: what moves on the ground under a moving camera."""
