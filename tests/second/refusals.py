"""What a request may be refused with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STATUS = {
    "MALFORMED_REQUEST": 400,
    "ROUTE_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNAUTHENTICATED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "IP_NOT_ALLOWED": 403,
    "RATE_LIMITED": 429,
    "TENANT_HEADER_MISSING": 400,
    "TENANT_HEADER_INVALID": 400,
    "TENANT_ACCESS_DENIED": 403,
    "INSUFFICIENT_SCOPE": 403,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "MALFORMED_JSON": 400,
    "VALIDATION_ERROR": 400,
    "INVALID_CURSOR": 400,
    "RESOURCE_NOT_FOUND": 404,
    "SKU_ALREADY_EXISTS": 409,
    "INVALID_STATE_TRANSITION": 409,
    "FULFILLMENT_NOT_BY_MERCHANT": 409,
    "SHIPMENT_EXCEEDS_ORDER": 409,
    "SERVICE_UNAVAILABLE": 503,
    "INTERNAL_ERROR": 500,
}


@dataclass
class Answer:
    """What goes back; without a body where `body` is None."""

    status: int
    body: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    media_type: str = "Application/JSON; charset=utf-8"


class Refusal(Exception):
    """Ends a request with an error envelope."""

    def __init__(
        self, code: str, message: str, details: dict[str, Any] | None = None, *more: tuple[str, str], **headers: str
    ) -> None:
        """Name headers with underscores for their hyphens, or give them as pairs."""
        super().__init__(message)
        self.code = code
        self.details = details or {}
        self.headers = [*more] + [(name.replace("_", "-"), value) for name, value in headers.items()]

    def answer(self) -> Answer:
        """The envelope."""
        error = {"code": self.code, "message": str(self)[:500], "details": self.details}
        return Answer(STATUS[self.code], {"error": error}, list(self.headers))


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request."""

    where: str
    pointer: str
    message: str


def invalid(faults: list[Fault]) -> Refusal:
    """All of them at once, up to a hundred."""
    errors = [{"in": fault.where, "pointer": fault.pointer[:500], "message": fault.message[:500]} for fault in faults[:100]]
    return Refusal("VALIDATION_ERROR", f"This request does not fit: {faults[0].message}", {"errors": errors})
