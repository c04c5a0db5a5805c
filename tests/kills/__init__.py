"""How much the judge catches: every seeded fault in a mock of its own, and the same with stock Schemathesis.

`python -m tests.kills` (`make faults`) prints the table of docs/judging-the-judge.md.
"""
