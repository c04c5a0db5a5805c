"""The judge: it knows an implementation by its address and its credentials, never by its code."""
