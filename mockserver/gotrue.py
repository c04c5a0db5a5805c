"""The shapes of Supabase Auth (GoTrue): its answers and its refusals, which are not those of the API.

The codes, statuses and messages are those of internal/api in github.com/supabase/auth.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from mockserver.domain.errors import ApiError
from mockserver.store.sessions import UnusableToken
from mockserver.visit import Visit

BODY = 64 * 1024  # bytes
VERSION_HEADER, VERSION = "X-Supabase-Api-Version", "2024-01-01"  # from this version on, errors have another shape

# code -> status, and what the message is unless the refusal has one of its own
_REFUSALS: Mapping[str, tuple[int, str]] = {
    "bad_json": (400, "Could not parse request body as JSON"),
    "validation_failed": (400, "The request is not valid"),
    "invalid_credentials": (400, "Invalid login credentials"),
    "phone_provider_disabled": (422, "Phone logins are disabled"),
    "over_request_rate_limit": (429, "Request rate limit reached"),
    "refresh_token_not_found": (400, "Invalid Refresh Token: Refresh Token Not Found"),
    "refresh_token_already_used": (400, "Invalid Refresh Token: Already Used"),
    "session_expired": (400, "Invalid Refresh Token: Session Expired (Inactivity)"),
    "no_authorization": (401, "This endpoint requires a valid Bearer token"),
    "bad_jwt": (403, "invalid JWT: unable to parse or verify signature"),
    "user_not_found": (403, "User from sub claim in JWT does not exist"),
    "session_not_found": (403, "Session from session_id claim in JWT does not exist"),
}

Query = Mapping[str, str]
Body = Mapping[str, Any]
Handler = Callable[[Visit, Query], Awaitable[dict[str, Any] | None]]


class Refused(Exception):
    """A refusal: a code of _REFUSALS, and a message of its own if it has one. `wait` is in seconds."""

    def __init__(self, code: str, message: str = "", wait: int = 0) -> None:
        self.code = code
        self.message = message
        self.wait = wait
        super().__init__(code)


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """For a Route: the handler's answer as JSON, None as 204, and its refusals."""

    async def answer(request: Request) -> Response:
        visit: Visit = request.scope["visit"]
        try:
            answered = await handler(visit, request.query_params)
        except Refused as why:
            return _refusal(why, visit.headers)
        except UnusableToken as why:
            return _refusal(Refused(why.code), visit.headers)
        return Response(status_code=204) if answered is None else _json(answered, 200, {})

    return answer


async def body_of(visit: Visit) -> Body:
    """The body, a JSON object. Raises Refused."""
    try:
        body = await visit.body.json(BODY)
    except ApiError as why:
        raise Refused("bad_json", f"Could not parse request body as JSON: {why.message}") from None
    if not isinstance(body, dict):
        raise Refused("bad_json", "Could not parse request body as JSON: it is no object")
    return body


def text_of(body: Body, member: str) -> str:
    """The member's text; empty if it is absent or null. Raises Refused."""
    value = body.get(member)
    if value is not None and not isinstance(value, str):
        raise Refused("bad_json", f"Could not parse request body as JSON: {member} is no text")
    return value or ""


def _refusal(refused: Refused, headers: Headers) -> Response:
    status, usual = _REFUSALS[refused.code]
    message = refused.message or usual
    more = {"Retry-After": str(refused.wait)} if refused.wait else {}
    if _is_new(headers.get(VERSION_HEADER, "")):
        return _json({"code": refused.code, "message": message}, status, more | {VERSION_HEADER: VERSION})
    return _json({"code": status, "error_code": refused.code, "msg": message}, status, more)


def _is_new(version: str) -> bool:
    """A version is a date. One that is none counts as the first."""
    with suppress(ValueError):
        return date.fromisoformat(version) >= date.fromisoformat(VERSION)
    return False


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    """RFC 6749 §5.1: tokens are stored by no cache."""
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store", **headers}, "application/json")
