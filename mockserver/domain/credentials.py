"""Secrets in the form in which they are kept."""

from __future__ import annotations

import hashlib

PREFIX = "nxc_live_"


def digest(key: str) -> str:
    """SHA-256, in hex. API keys are long and random, so a slow hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_id(digest: str) -> str:
    """How a key is named where it may be seen: by the beginning of its digest."""
    return f"key_{digest[:16]}"
