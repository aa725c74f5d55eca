"""How close simulated flights are to real ones: one measure a file, the same for both."""
