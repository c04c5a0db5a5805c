"""nexus-mock's commands over the control API."""
