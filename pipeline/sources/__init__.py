"""Everything that is read: sorties, frames, telemetry, cameras, terrain, agreements."""
