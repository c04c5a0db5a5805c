"""What a contender does of that which the requests ask for: looked at while it serves, so that a table of speeds says what
was left undone for it."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from bench.contenders import Contender
from bench.serving import Server, exchange
from bench.traffic import REQUESTS, STRANGER

SKU = "KEPT-1"
_PLAIN = re.compile(r"[A-Za-z0-9 ]+")
ABILITIES = (
    "the list has as many rows as asked for",
    "filters and sorts",
    "validates bodies (400)",
    "asks for a token (401)",
    "knows no such product (404)",
    "keeps tenants apart",
    "GET finds what POST made",
    "after a restart too",
)


def shown(contender: Contender, server: Server) -> dict[str, bool]:
    """Each ability but the last; leaves behind what `kept` looks for."""
    checks: tuple[Callable[[Contender, Server], bool], ...] = (
        _limits, _sorts, _refuses("400"), _refuses("401"), _refuses("404"), _tenants, _creates,
    )  # fmt: skip
    return {name: _safe(check, contender, server) for name, check in zip(ABILITIES, checks, strict=False)}


def kept(contender: Contender, server: Server) -> bool:
    """Whether what was made before the restart is still there."""
    return _safe(_finds, contender, server)


def _safe(check: Callable[[Contender, Server], bool], contender: Contender, server: Server) -> bool:
    with suppress(OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return check(contender, server)
    return False


def _asked(contender: Contender, server: Server, name: str, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    request = contender.request(name)
    path, body = request.filled("ASKED", 0)
    status, raw = exchange(server.port, request.method, path, body, {**request.headers, **(headers or {})})
    return status, orjson.loads(raw) if raw else None


def _rows(answer: Any) -> list[Any]:
    return list(answer["data"] if isinstance(answer, dict) else answer)


def _limits(contender: Contender, server: Server) -> bool:
    request = contender.request("listProducts")
    _, raw = exchange(server.port, "GET", request.path.replace("=50", "=7"), headers=request.headers)
    return len(_rows(orjson.loads(raw))) == 7


def _sorts(contender: Contender, server: Server) -> bool:
    """By code point or without regard to case; of plain titles alone: accents have no order that all share."""
    rows = _rows(_asked(contender, server, "filtered")[1])
    titles = [row["title"] for row in rows if _PLAIN.fullmatch(row["title"])]
    ordered = titles in (sorted(titles), sorted(titles, key=str.casefold))
    return ordered and len(titles) > 7 and {row["status"] for row in rows} == {"active"}


def _refuses(name: str) -> Callable[[Contender, Server], bool]:
    return lambda contender, server: _asked(contender, server, name)[0] == REQUESTS[name].status


def _tenants(contender: Contender, server: Server) -> bool:
    return _asked(contender, server, "getProduct", {"X-Tenant-ID": STRANGER})[0] in (401, 403, 404)


def _creates(contender: Contender, server: Server) -> bool:
    request = contender.request("createProduct")
    exchange(server.port, "POST", request.path, request.body.replace("{new}", SKU), request.headers)
    return _finds(contender, server)


def _finds(contender: Contender, server: Server) -> bool:
    request = contender.request("getProduct")
    path = contender.base + contender.paths.get("found", REQUESTS["getProduct"].path.replace("SKU-001", "{sku}"))
    status, raw = exchange(server.port, "GET", path.replace("{sku}", SKU), headers=request.headers)
    return status == 200 and SKU.encode() in raw
