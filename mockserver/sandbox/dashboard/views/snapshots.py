"""Snapshots: taken, gone back to, forgotten. They stand on the world's overview."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import ask, data
from mockserver.sandbox.dashboard.views.showing import Page, beside, done
from mockserver.sandbox.dashboard.views.worlds import overview

pages = Blueprint("snapshots", __name__, url_prefix="/worlds/<world_id>/snapshots")


@pages.post("")
@beside(overview, "world_id")
def take(world_id: str) -> Page:
    made = data("createSnapshot", {"worldId": world_id}, body=forms.body(request.form, {"name": forms.text}))
    return done(f"The snapshot “{made['name']}” is taken.", "worlds.overview", world_id=world_id)


@pages.post("/<name>/restore")
@beside(overview, "world_id")
def restore(world_id: str, name: str) -> Page:
    ask("restoreSnapshot", {"worldId": world_id, "name": name})
    return done(f"The world is as it was at “{name}”.", "worlds.overview", world_id=world_id)


@pages.post("/<name>/delete")
@beside(overview, "world_id")
def delete(world_id: str, name: str) -> Page:
    ask("deleteSnapshot", {"worldId": world_id, "name": name})
    return done(f"The snapshot “{name}” is forgotten.", "worlds.overview", world_id=world_id)
