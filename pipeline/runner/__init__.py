"""One sortie: wires the stages, resumes what is fresh, publishes all or nothing; and the end of a night."""
