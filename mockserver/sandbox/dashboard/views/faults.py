"""Faults, of a world or of all: requests that fail on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import ask, data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, shown

pages = Blueprint("faults", __name__)

# What is done -> the operation for the server, and the one for a world.
_OPERATIONS = {
    "list": ("listServerFaults", "listFaults"),
    "create": ("createServerFault", "createFault"),
    "remove": ("deleteServerFault", "deleteFault"),
    "clear": ("deleteServerFaults", "deleteFaults"),
}
_FAULT: forms.Fields = {
    "operation_id": forms.text,
    "method": forms.text,
    "path": forms.text,
    "key_id": forms.text,
    "share": forms.number,
    "seed": forms.number,
    "times": forms.number,
    "code": forms.text,
    "status": forms.number,
    "retry_after": forms.number,
    "delay/min_ms": forms.number,
    "delay/max_ms": forms.number,
    "connection": forms.text,
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CONNECTIONS = {
    "drop": "drop: closed before anything is done",
    "reset": "reset: the same, by a TCP reset",
    "truncate": "truncate: done, and half of the answer",
    "malformed": "malformed: done, and an answer that is no JSON",
}
_ALWAYS = {"share": "1", "seed": "0"}
# Fills the form: a link -> its fields.
PRESETS: Mapping[str, Mapping[str, str]] = {
    "429 for the next 3": {"code": "RATE_LIMITED", "times": "3", "retry_after": "2"},
    "Every answer takes 1 to 3 s": {"delay/min_ms": "1000", "delay/max_ms": "3000"},
    "A tenth breaks off": {"connection": "reset", "share": "0.1"},
    "500 once": {"code": "INTERNAL_ERROR", "times": "1"},
    "Broken JSON once": {"connection": "malformed", "times": "1"},
}


@pages.get("/faults", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/faults")
def index(world_id: str | None, form: forms.Form = forms.NONE) -> Page:
    preset = PRESETS.get(request.args.get("preset", ""), {})
    if not form.name and preset:
        form = forms.Form("fault", MultiDict({**_ALWAYS, **preset}))
    return shown(
        "faults.html",
        form,
        faults=_asked("list", world_id)["data"],
        world_id=world_id,
        keys=data("listKeys", {"worldId": world_id}) if world_id else [],
        presets=PRESETS,
        methods=METHODS,
        connections=CONNECTIONS,
        operations=sorted(parts().contract.operations),
        codes=[row for row in parts().contract.refusals if row.code != "MALFORMED_REQUEST"],
    )


@pages.post("/faults", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/faults")
@beside(index, "world_id")
def create(world_id: str | None) -> Page:
    _asked("create", world_id, body=forms.body(request.form, _FAULT))
    return done("Requests that match fail from now on.", "faults.index", world_id=world_id)


@pages.post("/faults/clear", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/faults/clear")
@beside(index, "world_id")
def clear(world_id: str | None) -> Page:
    _asked("clear", world_id)
    return done("All faults here are removed.", "faults.index", world_id=world_id)


@pages.post("/faults/<fault_id>/remove", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/faults/<fault_id>/remove")
@beside(index, "world_id")
def remove(world_id: str | None, fault_id: str) -> Page:
    _asked("remove", world_id, {"faultId": fault_id})
    return done("The fault is removed.", "faults.index", world_id=world_id)


def _asked(what: str, world_id: str | None, path: Mapping[str, str] | None = None, body: Any = None) -> Any:
    of_server, of_world = _OPERATIONS[what]
    return ask(of_world, {"worldId": world_id, **(path or {})}, body=body) if world_id else ask(of_server, path, body=body)
