"""Renders flights with known truth."""
