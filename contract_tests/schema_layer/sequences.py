"""The operations that sequences of requests are made of: what is made, used and deleted. Others only lead away from them."""

from __future__ import annotations

from contract_tests.document import OPERATIONS

_GONE = tuple(operation.path for operation in OPERATIONS if operation.method == "DELETE")
REMEMBERED = tuple(operation for operation in OPERATIONS if operation.path in _GONE)
MAKERS = tuple(
    each for each in OPERATIONS if each.method == "POST" and any(path.startswith(f"{each.path}/{{") for path in _GONE)
)
SEQUENCED = frozenset(operation.id for operation in (*REMEMBERED, *MAKERS))
