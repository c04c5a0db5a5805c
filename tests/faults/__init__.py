"""Deliberately broken mocks: each fault breaks one promise, and the judge's rule of that promise must catch it.

`python -m tests.faults FAULT [OPTIONS OF nexus-mock]` starts a mock with one fault; `python -m tests.faults` lists them.
"""

from tests.faults import access, errors, jobs, lists, orders, pricing, schema, stock, webhooks, wire, writes
from tests.faults.seams import FAULTS, HEALTHY

__all__ = [
    "FAULTS",
    "HEALTHY",
    "access",
    "errors",
    "jobs",
    "lists",
    "orders",
    "pricing",
    "schema",
    "stock",
    "webhooks",
    "wire",
    "writes",
]
