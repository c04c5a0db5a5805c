"""Keys and users of a world: the page, and what is done to keys."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.once import Shown
from mockserver.sandbox.dashboard.parts import data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, once, shown

pages = Blueprint("keys", __name__, url_prefix="/worlds/<world_id>/keys")

_KEY: forms.Fields = {
    "name": forms.text,
    "scopes": forms.many,
    "expires_at": forms.instant,
    "allowlist": forms.words,
    "rate_limit/per_minute": forms.number,
    "rate_limit/per_hour": forms.number,
}


@pages.get("")
def index(world_id: str, form: forms.Form = forms.NONE) -> Page:
    path = {"worldId": world_id}
    contract = parts().contract
    return shown(
        "keys.html",
        form,
        keys=data("listKeys", path),
        users=data("listUsers", path),
        scopes=contract.scopes,
        roles=contract.roles,
    )


@pages.post("")
@beside(index, "world_id")
def create(world_id: str) -> Page:
    made = data("createKey", {"worldId": world_id}, body=forms.body(request.form, _KEY))
    details = made["details"]
    curl = (
        f"curl {request.host_url}api/products?limit=3 \\\n"
        f"  -H 'Authorization: Bearer {made['key']}' \\\n"
        f"  -H 'X-Tenant-ID: {world_id}'"
    )
    return once(
        Shown(
            title=f"The key “{details['name']}” is made",
            sentence=f"It may do: {', '.join(details['scopes'])}.",
            secrets=(("API key", made["key"]),),
            commands=(("A request with it", curl),),
            onward=(("Keys and users", url_for("keys.index", world_id=world_id)),),
        )
    )


@pages.post("/<key_id>/revoke")
@beside(index, "world_id")
def revoke(world_id: str, key_id: str) -> Page:
    gone = data("revokeKey", {"worldId": world_id, "keyId": key_id})
    return done(f"The key “{gone['name']}” is revoked.", "keys.index", world_id=world_id)
