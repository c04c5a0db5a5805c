"""What several processes of one mock know in common, by way of Redis: the request log, coverage, faults, counters."""
