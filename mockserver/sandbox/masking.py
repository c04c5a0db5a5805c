"""Secrets in what is shown of requests: keys, tokens, passwords, wherever they stand. Of an API key its beginning stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, unquote, unquote_plus

import orjson

MASK = "***"
SHOWN = 12  # characters of an API key

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})  # headers
_SECRET_NAMES = ("password", "secret", "token", "apikey")  # ends of names, `_` and `-` aside
_KEY = "nxc_live_[A-Za-z0-9_-]*"
_SECRETS = re.compile(
    rf"(?P<key>{_KEY})"
    r"|(?P<kind>nxs_|whsec_)[A-Za-z0-9_+/=-]+"
    r"|(?P<name>(?:password|secret|token|api[_-]?key)=)[^\s&;,\"]+",
    re.IGNORECASE,
)
# A JWT: its first part is an object. Looked for where a word begins, and once: from every `ey` of a body full of them,
# this would take half a minute.
_PART = "[A-Za-z0-9_-]"
_JWT = re.compile(rf"(?<!{_PART})(?P<before>(?>{_PART}*?(?=ey{_PART}{{6}}))){_PART}++\.{_PART}++\.{_PART}*+", re.IGNORECASE)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]{0,20}) +(\S.*)", re.DOTALL)
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'  # the last one of a body that was cut may have no end
_JSON = re.compile(
    rf"(?P<name>{_STRING}\s*:)|(?P<string>{_STRING})|(?P<open>[{{\[])|(?P<close>[}}\]])|(?P<comma>,)"
    r'|(?P<other>[^\s"{}\[\],]+)|(?P<space>.)',
    re.DOTALL,
)


def text(shown: str) -> str:
    """Any text, its tokens masked."""
    return _JWT.sub(rf"\g<before>{MASK}", _SECRETS.sub(_masked, shown))


def header(name: str, value: str) -> str:
    """The value of a header. Of credentials the scheme stays."""
    lower = name.lower()
    if lower not in _CREDENTIALS:
        return _credentials(value) if _is_secret(lower) else text(value)
    found = _SCHEME.fullmatch(value) if lower.endswith("authorization") else None
    return f"{found[1]} {_credentials(found[2])}" if found else MASK


def path(raw: str) -> str:
    """A path as it was sent, still encoded."""
    return "/".join(_encoded(part) for part in raw.split("/"))


def query(raw: str) -> str:
    """A query, or a form, as it was sent."""
    return "&".join(_parameter(part) for part in raw.split("&"))


def body(shown: str, media_type: str) -> str:
    """A body: JSON, though it may be cut, a form, or any text."""
    if media_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return query(shown)
    return "".join(_pieces(shown))


def _masked(found: re.Match[str]) -> str:
    return found[0][:SHOWN] + "..." if found["key"] else (found["kind"] or found["name"] or "") + MASK


def _credentials(value: str) -> str:
    """What is a secret as a whole."""
    return text(value) if re.fullmatch(_KEY, value) else MASK


def _is_secret(name: str) -> bool:
    return re.sub(r"[_-]", "", name.lower()).endswith(_SECRET_NAMES)


def _encoded(part: str) -> str:
    """A part that may be percent-encoded; what needs no mask stays as it is."""
    plain = unquote(part)
    masked = text(plain)
    return part if masked == plain else quote(masked, safe="*")


def _parameter(part: str) -> str:
    name, equals, value = part.partition("=")
    hidden = equals and _is_secret(unquote_plus(name))
    return f"{_encoded(name)}{equals}{MASK if hidden else _encoded(value)}"


def _pieces(shown: str) -> Iterator[str]:
    """JSON piece by piece, and nothing of what is none is lost. The value of a secret's name is masked, with all in it."""
    depth = within = 0  # within: the depth at which a secret's value began that is an object or an array
    is_secret = False
    for found in _JSON.finditer(shown):
        kind, piece = found.lastgroup, found[0]
        if kind == "open":
            depth += 1
            within = within or (depth if is_secret else 0)
        elif kind == "close":
            within = 0 if within == depth else within
            depth -= 1
        hidden = is_secret or within > 0
        if kind in ("string", "other", "name"):
            piece = _hidden(piece) if hidden and kind != "name" else _string(piece)
        if kind == "name":
            is_secret = _is_secret(_plain(found[0].rstrip(":").rstrip()))
        elif kind != "space":
            is_secret = False
        yield piece


def _hidden(piece: str) -> str:
    if piece.startswith('"'):
        return f'"{_credentials(piece[1:].removesuffix(chr(34)))}"'
    return piece if piece == "null" else MASK


def _string(piece: str) -> str:
    """A string may hide a secret behind escapes."""
    plain = _plain(piece) if "\\" in piece else piece
    masked = text(plain)
    if masked == plain:
        return piece
    return orjson.dumps(masked).decode() if "\\" in piece else masked


def _plain(string: str) -> str:
    with suppress(orjson.JSONDecodeError):
        return str(orjson.loads(string))
    return string.strip('"')
