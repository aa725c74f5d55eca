"""Nights of many flights, described in one file."""
