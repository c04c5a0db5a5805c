"""The document: its operations, and references resolved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    alternatives: tuple[frozenset[str], ...]
    """The scopes, any of which sets will do; none at all for an operation without security."""
    parameters: tuple[dict[str, Any], ...]
    body: Any
    """The schema of the body; None without one."""


@dataclass(frozen=True)
class Route:
    """A path and what may be done there."""

    segments: tuple[str, ...]
    operations: dict[str, Operation]

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The path's parameters, None if the path is another one."""
        if len(segments) != len(self.segments):
            return None
        pairs = list(zip(self.segments, segments, strict=True))
        if any(not have or (want != have and not want.startswith("{")) for want, have in pairs):
            return None
        return {want[1:-1]: have for want, have in pairs if want.startswith("{")}

    @property
    def allow(self) -> list[str]:
        """Every method of the path, the last first."""
        names = {*self.operations, "OPTIONS"} | ({"HEAD"} if "GET" in self.operations else set())
        return sorted(names, reverse=True)


class Document:
    """openapi.yaml, as far as the named operations go."""

    def __init__(self, path: Path, operations: set[str]) -> None:
        """Reads the file."""
        self._tree: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        self.base: str = self._tree["servers"][0]["url"]
        self.limits: dict[str, Any] = self._tree["x-limits"]
        self.roles: dict[str, list[str]] = self._tree["components"]["securitySchemes"]["bearerAuth"]["x-roles"]
        self.transitions: list[dict[str, str]] = self._tree["components"]["schemas"]["OrderStatus"]["x-transitions"]
        self.routes = [
            Route(tuple(path.strip("/").split("/")), found)
            for path, item in self._tree["paths"].items()
            if (found := {each.method: each for each in self._operations(item) if each.name in operations})
        ]

    def resolve(self, thing: Any) -> Any:
        """What a reference leads to, or the thing itself."""
        while isinstance(thing, dict) and "$ref" in thing:
            found: Any = self._tree
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            thing = found
        return thing

    def members(self, schema: str) -> list[str]:
        """The members of a schema among the components."""
        return list(self._tree["components"]["schemas"][schema]["properties"])

    def find(self, segments: list[str]) -> tuple[Route, dict[str, str]] | None:
        """The route of a path below the base, and the parameters in it."""
        for route in self.routes:
            values = route.match(segments)
            if values is not None:
                return route, values
        return None

    def _operations(self, item: dict[str, Any]) -> list[Operation]:
        found = []
        for method in METHODS:
            if method not in item:
                continue
            told = item[method]
            security = told.get("security", self._tree["security"])
            body = self.resolve(told.get("requestBody"))
            found.append(
                Operation(
                    name=told["operationId"],
                    method=method.upper(),
                    alternatives=tuple(frozenset(entry["bearerAuth"]) for entry in security),
                    parameters=tuple(map(self.resolve, item.get("parameters", []) + told.get("parameters", []))),
                    body=body and body["content"]["application/json"]["schema"],
                )
            )
        return found
