"""What a request may do is judged before it is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.effects import Gate, Overstepped, effect
from contract_tests.journal import Journal, Made
from contract_tests.rules import RULES, Effect

OWN, THEIRS = "JT-0a1b2c3d-00001", "SKU-001"
JOURNAL = Journal()
JOURNAL.made(Made("rule", "t", "prl_own"))


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/products/SKU-001", None, Effect.READ),
        ("HEAD", "/orders", None, Effect.READ),
        ("OPTIONS", "/nowhere", None, Effect.READ),
        ("POST", "/products", {"sku": THEIRS}, Effect.WRITES),
        ("PATCH", f"/products/{OWN}", {"title": "x"}, Effect.WRITES),
        ("DELETE", f"/products/{OWN.lower()}", None, Effect.WRITES),
        ("PATCH", f"/products/{THEIRS}", {"title": "x"}, Effect.DESTRUCTIVE),
        ("DELETE", f"/products/{THEIRS}", None, Effect.DESTRUCTIVE),
        ("PUT", f"/inventory/{OWN}", {"quantity": 1}, Effect.WRITES),
        ("PUT", f"/inventory/{THEIRS}", {"quantity": 1}, Effect.DESTRUCTIVE),
        ("POST", "/inventory/bulk", {"updates": [{"sku": OWN}, {"sku": OWN}]}, Effect.WRITES),
        ("POST", "/inventory/bulk", {"updates": [{"sku": OWN}, {"sku": THEIRS}]}, Effect.DESTRUCTIVE),
        ("POST", "/orders/ord_1/cancel", None, Effect.DESTRUCTIVE),
        ("PATCH", "/orders/ord_1", {"status": "confirmed"}, Effect.DESTRUCTIVE),
        ("POST", "/pricing/rules", {"applies_to": "all", "is_active": False}, Effect.WRITES),
        ("POST", "/pricing/rules", {"applies_to": "all"}, Effect.DESTRUCTIVE),
        ("POST", "/pricing/rules", {"applies_to": "skus", "skus": [OWN]}, Effect.WRITES),
        ("POST", "/pricing/rules", {"applies_to": "skus", "skus": [OWN, THEIRS]}, Effect.DESTRUCTIVE),
        ("POST", "/pricing/rules", {"applies_to": "category", "category": f"Judged {OWN}"}, Effect.WRITES),
        ("POST", "/pricing/rules", {"applies_to": "category", "category": "Widgets"}, Effect.DESTRUCTIVE),
        ("DELETE", "/pricing/rules/prl_own", None, Effect.WRITES),
        ("DELETE", "/pricing/rules/prl_other", None, Effect.DESTRUCTIVE),
        ("POST", "/pricing/recalculate", {"skus": [OWN]}, Effect.WRITES),
        ("POST", "/pricing/recalculate", {"skus": [THEIRS]}, Effect.DESTRUCTIVE),
        ("POST", "/ai-jobs", {"type": "competitor_scan", "params": {"skus": [THEIRS]}}, Effect.DESTRUCTIVE),
        ("POST", "/ai-jobs", {"type": "competitor_scan", "params": {"skus": [OWN]}}, Effect.WRITES),
        ("DELETE", "/products", None, Effect.DESTRUCTIVE),  # no such operation: nobody knows what is there
        ("POST", "/nowhere", None, Effect.DESTRUCTIVE),
    ],
)
def test_a_request_is_what_it_would_do_if_it_were_let_in(method: str, path: str, body: Any, expected: Effect) -> None:
    content = None if body is None else json.dumps(body).encode()

    assert expected == effect(method, path, content, JOURNAL.owns)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'"x"', None, iter([b"{}"])])
def test_of_a_body_that_is_no_object_nothing_comes(content: object) -> None:
    assert Effect.WRITES == effect("POST", "/inventory/bulk", content, JOURNAL.owns)


def test_what_is_not_allowed_is_not_sent_and_not_judged() -> None:
    gate = Gate(frozenset({Effect.READ}))

    with pytest.raises(pytest.skip.Exception, match="not allowed: it needs `writes` in `allow`"):
        gate.admit("POST", "/products", b"{}", JOURNAL.owns)


def test_a_test_that_does_more_than_its_rule_may_is_the_suites_own_fault() -> None:
    gate = Gate(frozenset(Effect))
    gate.rule = RULES["PAG-01"]._replace(effects=(Effect.READ,))

    with pytest.raises(Overstepped, match=r"PAG-01 sent DELETE /products/SKU-001, which is destructive"):
        gate.admit("DELETE", "/products/SKU-001", None, JOURNAL.owns)
