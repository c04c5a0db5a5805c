"""Worlds: all of them, one of them, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.access import let_in, sign_in_page
from mockserver.sandbox.dashboard.once import Shown, take
from mockserver.sandbox.dashboard.parts import ask, ask_as, data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, once, shown
from mockserver.visit import NOBODY, OPERATOR, Guest

pages = Blueprint("worlds", __name__)

_LIMIT = 100
_LATEST = 6  # of the log, on the overview
_WORLD: forms.Fields = {"name": forms.text, "plan": forms.text, "fixtures": forms.text, "currency": forms.text}
_CHANGE: forms.Fields = {"name": forms.text, "plan": forms.text}
_FORK: forms.Fields = {"name": forms.text, "snapshot": forms.text}


@pages.get("/")
def index(form: forms.Form = forms.NONE) -> Page:
    """Every world; a world's guest goes to the only one that there is for him."""
    if g.guest.world is not None:
        return redirect(url_for("worlds.overview", world_id=g.guest.world))
    answer = ask("listWorlds", query={"limit": _LIMIT, "after": request.args.get("after")})
    return shown("worlds.html", form, worlds=answer["data"], meta=answer["meta"], server=data("getServer"))


@pages.post("/worlds")
@beside(index)
def create() -> Page:
    return _made(data("createWorld", body=forms.body(request.form, _WORLD)), "is made")


@pages.post("/self-service")
def create_own() -> Page:
    """By anybody, where a shared server offers that; who made it is its guest from here on."""
    try:
        if not ask_as(NOBODY, "getServer", {}, {}, None)["data"]["self_service"]:
            raise ApiError("SELF_SERVICE_OFF")
        made = ask_as(OPERATOR, "createWorld", {}, {}, forms.body(request.form, _WORLD))["data"]
    except ApiError as why:
        form = forms.refused(request.form, why, parts().status(why))
        return sign_in_page(form=form), form.status
    g.guest = Guest(made["world"]["id"])
    let_in(g.guest)
    return _made(made, "is made")


@pages.post("/worlds/import")
@beside(index)
def take_in() -> Page:
    """The file is JSON; whether it is a world, the control API says."""
    made: dict[str, Any] = forms.body(request.form, {"name": forms.text})
    file = request.files.get("file")
    try:
        made["world"] = json.loads(file.read() if file else b"")
    except ValueError:
        raise invalid([fault("body", "/world", "choose a file that an export has made: this is no JSON")]) from None
    return _made(data("importWorld", body=made), "is made of the file")


@pages.get("/worlds/<world_id>")
def overview(world_id: str, form: forms.Form = forms.NONE) -> Page:
    path = {"worldId": world_id}
    return shown(
        "overview.html",
        form,
        clock=data("getClock", path),
        snapshots=data("listSnapshots", path),
        entries=data("listRequests", query={"world_id": world_id, "limit": _LATEST}),
        plans=parts().contract.plans,
    )


@pages.post("/worlds/<world_id>")
@beside(overview, "world_id")
def change(world_id: str) -> Page:
    data("updateWorld", {"worldId": world_id}, body=forms.body(request.form, _CHANGE))
    return done("The world's settings are changed.", "worlds.overview", world_id=world_id)


@pages.post("/worlds/<world_id>/fork")
@beside(overview, "world_id")
def fork(world_id: str) -> Page:
    return _made(data("forkWorld", {"worldId": world_id}, body=forms.body(request.form, _FORK)), "is a copy")


@pages.get("/worlds/<world_id>/export")
def export(world_id: str) -> Response:
    answer = ask("exportWorld", {"worldId": world_id})
    named = f'attachment; filename="world-{world_id}.json"'
    return Response(
        json.dumps(answer["data"], indent=1), mimetype="application/json", headers={"Content-Disposition": named}
    )


@pages.get("/worlds/<world_id>/<any(delete, reset):step>")
def confirm(world_id: str, step: str, form: forms.Form = forms.NONE) -> Page:
    return shown("confirm.html", form, step=step)


@pages.post("/worlds/<world_id>/reset")
@beside(overview, "world_id")
def reset(world_id: str) -> Page:
    ask("resetWorld", {"worldId": world_id})
    return done("The world is as its fixtures have it again.", "worlds.overview", world_id=world_id)


@pages.post("/worlds/<world_id>/delete")
@beside(overview, "world_id")
def delete(world_id: str) -> Page:
    ask("deleteWorld", {"worldId": world_id})
    if g.guest.world is not None:
        return redirect(url_for("access.sign_in"), 303)
    return done(f"The world “{g.world['name']}” is deleted.", "worlds.index")


@pages.get("/once/<name>")
def once_shown(name: str) -> Page:
    """Secrets, the first time; that they were shown, ever after."""
    page = take(name)
    return render_template("once.html", page=page), 200 if page else 410


def _made(answer: dict[str, Any], how: str) -> Page:
    """The page with what opens a new world."""
    world, owner = answer["world"], answer["owner"]
    sentence, onward = "It is a tenant of its own: send its id and its key with every request.", _onward(world["id"])
    if g.guest.world not in (None, world["id"]):
        sentence += " To see it here, sign out, and in again with its token."
    curl = (
        f"curl {answer['base_url']}/products?limit=3 \\\n"
        f"  -H 'Authorization: Bearer {answer['key']}' \\\n"
        f"  -H 'X-Tenant-ID: {answer['tenant_id']}'"
    )
    return once(
        Shown(
            title=f"“{world['name']}” {how}",
            sentence=sentence,
            secrets=(
                ("API key, for everything in this world", answer["key"]),
                ("Tenant id, for X-Tenant-ID", answer["tenant_id"]),
                ("World's token, opens this world at /_sandbox", answer["token"]),
                ("Owner's address", owner["email"]),
                ("Owner's password", owner["password"]),
            ),
            commands=(("The first request", curl),),
            onward=onward,
        )
    )


def _onward(made: str) -> tuple[tuple[str, str], ...]:
    """Where a guest can go after a world was made: to that one, unless another's token has let him in."""
    if g.guest.world is None:
        return (("Open the world", url_for("worlds.overview", world_id=made)), ("All worlds", url_for("worlds.index")))
    label = "Open the world" if g.guest.world == made else "Back to the world"
    return ((label, url_for("worlds.overview", world_id=g.guest.world)),)
