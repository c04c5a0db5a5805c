"""Worlds: made, put back, copied, carried away and in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mockserver import envelope, passwords
from mockserver.domain import instants
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.domain.stock import ShortOfStock
from mockserver.envelope import Answer
from mockserver.sandbox.bounds import require_room, require_room_for_a_world
from mockserver.sandbox.exports import exported
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.store.accounts import Accounts
from mockserver.store.rows import New, SnapshotRow, WorldRow
from mockserver.store.world import faults_of

Row = dict[str, Any]


def list_worlds(sandbox: Sandbox, ask: Ask) -> Answer:
    limit = ask.query["limit"]
    rows, total = sandbox.worlds.all(ask.query.get("after"), limit + 1)
    shown = [_shown(sandbox, row) for row in rows[:limit]]
    following = rows[limit - 1].id if len(rows) > limit else None
    return Answer({"data": shown, "meta": {"total": total, "next": following}})


def create_world(sandbox: Sandbox, ask: Ask) -> Answer:
    body = ask.body
    if body["fixtures"] not in sandbox.worlds.fixtures:
        there = ", ".join(sandbox.worlds.fixtures)
        raise invalid([fault("body", "/fixtures", f"there are no such fixtures; there are {there}")])
    if body.get("currency") and body["fixtures"] != "empty":
        raise invalid([fault("body", "/currency", "an empty world alone can choose; others have that of their fixtures")])
    require_room_for_a_world(sandbox, ask)

    def make() -> New:
        return sandbox.worlds.create(
            sandbox.clocks.wall(),
            body["name"],
            body["plan"],
            body["fixtures"],
            currency=body.get("currency"),
            temporary=sandbox.settings.public,
        )

    return _new(sandbox, ask, make)


def import_world(sandbox: Sandbox, ask: Ask) -> Answer:
    tenant = ask.body["world"]["tenant"]
    faults = [fault("body", f"/world/tenant{where}", what) for where, what in faults_of(tenant, sandbox.contract)]
    if faults:
        raise invalid(faults)
    require_room_for_a_world(sandbox, ask)
    name = ask.body.get("name", tenant["name"])

    def make() -> New:
        return sandbox.worlds.carry_in(sandbox.clocks.wall(), name, tenant, temporary=sandbox.settings.public)

    try:
        return _new(sandbox, ask, make)
    except ShortOfStock as why:
        raise invalid([fault("body", "/world/tenant/orders", f"the open orders do not fit the stock: {why}")]) from why


def get_world(sandbox: Sandbox, ask: Ask) -> Answer:
    return envelope.one(_shown(sandbox, sandbox.worlds.get(ask.id)))


def update_world(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.worlds.change(ask.id, ask.body)
    return get_world(sandbox, ask)


def delete_world(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.worlds.delete(ask.id)
    return Answer(None)


def reset_world(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.worlds.reset(ask.id, ask.now)
    sandbox.faults.clear(ask.id)
    return get_world(sandbox, ask)


def fork_world(sandbox: Sandbox, ask: Ask) -> Answer:
    source = ask.id
    if "snapshot" in ask.body:
        source = _snapshot(sandbox, ask.id, ask.body["snapshot"]).id
    require_room_for_a_world(sandbox, ask)

    def make() -> New:
        return sandbox.worlds.fork(
            sandbox.clocks.wall(), ask.id, ask.body.get("name"), source, temporary=sandbox.settings.public
        )

    return _new(sandbox, ask, make)


def export_world(sandbox: Sandbox, ask: Ask) -> Answer:
    return envelope.one(exported(sandbox, ask.id))


def list_snapshots(sandbox: Sandbox, ask: Ask) -> Answer:
    return Answer({"data": [_snapshot_shown(sandbox, row) for row in sandbox.worlds.snapshots(ask.id)]})


def create_snapshot(sandbox: Sandbox, ask: Ask) -> Answer:
    name = ask.body["name"]
    names = {row.label for row in sandbox.worlds.snapshots(ask.id)}
    require_room(sandbox, "snapshots of a world", len(names - {name}))
    sandbox.worlds.snapshot(ask.id, name, sandbox.clocks.now(ask.id))
    return envelope.one(_snapshot_shown(sandbox, _snapshot(sandbox, ask.id, name)))


def restore_snapshot(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.worlds.restore(ask.id, _snapshot(sandbox, ask.id, ask.path["name"]).id)
    return get_world(sandbox, ask)


def delete_snapshot(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.worlds.forget(_snapshot(sandbox, ask.id, ask.path["name"]).id)
    return Answer(None)


def _snapshot(sandbox: Sandbox, world_id: str, name: str) -> SnapshotRow:
    found = next((row for row in sandbox.worlds.snapshots(world_id) if row.label == name), None)
    if found is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Snapshot {name}")
    return found


def _snapshot_shown(sandbox: Sandbox, row: SnapshotRow) -> Row:
    return {"name": row.label, "created_at": row.created_at, "counts": sandbox.worlds.counts(row.id)}


def _new(sandbox: Sandbox, ask: Ask, make: Callable[[], New]) -> Answer:
    """The world, and what is shown of it once. It is made with its owner or not at all, even by a mock that is killed."""
    password, password_hash = passwords.drawn()
    role = next(iter(sandbox.contract.roles))
    with sandbox.database.transaction(writes=True):
        new = make()
        email = f"owner@{new.id}.example"
        owner = Accounts(sandbox.database, new.id).add_user(email, "Owner", role, password_hash)
    told = {
        "world": _shown(sandbox, sandbox.worlds.get(new.id)),
        "base_url": ask.origin + sandbox.contract.base_path,
        "tenant_id": new.id,
        "key": new.key,
        "token": new.token,
        "owner": {"id": owner.id, "email": email, "password": password},
    }
    return envelope.one(told, {"Location": f"/_sandbox/v1/worlds/{new.id}"})


def _shown(sandbox: Sandbox, row: WorldRow) -> Row:
    used = sandbox.worlds.last_used(row)
    expires = None
    if row.is_temporary:
        since = instants.parse(used or row.created_at)
        expires = instants.text(since + timedelta(days=sandbox.settings.idle_days))
    return {
        "id": row.id,
        "name": row.name,
        "plan": row.plan,
        "currency": row.currency,
        "fixtures": row.fixtures,
        "created_at": row.created_at,
        "last_used_at": used,
        "expires_at": expires,
        "counts": sandbox.worlds.counts(row.id),
    }
