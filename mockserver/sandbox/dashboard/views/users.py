"""What is done to users of a world. They stand on the page of its keys."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.once import Shown
from mockserver.sandbox.dashboard.parts import ask, data
from mockserver.sandbox.dashboard.views.keys import index
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, once

pages = Blueprint("users", __name__, url_prefix="/worlds/<world_id>/users")

_USER: forms.Fields = {"email": forms.text, "name": forms.text, "role": forms.text, "password": forms.secret}
_CHANGE: forms.Fields = {"role": forms.text}
_TOKEN: forms.Fields = {"expires_in": forms.number}


@pages.post("")
@beside(index, "world_id")
def create(world_id: str) -> Page:
    made = data("createUser", {"worldId": world_id}, body=forms.body(request.form, _USER))
    return done(f"The user {made['email']} is made.", "keys.index", world_id=world_id)


@pages.post("/<user_id>")
@beside(index, "world_id")
def change(world_id: str, user_id: str) -> Page:
    user = data("updateUser", {"worldId": world_id, "userId": user_id}, body=forms.body(request.form, _CHANGE))
    return done(f"{user['email']} is {user['role']} from now on.", "keys.index", world_id=world_id)


@pages.post("/<user_id>/delete")
@beside(index, "world_id")
def delete(world_id: str, user_id: str) -> Page:
    ask("deleteUser", {"worldId": world_id, "userId": user_id})
    return done("The user is deleted, and every token of his is void.", "keys.index", world_id=world_id)


@pages.post("/<user_id>/token")
@beside(index, "world_id")
def token(world_id: str, user_id: str) -> Page:
    path = {"worldId": world_id, "userId": user_id}
    made = data("issueToken", path, body=forms.body(request.form, _TOKEN))
    curl = (
        f"curl {request.host_url}api/products?limit=3 \\\n"
        f"  -H 'Authorization: Bearer {made['token']}' \\\n"
        f"  -H 'X-Tenant-ID: {world_id}'"
    )
    return once(
        Shown(
            title="The user's token is issued",
            sentence=f"It is in force until {made['expires_at']}, by the world's clock.",
            secrets=(("JWT", made["token"]),),
            commands=(("A request with it", curl),),
            onward=(("Keys and users", url_for("keys.index", world_id=world_id)),),
        )
    )
