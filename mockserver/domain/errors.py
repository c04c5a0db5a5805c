"""Every way in which a request can be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# error.code -> its message. The status and the order of the checks stand in openapi.yaml (`x-refusals`).
MESSAGES: Mapping[str, str] = {
    "MALFORMED_REQUEST": "The request is not HTTP/1.1",
    "ROUTE_NOT_FOUND": "There is no path {path}",
    "METHOD_NOT_ALLOWED": "{path} has no method {method}",
    "UNAUTHENTICATED": "Send a bearer token in the Authorization header",
    "TOKEN_INVALID": "The token is not valid",
    "TOKEN_EXPIRED": "The token has expired",
    "IP_NOT_ALLOWED": "The key may not be used from this address",
    "RATE_LIMITED": "{limit} requests per {window} are used up",
    "TENANT_HEADER_MISSING": "The header X-Tenant-ID is missing",
    "TENANT_HEADER_INVALID": "The header X-Tenant-ID is not a UUID",
    "TENANT_ACCESS_DENIED": "The token has no access to this tenant",
    "INSUFFICIENT_SCOPE": "The token lacks the scope {scope}",
    "PAYLOAD_TOO_LARGE": "The body is larger than {limit} bytes",
    "UNSUPPORTED_MEDIA_TYPE": "Send the body as application/json in UTF-8, not {media_type}",
    "MALFORMED_JSON": "The body is not JSON: {why}",
    "VALIDATION_ERROR": "{count} in the request",
    "INVALID_CURSOR": "The cursor was not issued by this list with these filters and this sort",
    "RESOURCE_NOT_FOUND": "{resource} not found",
    "SKU_ALREADY_EXISTS": "Product with SKU {sku} already exists",
    "INVALID_STATE_TRANSITION": "A {from} {kind} cannot become {to} by this operation",
    "FULFILLMENT_NOT_BY_MERCHANT": "The marketplace fulfils this order ({method})",
    "SHIPMENT_EXCEEDS_ORDER": "Line {line} has {left} left to ship, not {quantity}",
    "WAREHOUSE_READ_ONLY": "The marketplace keeps the stock of {name} ({type})",
    "STOCK_BELOW_RESERVED": "Open orders have reserved {reserved} of {sku} there, more than {quantity}",
    "SERVICE_UNAVAILABLE": "The service does not answer at the moment",
    "INTERNAL_ERROR": "Something went wrong here; the request id finds it in the log",
}

# The same for the sandbox's control API (`x-refusals` of sandbox.yaml), where it refuses what the API does not.
CONTROL_MESSAGES: Mapping[str, str] = {
    "SANDBOX_ACCESS_DENIED": "This token opens one world; what was asked for takes the sandbox's own token",
    "SELF_SERVICE_OFF": "Worlds are made by the operator of this server; ask for one",
    "TOO_MANY_WORLDS": "This address has created {count} worlds within the hour; wait, or use one of them",
    "QUOTA_EXCEEDED": "This server allows {limit} {what}; remove one first",
    "NOT_POSSIBLE": "{why}",
}

_ALL = {**MESSAGES, **CONTROL_MESSAGES}

MESSAGE_LENGTH = 500
FAULTS = 100


class ApiError(Exception):
    """A refusal: a code of MESSAGES or CONTROL_MESSAGES, what its message tells, `details` for programs, and headers of its
    own. `status` is 0 until a document has said it."""

    def __init__(
        self,
        code: str,
        /,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **told: object,
    ) -> None:
        self.code = code
        self.message = _ALL[code].format_map(told)[:MESSAGE_LENGTH]
        self.status = 0
        self.details = details or {}
        self.headers = headers or {}
        super().__init__(f"{code}: {self.message}")


def invalid(faults: list[dict[str, str]]) -> ApiError:
    """A VALIDATION_ERROR with all faults of a request, each `{in, pointer, message}`; beyond FAULTS they are cut."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ApiError("VALIDATION_ERROR", {"errors": faults[:FAULTS]}, count=count)


def transition(kind: str, state: str, to: str, allowed: Sequence[str]) -> ApiError:
    """The state of an order or a job has no such move by this operation; `allowed` are those it has."""
    details = {"from": state, "to": to, "allowed": list(allowed)}
    return ApiError("INVALID_STATE_TRANSITION", details, **{"from": state, "to": to, "kind": kind})  # type: ignore[arg-type]


def fault(where: str, pointer: str, message: str) -> dict[str, str]:
    """One fault of a request. `where` is query, path, header or body."""
    return {"in": where, "pointer": pointer[:MESSAGE_LENGTH], "message": message[:MESSAGE_LENGTH] or "is not valid"}
