"""The mock, used by the libraries that front ends use."""
