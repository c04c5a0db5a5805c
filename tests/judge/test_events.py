"""The laws of deliveries: what keeps them and what does not, and that a wrong signature is recognized."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from contract_tests import events
from contract_tests.document import WHOLE
from contract_tests.endpoint import Endpoint, shown
from contract_tests.hosting import Hosting
from contract_tests.receiver import Delivery, Receiver, Reply
from contract_tests.report.sameness import shape
from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, sign

TENANT = "3714240b-2e06-4c35-8856-ccc1c096323e"
SECRET = "whsec_" + base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("=")
ENDPOINT = Endpoint(Receiver(9), Hosting("127.0.0.1", 9), "http://127.0.0.1:9/hook", "we_1", SECRET, TENANT)
EXAMPLES: dict[str, Any] = {
    name: {**WHOLE.schemas.named(f"{family}Event")["example"], "type": name}
    for family, names in {
        "Product": ("product.created", "product.updated", "product.deleted"),
        "Order": ("order.created", "order.status_changed"),
        "Inventory": ("inventory.updated",),
        "Job": ("ai_job.completed",),
    }.items()
    for name in names
}
LAWS = (events.is_signed, events.names_event_and_delivery, events.is_as_documented, events.is_of_the_tenant)


def delivery(event: Any = None, method: str = "POST", body: bytes | None = None, **headers: str | None) -> Delivery:
    """A delivery as it should be; a header of None is absent, and `_` stands for the hyphen in its name."""
    event = EXAMPLES["product.updated"] if event is None else event
    body = json.dumps(event).encode() if body is None else body
    right = {
        SIGNATURE: sign(body, SECRET),
        EVENT: str(event.get("type")),
        DELIVERY: "dlv_1",
        "Content-Type": "application/json",
    }
    given = {name.lower(): value for name, value in right.items()} | {
        name.replace("_", "-").lower(): value for name, value in headers.items()
    }
    return Delivery(0, method, "/hook", tuple((name, value) for name, value in given.items() if value), body, Reply())


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in EXAMPLES["product.updated"].items() if member != name}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documents_own_examples_keep_every_law(name: str) -> None:
    for law in LAWS:
        assert [] == law(delivery(EXAMPLES[name]), ENDPOINT)
    assert [] == events.is_as_documented(delivery(Content_Type="Application/JSON; charset=utf-8"), ENDPOINT)
    assert [] == events.is_of_the_tenant(delivery({**EXAMPLES[name], "tenant_id": TENANT.upper()}), ENDPOINT)


BODY = json.dumps(EXAMPLES["product.updated"]).encode()
RIGHT = sign(BODY, SECRET)
DIGEST = bytes.fromhex(RIGHT.removeprefix("sha256="))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "no header X-NexusCommerce-Signature"),
        (RIGHT.upper(), "of other bytes or with another secret"),
        ("sha256=" + DIGEST.hex().upper(), "it is in upper case"),
        (DIGEST.hex(), "it is without sha256="),
        ("sha256=" + base64.b64encode(DIGEST).decode(), "it is in base64"),
        (sign(BODY, SECRET.removeprefix("whsec_")), "less its whsec_"),
        (sign(json.dumps(json.loads(BODY), separators=(",", ":")).encode(), SECRET), "JSON written anew"),
        (sign(json.dumps(json.loads(BODY), sort_keys=True).encode(), SECRET), "JSON written anew"),
        (sign(BODY, "whsec_another"), "of other bytes or with another secret"),
        (RIGHT + " ", "of other bytes or with another secret"),
    ],
)
def test_a_wrong_signature_is_told_of(given: str | None, said: str) -> None:
    (line,) = events.is_signed(delivery(body=BODY, X_NexusCommerce_Signature=given), ENDPOINT)

    assert said in line
    assert SECRET not in line


def test_what_cannot_be_read_can_be_judged() -> None:
    for body in (b"", b"[]", b"\xff", b"[" * 100_000, b'{"data": 1}', b'{"type": {"a": []}, "data": []}'):
        odd = delivery({}, body=body, X_NexusCommerce_Signature="sha256=\udcff", X_NexusCommerce_Event="a.b")
        assert all(law(odd, ENDPOINT) for law in LAWS)
        assert events.once(odd) is None


@pytest.mark.parametrize(
    ("odd", "law", "said"),
    [
        (delivery(X_NexusCommerce_Event=None), events.names_event_and_delivery, "no header X-NexusCommerce-Event"),
        (delivery(X_NexusCommerce_Event="product"), events.names_event_and_delivery, "the event's type 'product.updated'"),
        (delivery(X_NexusCommerce_Delivery=None), events.names_event_and_delivery, "no header X-NexusCommerce-Delivery"),
        (delivery(method="PUT"), events.is_as_documented, "the method is PUT"),
        (delivery(Content_Type="text/json"), events.is_as_documented, "Content-Type is text/json"),
        (delivery(Content_Type=None), events.is_as_documented, "Content-Type is absent"),
        (delivery({**without("id"), "type": "product.sold"}), events.is_as_documented, "there is no event 'product.sold'"),
        (delivery(without("created_at")), events.is_as_documented, "created_at"),
        (delivery({**without("data"), "data": {}}), events.is_as_documented, "/data"),
        (delivery({**without("id"), "id": "1"}), events.is_as_documented, "/id"),
        (
            delivery({**EXAMPLES["ai_job.completed"], "type": "ai_job.failed"}),
            events.is_as_documented,
            "ai_job.failed of a job that is completed",
        ),
        (delivery(without("tenant_id")), events.is_of_the_tenant, "tenant_id is None"),
    ],
)
def test_a_broken_law_is_told_of(odd: Delivery, law: events.Law, said: str) -> None:
    assert said in "\n".join(law(odd, ENDPOINT))


def test_what_happens_once_is_known_by_its_resource() -> None:
    created, updated, moved = (
        delivery(EXAMPLES[f"{name}"]) for name in ("product.created", "product.updated", "order.status_changed")
    )

    assert events.once(updated) is None
    assert ("product.created", created.data["id"]) == events.once(created)
    assert ("order.status_changed", moved.data["id"], moved.data["status"]) == events.once(moved)


def test_a_failure_that_shows_other_deliveries_is_the_same() -> None:
    """From one run to the next, for a baseline."""
    told = [
        shown(f"{n} of {n + 1} deliveries break it: no header X-One", [delivery(EXAMPLES[name])] * n)
        for n, name in enumerate(EXAMPLES, 1)
    ]

    assert ["# of # deliveries break it: no header X-One:"] == sorted({shape(each) for each in told})
    assert all("x-nexuscommerce-signature: sha256=" in each for each in told)
