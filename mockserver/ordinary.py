"""The head of an ordinary request, read at once: a strict subset of what h11 accepts, with the same meaning."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

LONGEST = 8192  # bytes of a head; h11 takes longer ones
_REQUEST_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.1\r\n")
# RFC 9110 §5.6.2 and §5.5, one space at most before a value and none after it: no folding, no tab, no control character.
_FIELD = re.compile(rb"(?m)^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?(?! )([ -~\x80-\xff]*)(?<! )\r\n")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_UNUSUAL = frozenset((b"transfer-encoding", b"upgrade", b"expect"))
_KEEPS = {b"keep-alive": True, b"close": False}


class Fields(NamedTuple):
    """The header fields, and what they say of the message: the length of its body, and whether the connection stays."""

    headers: tuple[tuple[bytes, bytes], ...]
    length: int
    keep_alive: bool


class Head(NamedTuple):
    """`size` is its bytes, the empty line included."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    fields: Fields
    size: int


def read(data: bytes) -> Head | None:
    """The head that `data` begins with; None if it is not whole, or in any way out of the ordinary."""
    line = _REQUEST_LINE.match(data)
    end = data.find(b"\r\n\r\n", 0, LONGEST) + 2
    if line is None or end < line.end():
        return None
    fields = _fields(data[line.end() : end])
    if fields is None:
        return None
    raw_path, _, query = line[2].partition(b"?")
    return Head(line[1].decode(), unquote(raw_path.decode()), raw_path, query, fields, end + 2)


@lru_cache(128)  # most clients send the same fields again and again
def _fields(block: bytes) -> Fields | None:
    """The lines of a block; None if one of them is out of the ordinary.

    A match is one whole line, so there are as many of them as lines only if every line is one.
    """
    headers = tuple((name.lower(), value) for name, value in _FIELD.findall(block))
    known = dict(headers)
    single = ("host", "content-length", "connection")
    if len(headers) != block.count(b"\n") or b"host" not in known or known.keys() & _UNUSUAL:
        return None
    if any(sum(name == one.encode() for name, _ in headers) > 1 for one in single):
        return None
    length, keep_alive = known.get(b"content-length", b"0"), _KEEPS.get(known.get(b"connection", b"keep-alive").lower())
    if keep_alive is None or not _LENGTH.fullmatch(length):
        return None
    return Fields(headers, int(length), keep_alive)
