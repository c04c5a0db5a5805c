"""Secrets between the answer that has them and the page that shows them. They wait in the session's cookie, encrypted: any
process that knows the dashboard's secret can show them, and no process and no store keeps them."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import astuple, dataclass

from flask import current_app, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey

from mockserver.sandbox.dashboard.access import session_id

SECONDS = 600  # in which a page can be seen: the browser asks for it at once
LARGEST = 3000  # characters: a cookie has 4,093 bytes for everything, and the rest of a session needs some hundred
_PLACE = "once"  # in the session; one page at a time
_HEADER = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}  # RFC 7516
_JWE = JWERegistry(algorithms=[*_HEADER.values()])

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shown:
    """A page that can be seen once: secrets, each with its label; commands to go on with; and a link to leave by."""

    title: str
    sentence: str
    secrets: Pairs
    commands: Pairs
    onward: Pairs


def keep(page: Shown) -> str | None:
    """The name under which the present session can take it, instead of what it kept before. None: it is too large."""
    name = secrets.token_urlsafe(12)
    kept = jwt.encode(_HEADER, {"exp": _now() + SECONDS, "page": astuple(page)}, _key(name), registry=_JWE)
    if len(kept) > LARGEST:
        return None
    session[_PLACE] = kept
    return name


def take(name: str) -> Shown | None:
    """The page, which is gone from the session then. None: there is none of this name, or it has waited for too long."""
    try:
        claims = jwt.decode(session.get(_PLACE, ""), _key(name), registry=_JWE).claims
        del session[_PLACE]
        jwt.JWTClaimsRegistry(_now(), exp={"essential": True}).validate(claims)
    except (JoseError, ValueError):
        return None
    title, sentence, *parts = claims["page"]
    return Shown(title, sentence, *(tuple((label, value) for label, value in part) for part in parts))


def _key(name: str) -> OctKey:
    """Of one page of one session: what another has kept, or under another name, does not open."""
    secret = str(current_app.secret_key).encode()
    return OctKey.import_key(hmac.digest(secret, f"once:{session_id()}:{name}".encode(), "sha256"))


def _now() -> int:
    return int(time.time())
