"""Faults of a world and of the server."""

from __future__ import annotations

from mockserver import envelope
from mockserver.envelope import Answer
from mockserver.sandbox.faults import SERVER
from mockserver.sandbox.parts import Ask, Sandbox


def list_faults(sandbox: Sandbox, ask: Ask) -> Answer:
    return Answer({"data": sandbox.faults.all(_world(ask))})


def create_fault(sandbox: Sandbox, ask: Ask) -> Answer:
    return envelope.one(sandbox.faults.add(_world(ask), ask.body, ask.now))


def delete_faults(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.faults.clear(_world(ask))
    return Answer(None)


def delete_fault(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.faults.remove(_world(ask), ask.path["faultId"])
    return Answer(None)


def _world(ask: Ask) -> str:
    """The world that the path names; the `…Server…` operations name none."""
    return str(ask.path.get("worldId", SERVER))
