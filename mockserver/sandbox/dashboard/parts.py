"""What the pages work with: the control API, the door, and the two documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from flask import current_app, g, request

from mockserver.domain.errors import ApiError
from mockserver.visit import Guest
from nexuscommerce.contract import Contract, Document


class Asking(Protocol):
    """The control API from one of Flask's threads: the body of the answer, None of a 204. Raises ApiError."""

    def __call__(
        self,
        operation_id: str,
        path: Mapping[str, str],
        query: Mapping[str, Any],
        body: Any,
        guest: Guest,
        origin: str,
        address: str,
        /,
    ) -> Any: ...


class Door(Protocol):
    """Whom a token lets in, and whom a request without one. None: nobody."""

    def authenticate(self, token: str, /) -> Guest | None: ...

    def open_to(self, environ: Mapping[str, Any], /) -> Guest | None: ...


@dataclass(frozen=True)
class Parts:
    """`contract` is what the mock serves, `control` the document of the control API."""

    ask: Asking
    door: Door
    contract: Contract
    control: Document

    def status(self, refusal: ApiError) -> int:
        """The status of a refusal, as sandbox.yaml has it."""
        return next((row.status for row in self.control.refusals if row.code == refusal.code), 500)


def parts() -> Parts:
    """Those of the app that serves the present request."""
    return cast(Parts, current_app.extensions["sandbox"])


def ask(
    operation_id: str, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None, body: Any = None
) -> Any:
    """The answer to the present guest. What a world's token does not open is refused here: a request from inside has
    passed no door of the control API."""
    guest: Guest = g.guest
    opened_by = parts().control.operations[operation_id].scopes
    if guest.world is not None and {"admin", "self"} & set(opened_by):
        raise ApiError("SANDBOX_ACCESS_DENIED")
    given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
    return ask_as(guest, operation_id, path or {}, given, body)


def ask_as(guest: Guest, operation_id: str, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
    """The answer to a guest whom the present request has not let in, and who may be told all the same."""
    origin, address = request.host_url.rstrip("/"), request.remote_addr or ""
    return parts().ask(operation_id, path, query, body, guest, origin, address)


def data(
    operation_id: str, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None, body: Any = None
) -> Any:
    """The `data` of the answer."""
    return ask(operation_id, path, query, body)["data"]
