"""The commands of nexus-contract, beside `run`."""
