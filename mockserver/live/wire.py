"""An entry of the request log as it goes over the wire: JSON for what is text, and the bytes as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from mockserver.sandbox.entry import Entry

ENTRY = b"e"  # the field that has the JSON
_BYTES = {"query": b"q", "headers": b"h", "body": b"b", "answer_headers": b"H", "answer_body": b"B"}
_TEXTS = tuple(name for name in Entry._fields if name not in ("number", "at", *_BYTES))

Fields = Mapping[bytes, bytes]


def packed(entry: Entry) -> dict[bytes, bytes]:
    """The fields of its message; empty ones are left out. Raises TypeError for what is no Unicode."""
    told = [entry.at.isoformat(), *(getattr(entry, name) for name in _TEXTS)]
    blobs = {field: getattr(entry, name) for name, field in _BYTES.items()}
    return {ENTRY: orjson.dumps(told), **{field: blob for field, blob in blobs.items() if blob}}


def unpacked(number: int, fields: Fields) -> Entry:
    """The entry at this place of the log."""
    at, *told = orjson.loads(fields[ENTRY])
    blobs: dict[str, Any] = {name: fields.get(field, b"") for name, field in _BYTES.items()}
    return Entry(number=number, at=datetime.fromisoformat(at), **dict(zip(_TEXTS, told, strict=True)), **blobs)
