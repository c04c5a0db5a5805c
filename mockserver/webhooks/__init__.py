"""What happens to an event after the transaction that wrote it: it is sent to the endpoints that asked for it."""
