"""The clock, of a world or of the server."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import data
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, shown

pages = Blueprint("clock", __name__)

# What is done -> the operation for the server, and the one for a world.
_OPERATIONS = {
    "get": ("getServerClock", "getClock"),
    "set": ("setServerClock", "setClock"),
    "advance": ("advanceServerClock", "advanceClock"),
}
STEPS = (("1 minute", 60), ("1 hour", 3600), ("1 day", 86400), ("30 days", 2592000))
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


@pages.get("/clock", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/clock")
def index(world_id: str | None, form: forms.Form = forms.NONE) -> Page:
    return shown("clock.html", form, clock=_asked("get", world_id), world_id=world_id, steps=STEPS, units=UNITS)


@pages.post("/clock", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/clock")
@beside(index, "world_id")
def turn(world_id: str | None) -> Page:
    clock = _asked("set", world_id, forms.body(request.form, {"mode": forms.text, "at": forms.instant}))
    return done(f"The clock is {clock['mode']}, at {clock['now']}.", "clock.index", world_id=world_id)


@pages.post("/clock/advance", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/clock/advance")
@beside(index, "world_id")
def advance(world_id: str | None) -> Page:
    """By so many of a unit; a button is a number of seconds."""
    seconds = forms.number(request.form.getlist("seconds"))
    if isinstance(seconds, int | float):
        seconds *= UNITS.get(request.form.get("unit", "seconds"), 1)
    clock = _asked("advance", world_id, {"seconds": seconds})
    return done(f"It is {clock['now']} now.", "clock.index", world_id=world_id)


def _asked(what: str, world_id: str | None, body: Any = None) -> Any:
    of_server, of_world = _OPERATIONS[what]
    return data(of_world, {"worldId": world_id}, body=body) if world_id else data(of_server, body=body)
