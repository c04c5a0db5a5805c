"""Values that members may have, drawn by Hypothesis: each member of ProductUpdate, and those of a rule beside its scope."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from contract_tests.document import CONTRACT

# Any text but control characters and surrogates: what the patterns of openapi.yaml allow on one line.
_signs = st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\x7f"])
_line = st.text(_signs, min_size=1)
_lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
_cents = st.one_of(st.integers(0, 10_000), st.integers(0, 9_999_999_999)).map(lambda cents: cents / 100)
_visible = st.text([chr(code) for code in range(33, 127)], max_size=40)

VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "title": st.text(_signs, min_size=1, max_size=200),
    "description": st.none() | _lines,
    "status": st.sampled_from(CONTRACT.schemas.named("ProductStatus")["enum"]),
    "price": _cents,
    "currency": st.text(string.ascii_uppercase, min_size=3, max_size=3),
    "gtin": st.none() | st.text(string.digits, min_size=8, max_size=14),
    "category": st.none() | st.text(_signs, min_size=1, max_size=100),
    "cost_price": st.none() | _cents,
    "weight_kg": st.none() | st.integers(0, 100_000) | st.integers(0, 100_000_000).map(lambda grams: grams / 1000),
    "images": st.lists(_visible.map("https://img.example/".__add__), max_size=20),
}

RULE_VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "name": st.text(_signs, min_size=1, max_size=200),
    "type": st.sampled_from(CONTRACT.schemas.named("RuleType")["enum"]),
    "value": _cents,
    "value_type": st.sampled_from(CONTRACT.schemas.named("RuleValueType")["enum"]),
    "marketplace": st.sampled_from(["all", "amazon_us", "x1", "a" * 32]),
    "priority": st.integers(1, 20) | st.integers(1, 1_000_000_000),
    "is_active": st.just(False),  # an active one might decide
}


def some(names: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any members, at least one."""
    return st.fixed_dictionaries({}, optional=dict(names)).filter(bool)
