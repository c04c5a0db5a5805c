"""A machine that drives the mock with random requests, legal and illegal, beside a model of it in plain Python."""
