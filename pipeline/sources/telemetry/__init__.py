"""Telemetry readers, one format a file."""
