"""Frozen, typed records; shapes are checked where they are made."""
