"""Places: relief, ground and what stands on it, from a seed or from a user's rasters."""
