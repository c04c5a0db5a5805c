"""Header fields are found as Starlette finds them, and routes as its router does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from mockserver.fields import Fields

NAMES = ["host", "x-tenant-id", "accept", "x-é"]
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), st.text(st.characters(max_codepoint=255), max_size=5)), max_size=6)


@given(FIELDS, st.sampled_from([*NAMES, "Host", "X-Tenant-ID", "none", ""]))
def test_fields_are_headers(given_: list[tuple[str, str]], name: str) -> None:
    raw = [(one.encode("latin-1"), value.encode("latin-1")) for one, value in given_]
    theirs, mine = Headers(scope={"headers": raw}), Fields({"headers": raw})

    assert (theirs.get(name), theirs.get(name, "-")) == (mine.get(name), mine.get(name, "-"))
    assert (theirs.getlist(name), name in theirs) == (mine.getlist(name), name in mine)
    assert (theirs.keys(), theirs.items(), theirs.raw, theirs) == (mine.keys(), mine.items(), mine.raw, mine)
    assert _got(theirs, name) == _got(mine, name)


def _got(headers: Headers, name: str) -> Any:
    try:
        return headers[name]
    except KeyError:
        return KeyError


@pytest.mark.parametrize("name", [1, None])
def test_no_field_has_a_name_that_is_no_text(name: Any) -> None:
    with pytest.raises(AttributeError):
        assert name in Fields({"headers": []})
