"""What a simulated world is made of, and what a camera sees of it: records only."""
