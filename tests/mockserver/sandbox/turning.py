"""The control API from inside a test."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx

from nexuscommerce.contract import load_sandbox
from tests.inside import Inside


def control(inside: Inside, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
    """One request to the control API, from the loopback address unless `token` says who asks."""
    headers = {"Host": "localhost", "X-Tenant-ID": None} | options.pop("headers", {})
    if body is not None:
        options["json"] = body
    return inside.call(method, f"/_sandbox/v1{path}", key=None, headers=headers, **options)


def fault(inside: Inside, tenant: int | None = 0, **rule: Any) -> dict[str, Any]:
    """A new fault of a tenant's world, or (None) of the server."""
    answer = control(inside, "POST", f"{of(inside, tenant)}/faults", rule)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def faults(inside: Inside, tenant: int | None = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control(inside, "GET", f"{of(inside, tenant)}/faults").json()["data"]
    return found


def of(inside: Inside, tenant: int | None) -> str:
    """The path of a tenant's world, or of the server."""
    return "/server" if tenant is None else f"/worlds/{inside.world.tenants[tenant]['id']}"


def entries(inside: Inside, **query: Any) -> list[dict[str, Any]]:
    """The request log, the latest first."""
    answer = control(inside, "GET", "/requests", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def entry(inside: Inside, **query: Any) -> dict[str, Any]:
    """The latest entry of the log, whole."""
    found: dict[str, Any] = control(inside, "GET", f"/requests/{entries(inside, **query)[0]['id']}").json()["data"]
    return found


def code(answer: httpx.Response) -> str:
    """The error's code, in the envelope."""
    return str(answer.json()["error"]["code"])


def pointers(answer: httpx.Response) -> list[str]:
    """What a VALIDATION_ERROR points at."""
    assert code(answer) == "VALIDATION_ERROR", answer.text
    return [found["pointer"] for found in answer.json()["error"]["details"]["errors"]]


_document = lru_cache(load_sandbox)


def breaches(name: str, value: Any) -> list[str]:
    """Where a value breaks a schema of sandbox.yaml."""
    validator = _document().schemas.validator({"$ref": f"#/components/schemas/{name}"})
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]
