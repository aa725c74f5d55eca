"""What is true, as files, and how to read it back."""
