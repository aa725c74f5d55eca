"""Change: what is there tonight that was not there before."""
