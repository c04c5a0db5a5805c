"""An entry of the request log as it goes over the wire, in one piece: JSON for what is text, a line feed, and the bytes as
they are. (Redis' answers are read value by value, at ten times the cost of these lines.)"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

import orjson

from mockserver.sandbox.entry import Entry

ENTRY = b"e"  # the field that has it
_BYTES = ("query", "headers", "body", "answer_headers", "answer_body")
_TEXTS = tuple(name for name in Entry._fields if name not in ("number", "at", *_BYTES))

Fields = Mapping[bytes, bytes]


def packed(entry: Entry) -> dict[bytes, bytes]:
    """The field of its message. Raises TypeError for what is no Unicode."""
    blobs = [getattr(entry, name) for name in _BYTES]
    told = [entry.at.isoformat(), [len(blob) for blob in blobs], *(getattr(entry, name) for name in _TEXTS)]
    return {ENTRY: b"".join((orjson.dumps(told), b"\n", *blobs))}


def unpacked(number: int, fields: Fields) -> Entry:
    """The entry at this place of the log."""
    text, _, rest = fields[ENTRY].partition(b"\n")
    at, lengths, *told = orjson.loads(text)
    blobs: dict[str, Any] = {
        name: rest[start:end] for name, (start, end) in zip(_BYTES, pairwise(accumulate(lengths, initial=0)), strict=True)
    }
    return Entry(number=number, at=datetime.fromisoformat(at), **dict(zip(_TEXTS, told, strict=True)), **blobs)
