"""Flights as files, one format a file."""
