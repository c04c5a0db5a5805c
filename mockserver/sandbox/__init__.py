"""The sandbox: the mock's own control API (sandbox.yaml) and its dashboard. It never changes what the API promises."""
