"""Ids as the API writes them."""

from __future__ import annotations

from datetime import datetime

from ulid import ULID


def new_id(prefix: str, moment: datetime) -> str:
    """The prefix, `_` and a ULID of the moment: 26 characters of Crockford base32 (contract: Resources)."""
    return f"{prefix}_{ULID.from_timestamp(moment.timestamp())}"
