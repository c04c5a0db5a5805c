"""The clocks: a world's own, and the server's."""

from __future__ import annotations

from datetime import datetime, timedelta

from mockserver import envelope
from mockserver.domain import instants
from mockserver.domain.clocks import SERVER, Setting
from mockserver.domain.errors import fault, invalid
from mockserver.envelope import Answer
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.workers import catch_up_everywhere


def get_server_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _shown(sandbox, SERVER)


def set_server_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _set(sandbox, ask, SERVER)


def advance_server_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _advance(sandbox, ask, SERVER)


def get_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _shown(sandbox, ask.id)


def set_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _set(sandbox, ask, ask.id)


def advance_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return _advance(sandbox, ask, ask.id)


def _shown(sandbox: Sandbox, whose: str) -> Answer:
    mode = "frozen" if sandbox.clocks.is_frozen(whose) else "running"
    now = instants.text(sandbox.clocks.now(whose))
    return envelope.one({"mode": mode, "now": now, "own": sandbox.clocks.is_own(whose)})


def _set(sandbox: Sandbox, ask: Ask, whose: str) -> Answer:
    mode, given = ask.body["mode"], ask.body.get("at")
    if mode == "released" and given is not None:
        raise invalid([fault("body", "/at", "a released clock shows what the one shows that it follows")])
    if mode == "released":
        return _turned(sandbox, whose, None)
    at = None if given is None else _instant(given)
    return _turned(sandbox, whose, sandbox.clocks.turned(whose, frozen=mode == "frozen", at=at))


def _advance(sandbox: Sandbox, ask: Ask, whose: str) -> Answer:
    by = timedelta(seconds=ask.body["seconds"])
    setting = sandbox.clocks.turned(whose, frozen=sandbox.clocks.is_frozen(whose), by=by)
    return _turned(sandbox, whose, setting)


def _instant(text: str) -> datetime:
    """The schema has let it through; what Python cannot read (a leap second, a day that is not) is told as a fault."""
    try:
        return instants.parse(instants.last(text))
    except ValueError as why:
        raise invalid([fault("body", "/at", str(why))]) from None


def _turned(sandbox: Sandbox, whose: str, setting: Setting | None) -> Answer:
    """Turn the clock, and let happen what is due by it; of the server's, in every world that follows it."""
    if setting and setting.frozen:
        for counter in sandbox.worlds.counters(whose):
            sandbox.quotas.hold(counter, setting.at.timestamp())
    sandbox.worlds.turn(whose, setting)
    catch_up_everywhere(sandbox.database, sandbox.clocks)
    return _shown(sandbox, whose)
