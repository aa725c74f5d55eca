"""Rules of an agreement, one kind a file."""
