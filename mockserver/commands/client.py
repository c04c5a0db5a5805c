"""The control API of a running mock, as commands and tests call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Self

import httpx

DEFAULT = "http://127.0.0.1:8080"
PATH = "/_sandbox/v1"
_PAGE = 1000  # worlds at a time
_SECONDS = 60.0  # an import of a large world takes its time
_BESIDE = ("/_sandbox/v1", "/_sandbox", "/api", "/docs")  # addresses that the mock prints, and that people paste


class NoMock(Exception):
    """Nothing answers there, or something else does; the message says what to do."""


class Refused(Exception):
    """The mock refused. `code`, `message` and `details` are those of its error envelope."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}{_faults(details)}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class Control:
    """Calls the control API at `url`, the mock's address with or without the path of what lies there. `token` is the
    sandbox's or a world's; from the loopback address none is needed. Raises NoMock and Refused."""

    def __init__(self, url: str = DEFAULT, token: str | None = None, timeout: float = _SECONDS) -> None:
        self.url = _origin(url)
        self.http = httpx.Client(
            base_url=self.url + PATH,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=timeout,
            trust_env=not is_loopback(self.url),  # a proxy cannot reach what is here
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, /, **query: Any) -> Any:
        """The `data` of an answer."""
        return self.ask("GET", path, query)["data"]

    def post(self, path: str, body: Any = None) -> Any:
        return (self.ask("POST", path, body=body) or {}).get("data")

    def put(self, path: str, body: Any) -> Any:
        return self.ask("PUT", path, body=body)["data"]

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body=body)["data"]

    def delete(self, path: str, /, **query: Any) -> Any:
        return (self.ask("DELETE", path, query) or {}).get("data")

    def ask(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """The whole answer, parsed; None if it has no content. Members of the query that are None are left out."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            response = self.http.request(method, path, params=given, json=body)
        except httpx.TransportError as why:
            raise self.absent(why) from why
        return self.opened(response)

    def opened(self, response: httpx.Response) -> Any:
        """What a response holds, which has been read. Raises Refused, or NoMock where it is no mock's."""
        if response.status_code == HTTPStatus.NO_CONTENT:
            return None
        try:
            parsed = response.json()
            if response.is_success and "data" in parsed:
                return parsed
            error = parsed["error"]
            refused = Refused(response.status_code, error["code"], error["message"], error.get("details") or {})
        except (ValueError, KeyError, TypeError):
            raise NoMock(f"what answers at {self.url} is no mock with a control API ({response.status_code})") from None
        raise refused

    def absent(self, why: httpx.TransportError) -> NoMock:
        """What to say of a request that was not answered."""
        if isinstance(why, httpx.TimeoutException) and not isinstance(why, httpx.ConnectTimeout):
            return NoMock(f"the mock at {self.url} does not answer in time")
        return NoMock(f"no mock answers at {self.url}; start one with `nexus-mock`, or name another with --url")

    def worlds(self) -> Iterator[Mapping[str, Any]]:
        """Every world, the oldest first."""
        after: str | None = None
        while True:
            page = self.ask("GET", "/worlds", {"limit": _PAGE, "after": after})
            yield from page["data"]
            after = page["meta"]["next"]
            if after is None:
                return


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine."""
    host = httpx.URL(url).host
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as why:
        raise NoMock(f"{url!r} is no address ({why}); one looks like {DEFAULT}") from why
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NoMock(f"{url!r} is no address; one looks like {DEFAULT}")
    text = url.rstrip("/")
    return next((text.removesuffix(path) for path in _BESIDE if text.endswith(path)), text)


def _faults(details: Mapping[str, Any]) -> str:
    """What VALIDATION_ERROR says of each fault."""
    errors = details.get("errors") or ()
    return "".join(f"; {row['in']} {row['pointer']} {row['message']}" for row in errors[:5])
