"""Webhooks: a world's endpoints, and what was delivered to them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.once import Shown
from mockserver.sandbox.dashboard.parts import ask, data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, once, shown

pages = Blueprint("webhooks", __name__, url_prefix="/worlds/<world_id>")

STATES = ("pending", "delivered", "failed")
_ENDPOINT: forms.Fields = {"url": forms.text, "events": forms.many}
_LIMIT = 50


@pages.get("/webhooks")
def index(world_id: str, form: forms.Form = forms.NONE) -> Page:
    path = {"worldId": world_id}
    query = {name: request.args.get(name, "") for name in ("state", "endpoint_id")}
    endpoints = data("listEndpoints", path)
    return shown(
        "webhooks.html",
        form,
        endpoints=endpoints,
        urls={endpoint["id"]: endpoint["url"] for endpoint in endpoints},
        deliveries=data("listDeliveries", path, {**query, "limit": _LIMIT}),
        chosen=query,
        states=STATES,
        events=parts().contract.events,
    )


@pages.post("/webhooks")
@beside(index, "world_id")
def create(world_id: str) -> Page:
    made = data("createEndpoint", {"worldId": world_id}, body=forms.body(request.form, _ENDPOINT))
    return _secret(world_id, made, "The endpoint is made", "Deliveries to it are signed with this secret.")


@pages.post("/endpoints/<endpoint_id>/<any(pause, resume):step>")
@beside(index, "world_id")
def pause(world_id: str, endpoint_id: str, step: str) -> Page:
    data("updateEndpoint", _endpoint(world_id, endpoint_id), body={"paused": step == "pause"})
    sentence = "Nothing is sent to the endpoint until you resume it." if step == "pause" else "The endpoint is told again."
    return done(sentence, "webhooks.index", world_id=world_id)


@pages.post("/endpoints/<endpoint_id>/rotate")
@beside(index, "world_id")
def rotate(world_id: str, endpoint_id: str) -> Page:
    wanted = forms.body(request.form, {"overlap_seconds": forms.number})
    made = data("rotateSecret", _endpoint(world_id, endpoint_id), body=wanted)
    until = made["details"]["rotated_until"]
    sentence = f"The one before is valid until {until}, by the world's clock." if until else "The one before is void."
    return _secret(world_id, made, "The endpoint has a new secret", sentence)


@pages.post("/endpoints/<endpoint_id>/test")
@beside(index, "world_id")
def test(world_id: str, endpoint_id: str) -> Page:
    sent = data("sendTestEvent", _endpoint(world_id, endpoint_id), body=forms.body(request.form, {"type": forms.text}))
    return done(
        f"A test event, {sent['type']}, is on its way.", "webhooks.delivery", world_id=world_id, delivery_id=sent["id"]
    )


@pages.post("/endpoints/<endpoint_id>/delete")
@beside(index, "world_id")
def delete(world_id: str, endpoint_id: str) -> Page:
    ask("deleteEndpoint", _endpoint(world_id, endpoint_id))
    return done("The endpoint and its deliveries are deleted.", "webhooks.index", world_id=world_id)


@pages.get("/deliveries/<delivery_id>")
def delivery(world_id: str, delivery_id: str, form: forms.Form = forms.NONE) -> Page:
    return shown("delivery.html", form, delivery=data("getDelivery", {"worldId": world_id, "deliveryId": delivery_id}))


@pages.post("/deliveries/<delivery_id>/redeliver")
@beside(delivery, "world_id", "delivery_id")
def redeliver(world_id: str, delivery_id: str) -> Page:
    data("redeliver", {"worldId": world_id, "deliveryId": delivery_id})
    return done("It is sent again.", "webhooks.delivery", world_id=world_id, delivery_id=delivery_id)


def _endpoint(world_id: str, endpoint_id: str) -> dict[str, str]:
    return {"worldId": world_id, "endpointId": endpoint_id}


def _secret(world_id: str, made: dict[str, Any], title: str, sentence: str) -> Page:
    onward = (("Webhooks", url_for("webhooks.index", world_id=world_id)),)
    return once(Shown(title, sentence, (("Signing secret", made["secret"]),), (), onward))
