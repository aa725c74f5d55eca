"""Camera, terrain and map geometry: pure functions, no I/O."""
