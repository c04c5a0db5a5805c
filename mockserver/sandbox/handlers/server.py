"""The server as a whole."""

from __future__ import annotations

from importlib.metadata import version

from mockserver import envelope
from mockserver.domain import instants
from mockserver.envelope import Answer
from mockserver.sandbox.parts import Ask, Sandbox


def get_server(sandbox: Sandbox, ask: Ask) -> Answer:
    return envelope.one(
        {
            "version": version("nexuscommerce-contract"),
            "public": sandbox.settings.public,
            "self_service": sandbox.settings.public and sandbox.settings.self_service,
            "fixtures": sandbox.worlds.fixtures,
            "worlds": sandbox.worlds.number(),
            "requests": len(sandbox.journal),
            "now": instants.text(ask.now),
        }
    )
