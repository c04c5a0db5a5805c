"""The NexusCommerce contract, as both the mock and the judge read it."""
