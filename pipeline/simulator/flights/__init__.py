"""How a drone flies, and what its telemetry says about it."""
