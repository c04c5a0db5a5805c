"""What holds for every single delivery, whatever happened: signature, headers, schema, tenant.

A law answers what it found: nothing, or a line for each breach.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from contract_tests.document import WHOLE
from contract_tests.endpoint import Endpoint
from contract_tests.receiver import Delivery
from contract_tests.seen import breaches
from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, sign, verify

Law = Callable[[Delivery, Endpoint], list[str]]


def is_signed(delivery: Delivery, endpoint: Endpoint) -> list[str]:
    given = delivery.header(SIGNATURE)
    if verify(delivery.body, given, endpoint.secret):
        return []
    if given is None:
        return [f"no header {SIGNATURE}"]
    kinds = [kind for kind, made in mistaken(delivery, endpoint.secret).items() if made == given]
    found = f"it is {kinds[0]}" if kinds else "it is of other bytes or with another secret"
    return [f"{SIGNATURE} is {given[:100]!r}, expected {sign(delivery.body, endpoint.secret)!r}: {found}"]


def mistaken(delivery: Delivery, secret: str) -> Mapping[str, str]:
    """What a signature is that is made in a way that others have taken for right, by what is wrong with it."""
    right = sign(delivery.body, secret)
    digest = bytes.fromhex(right.removeprefix("sha256="))
    anew = [json.dumps(delivery.event, **form).encode() for form in FORMS]
    bare = secret.removeprefix("whsec_")
    return {
        "in upper case": "sha256=" + digest.hex().upper(),
        "without sha256=": digest.hex(),
        "in base64": "sha256=" + base64.b64encode(digest).decode(),
        "with the secret less its whsec_": sign(delivery.body, bare),
        "with the secret's bytes out of base64": _hmac(base64.urlsafe_b64decode(_base64(bare)), delivery.body),
        "no HMAC, but a hash of the body": "sha256=" + hashlib.sha256(delivery.body).hexdigest(),
        **{f"of the body's JSON written anew ({n})": sign(body, secret) for n, body in enumerate(anew, 1)},
    }


FORMS: tuple[dict[str, Any], ...] = tuple(
    {"separators": separators, "ensure_ascii": ascii_, "sort_keys": sort}
    for separators in ((",", ":"), (", ", ": "))
    for ascii_ in (False, True)
    for sort in (False, True)
)


def _base64(text: str) -> bytes:
    """Text that can be decoded: what is no base64 is taken out, and the padding put on."""
    plain = "".join(sign for sign in text if sign.isascii() and (sign.isalnum() or sign in "-_"))
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return (plain + "=" * (-len(plain) % 4)).encode()


def _hmac(key: bytes, body: bytes) -> str:
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def names_event_and_delivery(delivery: Delivery, _: Endpoint) -> list[str]:
    found = [f"no header {name}" for name in (EVENT, DELIVERY) if delivery.header(name) is None]
    given, type_ = delivery.header(EVENT), delivery.type
    if given is not None and given != type_:
        found.append(f"{EVENT} is {given!r}, the event's type {type_!r}")
    return found


def is_as_documented(delivery: Delivery, _: Endpoint) -> list[str]:
    """A POST of JSON that is valid against the schema of the event that it says it is."""
    found = [] if delivery.method == "POST" else [f"the method is {delivery.method}, not POST"]
    media = (delivery.header("Content-Type") or "").partition(";")[0].strip().lower()
    found += [] if media == "application/json" else [f"Content-Type is {media or 'absent'}, not application/json"]
    if not delivery.event:
        return [*found, "the body is no JSON object"]
    if delivery.type not in WHOLE.events:
        return [*found, f"there is no event {delivery.type!r}; there are {', '.join(WHOLE.events)}"]
    found += breaches(SCHEMAS[delivery.type], delivery.event)
    status = delivery.data.get("status")
    fits = STATUS_OF.get(delivery.type, status) == status
    return found if fits else [*found, f"{delivery.type} of a job that is {status}"]


def is_of_the_tenant(delivery: Delivery, endpoint: Endpoint) -> list[str]:
    given = delivery.event.get("tenant_id")
    return [] if str(given).lower() == endpoint.tenant.lower() else [f"tenant_id is {given!r}, not {endpoint.tenant}"]


def _schema(item: Mapping[str, Any]) -> Mapping[str, Any]:
    body = WHOLE.schemas.resolve(item["post"]["requestBody"])
    schema: Mapping[str, Any] = body["content"]["application/json"]["schema"]
    return schema


SCHEMAS = {name: _schema(item) for name, item in WHOLE.document["x-webhooks"].items()}
STATUS_OF = {"ai_job.completed": "completed", "ai_job.failed": "failed"}  # what the event's own name says of its data


def once(delivery: Delivery) -> tuple[str, ...] | None:
    """What happens at most once: a product is created and deleted once, a job ends once, and an order never comes into a
    state again (`x-transitions`)."""
    name = str(delivery.data.get("id"))
    if delivery.type in STATUS_OF:
        return "ai_job", name
    if delivery.type == "order.status_changed":
        return delivery.type, name, str(delivery.data.get("status"))
    return (delivery.type, name) if delivery.type in ("product.created", "product.deleted", "order.created") else None


def what(delivery: Delivery) -> tuple[str, ...]:
    """What an event is of: two of another type, time or resource are two events."""
    told = delivery.event.get("type"), delivery.event.get("created_at"), *map(delivery.data.get, ("id", "sku"))
    return tuple(map(str, told))
