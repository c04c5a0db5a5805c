"""What a person needs next, printed when the mock is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.passwords import fits
from mockserver.settings import Settings
from mockserver.store.database import said
from mockserver.store.world import World

_ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  listened on, if told to; a browser wants one address

_PASSWORD = "nexus-mock"  # noqa: S105  of every user of the fixtures, published on purpose


def greeting(settings: Settings, world: World, port: int, program: str) -> str:
    """The address, the reference, the tenants with a key for each, a key for each of several roles, a login if it is the
    published one, a line to paste."""
    host = _ANY.get(settings.host) or (f"[{settings.host}]" if ":" in settings.host else settings.host)
    base = f"http://{host}:{port}"
    sandbox = f"Sandbox (worlds, clock, faults, log, webhooks): {base}/_sandbox/"
    known = settings.sandbox_token if settings.token_is_drawn else "the one that was given"  # outputs are kept
    token = f"  its token, not needed from this machine: {known}"
    if settings.public:
        return "\n".join(_shared(settings, base, sandbox, known))
    first = world.tenants[0]
    roles = [user["role"] for user in first["users"]]
    width = max(len(key["name"]) for key in first["keys"])
    lines = [
        f"NexusCommerce mock: {base}/api",
        f"Reference, with a key filled in: {base}/docs",
        f"State: {said(settings.database)} (begin anew with --fresh)" + ("" if settings.limits else "; rate limits are off"),
        sandbox,
        token,
        "",
        "Tenants, each with a key that may do everything in it:",
        *(f"  {t['id']}  {t['plan']:<10}  {t['keys'][0]['key']:<44}  {t['name']}" for t in world.tenants),
        "",
        f"Keys of {first['name']} (for a user's JWT: {program} token --role {'|'.join(roles)}):",
        *(f"  {key['name']:<{width}}  {key['key']}" for key in first["keys"]),
        "",
        *_logins(base, first),
        "Try:",
        f'  curl {base}/api/products -H "Authorization: Bearer {first["keys"][0]["key"]}" -H "X-Tenant-ID: {first["id"]}"',
        "",
    ]
    return "\n".join(lines)


def _shared(settings: Settings, base: str, sandbox: str, token: str) -> list[str]:
    """Of a shared mock: nobody but who started it reads this."""
    service = "anybody may create a world" if settings.self_service else "worlds are made with the token alone"
    return [
        f"NexusCommerce mock, shared: {base}/api",
        f"Reference: {base}/docs",
        f"State: {said(settings.database)} (begin anew with --fresh)",
        sandbox,
        f"  its token: {token}",
        f"  {service}; one that nobody uses for {settings.idle_days} days is deleted",
        "",
        "Try:",
        f"  curl -X POST {base}/_sandbox/v1/worlds -H 'Content-Type: application/json' -d '{{}}'",
        "",
    ]


def _logins(base: str, tenant: Mapping[str, Any]) -> list[str]:
    """How its owner logs in; nothing in a world whose passwords are its own."""
    owners = [user for user in tenant["users"] if user["role"] == "owner" and fits(user["password_hash"], _PASSWORD)]
    return [f"Log in with supabase-js at {base}: {user['email']}, password {_PASSWORD}\n" for user in owners[:1]]
