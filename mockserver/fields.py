"""The header fields of a request, found by their names at once."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope


class Fields(Headers):
    """Starlette's headers look through all of them, each time that one is asked for: some ten times for each request."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._found: dict[str, list[str]] = {}
        for name, value in self.raw:
            self._found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def get(self, key: str, default: Any = None) -> Any:
        found = self._found.get(key) or self._found.get(key.lower())
        return found[0] if found else default

    def getlist(self, key: str) -> list[str]:
        return list(self._found.get(key.lower(), ()))

    def __getitem__(self, key: str) -> str:
        return self._found[key.lower()][0]

    def __contains__(self, key: Any) -> bool:
        return key.lower() in self._found
