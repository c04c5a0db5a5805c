"""Who is measured: a name, what it is given to serve, and the command that serves it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import furniture
from bench.peers import java, node
from bench.traffic import REQUESTS, Request

STARLETTE, FLASK, MOCK, PRISM = "starlette", "flask", "mock", "prism"


@dataclass(frozen=True)
class Contender:
    """`command` starts it, of what it is given to serve (a path) and a port; `base` stands before every path. `paths` and
    `bodies` are its own words for a request by name: json-server names its parameters otherwise."""

    title: str
    command: Callable[[Path, int], list[str]]
    given: Callable[[Path], Path] = furniture.nothing
    base: str = "/api"
    paths: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def request(self, name: str) -> Request:
        asked = REQUESTS[name]
        path = self.base + self.paths.get(name, asked.path)
        return replace(asked, path=path, body=self.bodies.get(name, asked.body))


def _uvicorn(app: str) -> Callable[[Path, int], list[str]]:
    options = ["--no-access-log", "--log-level", "error"]
    return lambda _, port: [sys.executable, "-m", "uvicorn", f"bench.apps:{app}", *options, "--port", str(port)]


def _mock(log: str) -> Callable[[Path, int], list[str]]:
    """With all that it does: only the limits are wider than anybody's plan, for strangers too, so that it counts every
    request and refuses none."""

    def command(directory: Path, port: int) -> list[str]:
        options = ["--database", str(directory / "state.db"), "--log", log, "--anonymous-per-minute", "1000000000"]
        return [sys.executable, "-m", "mockserver", *options, "--port", str(port)]

    return command


_PRISM = ["@stoplight/prism-cli@5.16.0"]
_MOCKOON = ["@mockoon/cli@9.9.0"]
_SCALAR = ["@scalar/mock-server@0.14.4", "@hono/node-server@1.19.19"]
_JSON, _JSON_NEXT = ["json-server@0.17.4"], ["json-server@1.0.0-beta.15"]
_WIREMOCK = ["wiremock@3.13.2"]

_QUIET = ["--no-request-journal", "--disable-request-logging", "--disable-banner"]
_NEW = REQUESTS["createProduct"].body.replace('{"sku"', '{"id":"{new}","sku"')  # json-server finds by `id` alone
_OLD_PATHS = {
    "listProducts": "/products?_page=1&_limit=50",
    "filtered": "/products?_page=1&_limit=50&status=active&_sort=title&_order=asc",
    "health": "/health",
}
_NEXT_PATHS = {
    "listProducts": "/products?_page=1&_per_page=50",
    "filtered": "/products?_page=1&_per_page=50&status=active&_sort=title",
    "found": "/products?sku={sku}",  # it gives ids of its own
}


def _scalar(given: Path, port: int) -> list[str]:
    return node(_SCALAR, "scalar.mjs", str(given), str(port))


CONTENDERS: Mapping[str, Contender] = {
    STARLETTE: Contender("Starlette, bare", _uvicorn("starlette")),
    FLASK: Contender("Connexion FlaskApp", _uvicorn("flask")),
    "async": Contender("Connexion AsyncApp", _uvicorn("asynchronous")),
    MOCK: Contender("this mock", _mock("off")),
    "mock-log": Contender("this mock, a line logged per request", _mock("text")),
    PRISM: Contender(
        "Prism 5.16",
        lambda given, port: node(
            _PRISM, "node_modules/.bin/prism", "mock", str(given), "--port", str(port), "--verboseLevel", "silent"
        ),
        furniture.document,
        base="",
    ),
    "scalar": Contender("Scalar 0.14", _scalar, furniture.document, base=""),
    "scalar-state": Contender("Scalar 0.14, with state", _scalar, furniture.stateful, base=""),
    "mockoon": Contender(
        "Mockoon 9.9",
        lambda given, port: node(
            _MOCKOON, "node_modules/.bin/mockoon-cli", "start", "--data", str(given), "--port", str(port),
            "--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "1",
        ),
        furniture.document,
    ),
    "json-server": Contender(
        "json-server 0.17",
        lambda given, port: node(_JSON, "node_modules/.bin/json-server", "--quiet", "--port", str(port), str(given)),
        furniture.database,
        base="",
        paths=_OLD_PATHS,
        bodies={"createProduct": _NEW},
    ),
    "json-server-1": Contender(
        "json-server 1 (beta)",
        lambda given, port: node(_JSON_NEXT, "node_modules/.bin/json-server", "--port", str(port), str(given)),
        furniture.database,
        base="",
        paths=_NEXT_PATHS,
        bodies={"createProduct": _NEW},
    ),
    "wiremock": Contender(
        "WireMock 3.13",
        lambda given, port: java(
            _WIREMOCK, "node_modules/wiremock/build/*.jar", "--root-dir", str(given), "--port", str(port), *_QUIET
        ),
        furniture.stubs,
    ),
}  # fmt: skip
