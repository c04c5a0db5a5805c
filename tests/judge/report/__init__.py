"""The report's model and everything that is made of it."""
