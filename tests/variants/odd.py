"""Variants that need no choice: what HTTP, JSON and the document leave open, done otherwise. tests/second has more."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from mockserver.store.deliveries import Due
from mockserver.webhooks import worker
from tests.faults.seams import Answer, replace
from tests.faults.webhooks import requests, sent
from tests.variants.registry import answering, variant

LISTS = ("allow", "access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers")
MORE = {
    "cache-control": "no-store",
    "etag": 'W/"0"',
    "strict-transport-security": "max-age=31536000",
    "via": "1.1 proxy.example",
    "x-content-type-options": "nosniff",
}


@variant()
def headers() -> None:
    """Lists are in another order with odd white space, names are in capitals, and there are headers that nobody knows."""

    def change(answer: Answer) -> None:
        answer.drop("content-length")
        for name in LISTS:
            listed = [each.strip() for each in answer.get(name).split(",")]
            if listed != [""]:
                answer.set(name, " ,\t".join(reversed(listed)))
        if answer.get("content-type"):
            answer.set("content-type", "Application/JSON;charset=UTF-8")
        answer.headers = [(name.upper(), value) for name, value in answer.headers]
        answer.headers += [(name.encode(), value.encode()) for name, value in MORE.items()]

    answering(change)


@variant()
def spelling() -> None:
    """JSON is indented by tabs, in ASCII, with the last member first, and fractions have two decimals or more."""

    def change(answer: Answer) -> None:
        if answer.body:
            answer.body = _spelt(answer.json, "\n").encode("ascii")

    answering(change)


def _spelt(value: Any, line: str) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if round(value, 2) == value else repr(value)
    inner = line + "\t"
    if isinstance(value, dict):
        members = (f"{json.dumps(name)} : {_spelt(value[name], inner)}" for name in reversed(value))
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}"
    if isinstance(value, list):
        return f"[{inner}{f',{inner}'.join(_spelt(each, inner) for each in value)}{line}]"
    return json.dumps(value)


@variant()
def words() -> None:
    """Every message of an error says the same in other words."""

    def change(answer: Answer) -> None:
        if answer.status >= 400 and answer.body:
            body = answer.json
            for told in (body["error"], *body["error"]["details"].get("errors", ())):
                told["message"] = "Das geht so nicht."
            answer.json = body

    answering(change)


class Pieces(httpx.AsyncByteStream):
    """A body in chunks."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 97):
            yield self._body[start : start + 97]


@variant()
def deliveries() -> None:
    """Webhooks come in chunks, indented, with a charset and headers that nobody knows, and are tried again after 1.5 s."""

    def change(request: httpx.Request, due: Due) -> None:
        request.stream = Pieces(due.body)
        del request.headers["Content-Length"]
        request.headers.update({"Transfer-Encoding": "chunked", "Content-Type": "Application/JSON;charset=UTF-8", **MORE})
        request.headers["X-NexusCommerce-Attempt"] = str(due.tries + 1)

    sent(lambda due: dataclasses.replace(due, body=_spelt(json.loads(due.body), "\n").encode("ascii")))
    requests(change)
    replace(worker, "PAUSES", tuple(1.5 * 2**tries for tries in range(len(worker.PAUSES))))
