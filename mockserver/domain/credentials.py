"""Secrets in the form in which they are kept."""

from __future__ import annotations

import hashlib

PREFIX = "nxc_live_"


def digest(key: str) -> str:
    """SHA-256, in hex. API keys are long and random, so a slow hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()
