"""One try of one delivery: signed over the exact bytes, within a time limit, to the address that was judged."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import NamedTuple, Self

import httpx

from mockserver.store.deliveries import Due
from mockserver.webhooks.addresses import Judge, Unreachable, fault
from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, sign

LIMIT = 10.0  # seconds of one try, from the resolver to the answer's head
_ANSWER_BYTES = 4096  # as much of an answer as is read so that its connection can be used again
_KEEP_SECONDS = 2.0  # less than receivers do (Node.js: 5): whoever closes first, a request may be lost in between


Pairs = list[list[str]]


class Outcome(NamedTuple):
    """What came of a try: the answer's status if there was one, and what is wrong in one line, None for a success. And what
    went over the wire: the headers that were sent, those of the answer, and as much of its body as was read."""

    status: int | None
    error: str | None
    sent: Pairs | None = None
    headers: Pairs | None = None
    body: bytes | None = None


Send = Callable[[Due], Awaitable[Outcome]]


class Sender:
    """Sends with one pool of connections: to the addresses that `judged` gives for a URL, or to any without such a judge.

    `limit` is in seconds; `tls` is what receivers' certificates are verified with, httpx's own choice unless given.
    """

    def __init__(self, judged: Judge | None = None, *, limit: float = LIMIT, tls: ssl.SSLContext | bool = True) -> None:
        self._judged = judged
        self._limit = limit
        self._tls = tls

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        """Made for the first try: httpx and the certificates that it trusts take time and memory, and many send nothing."""
        return httpx.AsyncClient(
            headers={"User-Agent": "NexusCommerce-Webhooks/1"},
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            timeout=2 * self._limit,  # never the first to end: it is of each read and write, and the limit of the whole
            # A connection to a judged address is named for that address, so it would be used again for another name there
            # whose certificate nobody has verified.
            limits=httpx.Limits(max_keepalive_connections=0 if self._judged else 20, keepalive_expiry=_KEEP_SECONDS),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        if "_client" in vars(self):
            await self._client.aclose()

    async def __call__(self, due: Due) -> Outcome:
        """Send, and tell what came of it; what is no fault of the receiver or the network is raised. While a former secret
        is valid too, what the receiver refuses is sent once more, signed with that."""
        if fault(due.url):
            return Outcome(None, "the endpoint's URL cannot be used")
        outcome = await self._try(due, sign(due.body, due.secret))
        if outcome.error and outcome.status and due.former_secret:
            return await self._try(due, sign(due.body, due.former_secret))
        return outcome

    async def _try(self, due: Due, signature: str) -> Outcome:
        headers = _headers(due, signature)
        sent = [[name, value] for name, value in headers.items()]
        try:
            async with asyncio.timeout(self._limit):
                response = await self._answer(due, headers)
        except TimeoutError:
            return Outcome(None, f"no answer within {self._limit:g} s", sent)
        except (Unreachable, httpx.HTTPError, OSError, UnicodeError) as why:
            return Outcome(None, _one_line(why), sent)
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        error = None if response.is_success else f"answered {response.status_code}"
        answered = [[name, value] for name, value in response.headers.multi_items()]
        return Outcome(response.status_code, error, sent, answered, body)

    async def _answer(self, due: Due, headers: Mapping[str, str]) -> httpx.Response:
        """The head of the answer from the first address that takes the connection."""
        url = httpx.URL(due.url)
        if self._judged is None:
            return await self._client.send(self._request(due, url, headers), stream=True)
        addresses = await self._judged(url)
        for position, address in enumerate(addresses, 1):
            request = self._request(due, url.copy_with(host=address), headers)
            request.headers["Host"] = url.netloc.decode("ascii")
            request.extensions |= {
                "sni_hostname": url.raw_host.decode("ascii").rstrip("."),
                "timeout": {"connect": self._limit / len(addresses)},
            }
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if position == len(addresses):
                    raise
        raise Unreachable("the host has no address")

    def _request(self, due: Due, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Request:
        return self._client.build_request("POST", url, content=due.body, headers=dict(headers))

    async def _read(self, response: httpx.Response) -> bytes:
        """A little of the body, as it is (a small one may unpack to a huge one). The head has told all; a body that breaks
        off or dawdles changes nothing."""
        body = bytearray()
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(min(1.0, self._limit)):
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > _ANSWER_BYTES:
                        break
        return bytes(body[:_ANSWER_BYTES])


def _headers(due: Due, signature: str) -> dict[str, str]:
    return {"Content-Type": "application/json", SIGNATURE: signature, EVENT: due.type, DELIVERY: due.id}


def _one_line(why: Exception) -> str:
    """What went wrong, for the tenant: no exception's own text, where addresses and URLs may stand."""
    for cause in _causes(why):
        match cause:
            case Unreachable():
                return str(cause)
            case ssl.SSLCertVerificationError():
                return f"TLS: {cause.verify_message}"[:200]
            case ssl.SSLError():
                return f"TLS: {cause.reason or 'the handshake failed'}"[:200]
            case socket.gaierror() | UnicodeError():
                return "the host has no address"
            case OSError(errno=int(number)):
                return os.strerror(number)
    return next((text for kind, text in _words() if isinstance(why, kind)), type(why).__name__)


def _causes(why: BaseException | None) -> Iterator[BaseException]:
    """The exception, and what led to it."""
    while why is not None:
        yield why
        why = why.exceptions[0] if isinstance(why, BaseExceptionGroup) else why.__cause__ or why.__context__


def _words() -> tuple[tuple[type[Exception], str], ...]:
    """httpx's errors, the narrow ones first."""
    return (
        (httpx.ConnectError, "cannot connect"),
        (httpx.ConnectTimeout, "cannot connect"),
        (httpx.TimeoutException, "no answer in time"),
        (httpx.NetworkError, "the connection broke"),
        (httpx.ProtocolError, "what came is no HTTP answer"),
    )
