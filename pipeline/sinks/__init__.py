"""Everything that is written for people."""
