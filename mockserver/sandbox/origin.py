"""What a browser says of the page that sends a request: in Origin and Sec-Fetch-…, which no page can write itself."""

from __future__ import annotations

from collections.abc import Mapping


def is_own(headers: Mapping[str, str], host: str) -> bool:
    """Whether no page asks, or a page of this very server. Names of headers are in lower case."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def is_followed(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a link is followed, of any site: the page has a window of its own, and that site sees nothing of it."""
    return method == "GET" and "origin" not in headers and headers.get("sec-fetch-dest") == "document"
