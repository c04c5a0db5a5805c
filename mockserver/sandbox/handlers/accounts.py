"""How a world is entered: API keys, users, their tokens."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from mockserver import envelope, passwords
from mockserver.domain import instants
from mockserver.domain.credentials import digest, key_id
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.envelope import Answer
from mockserver.sandbox.bounds import require_room
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.store.accounts import Accounts, AddressTaken, Key, Member
from mockserver.store.world import NO_PASSWORD

Row = dict[str, Any]


def list_keys(sandbox: Sandbox, ask: Ask) -> Answer:
    return Answer({"data": [_key(key) for key in _accounts(sandbox, ask).all_keys()]})


def create_key(sandbox: Sandbox, ask: Ask) -> Answer:
    accounts, body = _accounts(sandbox, ask), ask.body
    if faults := [*_key_faults(sandbox, ask)]:
        raise invalid(faults)
    require_room(sandbox, "keys of a world", len(accounts.all_keys()))
    expires = body.get("expires_at")
    wanted = {
        "name": body["name"],
        "scopes": body["scopes"],
        "expires_at": expires and instants.last(expires),
        "allowlist": [str(ip_network(network, strict=False)) for network in body["allowlist"]],
        **(body.get("rate_limit") or {}),
    }
    key = accounts.add_key(sandbox.clocks.now(ask.id), wanted)
    found = next(row for row in accounts.all_keys() if row.digest == digest(key))
    return envelope.one({"id": key_id(found.digest), "key": key, "details": _key(found)})


def revoke_key(sandbox: Sandbox, ask: Ask) -> Answer:
    key = _accounts(sandbox, ask).revoke(ask.path["keyId"], sandbox.clocks.now(ask.id))
    if key is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Key {ask.path['keyId']}")
    return envelope.one(_key(key))


def list_users(sandbox: Sandbox, ask: Ask) -> Answer:
    return Answer({"data": [user._asdict() for user in _accounts(sandbox, ask).users()]})


def create_user(sandbox: Sandbox, ask: Ask) -> Answer:
    accounts, body = _accounts(sandbox, ask), ask.body
    _require_role(sandbox, body)
    require_room(sandbox, "users of a world", len(accounts.users()))
    password_hash = passwords.hashed(body["password"]) if body.get("password") else NO_PASSWORD
    try:
        return envelope.one(accounts.add_user(body["email"], body["name"], body["role"], password_hash)._asdict())
    except AddressTaken:
        why = f"{body['email']} logs in somebody already: an address belongs to one user of the whole server; take another"
        raise ApiError("NOT_POSSIBLE", why=why) from None


def update_user(sandbox: Sandbox, ask: Ask) -> Answer:
    accounts, changes = _accounts(sandbox, ask), dict(ask.body)
    user = _user(accounts, ask)
    _require_role(sandbox, changes)
    if "password" in changes:
        changes["password_hash"] = passwords.hashed(changes.pop("password"))
    accounts.change_user(user.id, changes)
    return envelope.one(_user(accounts, ask)._asdict())


def delete_user(sandbox: Sandbox, ask: Ask) -> Answer:
    accounts = _accounts(sandbox, ask)
    accounts.remove_user(_user(accounts, ask).id)
    return Answer(None)


def issue_token(sandbox: Sandbox, ask: Ask) -> Answer:
    user, now = _user(_accounts(sandbox, ask), ask), sandbox.clocks.now(ask.id)
    lifetime = timedelta(seconds=ask.body["expires_in"])
    try:
        expires = instants.text(now + lifetime)
        token = sandbox.tokens.issue(user._asdict(), ask.id, now, lifetime)
    except (OverflowError, ValueError):
        raise invalid([fault("body", "/expires_in", "is beyond the year 9999 by the world's clock")]) from None
    return envelope.one({"token": token, "expires_at": expires})


def _accounts(sandbox: Sandbox, ask: Ask) -> Accounts:
    return Accounts(sandbox.database, ask.id)


def _user(accounts: Accounts, ask: Ask) -> Member:
    user = accounts.user(ask.path["userId"])
    if user is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"User {ask.path['userId']}")
    return user


def _require_role(sandbox: Sandbox, body: Row) -> None:
    if "role" in body and body["role"] not in sandbox.contract.roles:
        raise invalid([fault("body", "/role", f"there is no such role; there are {', '.join(sandbox.contract.roles)}")])


def _key_faults(sandbox: Sandbox, ask: Ask) -> list[dict[str, str]]:
    faults = []
    there = ["*", *(scope for scope in sandbox.contract.scopes if scope != "*")]
    for index, scope in enumerate(ask.body["scopes"]):
        if scope not in there:
            faults.append(fault("body", f"/scopes/{index}", f"there is no such scope; there are {', '.join(there)}"))
    for index, network in enumerate(ask.body["allowlist"]):
        try:
            ip_network(network, strict=False)
        except ValueError as why:
            faults.append(fault("body", f"/allowlist/{index}", str(why)))
    if ask.body.get("expires_at"):
        try:
            instants.last(ask.body["expires_at"])
        except ValueError as why:
            faults.append(fault("body", "/expires_at", str(why)))
    if ask.body.get("rate_limit") and sandbox.worlds.get(ask.id).plan != "enterprise":
        faults.append(
            fault("body", "/rate_limit", "limits of a key's own go with the plan enterprise; move the world there")
        )
    return faults


def _key(key: Key) -> Row:
    limit = {"per_minute": key.per_minute, "per_hour": key.per_hour}
    shown = {name: value for name, value in key._asdict().items() if name not in ("digest", *limit)}
    return {"id": key_id(key.digest), **shown, "rate_limit": limit if key.per_minute and key.per_hour else None}
