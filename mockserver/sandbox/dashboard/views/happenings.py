"""What happens to a seller without a request of his: orders arrive and move on, events fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, request

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, shown

pages = Blueprint("happenings", __name__, url_prefix="/worlds/<world_id>")

STEPS = {
    "pay": "pay: it is confirmed",
    "ship": "ship: the marketplace ships all of it",
    "deliver": "deliver: it is completed",
    "return": "return: a buyer sends something back",
    "fail-sync": "fail-sync: a failed step in its history",
}
# The status of an order -> what commonly comes next.
NEXT = {"pending": "pay", "confirmed": "ship", "processing": "ship", "shipped": "deliver", "delivered": "return"}
METHODS = ("FBM", "FBA", "FBS")
RECENT = 10
LARGEST = 5_000  # products and orders of a world that is read whole for its latest orders
_TRIGGER: forms.Fields = {"type": forms.text, "resource": forms.text}


@pages.get("/happenings")
def index(world_id: str, form: forms.Form = forms.NONE) -> Page:
    tenant = _tenant(world_id)
    orders = sorted(tenant.get("orders", ()), key=lambda order: str(order["created_at"]), reverse=True)
    return shown(
        "happenings.html",
        form,
        orders=orders[:RECENT],
        skus=[product["sku"] for product in tenant.get("products", ())][:200],
        is_read=bool(tenant),
        steps=STEPS,
        following=NEXT,
        methods=METHODS,
        events=parts().contract.events,
    )


@pages.post("/orders")
@beside(index, "world_id")
def arrive(world_id: str) -> Page:
    """One line, or what the sandbox chooses."""
    wanted = forms.body(request.form, {"marketplace": forms.text, "fulfillment_method": forms.text})
    line = forms.body(request.form, {"sku": forms.text, "quantity": forms.number})
    if "sku" in line:
        wanted["lines"] = [line]
    order = data("createOrder", {"worldId": world_id}, body=wanted)
    return done(f"The order {order['id']} has arrived; it is {order['status']}.", "happenings.index", world_id=world_id)


@pages.post("/orders/move")
@beside(index, "world_id")
def move(world_id: str) -> Page:
    order_id, step = request.form.get("order_id", "").strip(), request.form.get("step", "")
    order = data("moveOrder", {"worldId": world_id, "orderId": order_id, "step": step})
    return done(f"{step}: the order {order['id']} is {order['status']}.", "happenings.index", world_id=world_id)


@pages.post("/events")
@beside(index, "world_id")
def trigger(world_id: str) -> Page:
    fired = data("triggerEvent", {"worldId": world_id}, body=forms.body(request.form, _TRIGGER))
    return done(f"{fired['type']} was fired, about {fired['resource']}.", "happenings.index", world_id=world_id)


def _tenant(world_id: str) -> Mapping[str, Any]:
    """What the world holds, of its export: the control API has no list of orders. Nothing if it is large."""
    counts = g.world["counts"]
    if counts.get("orders", 0) + counts.get("products", 0) > LARGEST:
        return {}
    tenant: Mapping[str, Any] = data("exportWorld", {"worldId": world_id})["tenant"]
    return tenant
