"""The schema layer: Schemathesis in a process of its own, in the tenant `fuzz`, and what the judge makes of its findings.

`lane` starts it, `configuration` says what it may do. In its process `wire` stands before every request, and `clerk` writes
down what it found; `account` reads that, and `fuzzed` has the verdicts.
"""
