"""The document's schemas as jsonschema-rs validators: OpenAPI 3.0 says `nullable` where JSON Schema Draft 4 has a type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

_ANNOTATIONS = frozenset({"example", "default", "description", "xml", "externalDocs", "deprecated", "nullable"})


class Schemas:
    """Every schema of one document, resolved and compiled on demand."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._named = _draft4(document["components"]["schemas"], names=True)

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref` at the top of a node."""
        return resolve(self._document, node)

    def named(self, name: str) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = self._document["components"]["schemas"][name]
        return schema

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft4Validator:
        """A validator of the schema, formats included, its `$ref`s resolved in the document."""
        own = _draft4(schema)
        named = {"schemas": self._referred_to(own)}
        return jsonschema_rs.Draft4Validator({**own, "components": named}, validate_formats=True)

    def _referred_to(self, schema: Any) -> dict[str, Any]:
        """The named schemas that it and they need, and no more: a validator keeps all that it is given."""
        found: dict[str, Any] = {}
        left = [schema]
        while left:
            for ref in _refs(left.pop()):
                name = ref.removeprefix("#/components/schemas/")
                if name in self._named and name not in found:
                    found[name] = self._named[name]
                    left.append(found[name])
        return found

    def branches(self, schema: Mapping[str, Any]) -> tuple[str, Mapping[str, Mapping[str, Any]]] | None:
        """Of a schema with a `discriminator`: the member that chooses, and the schema for each of its values."""
        chooser = self.resolve(schema).get("discriminator")
        if chooser is None:
            return None
        return chooser["propertyName"], {value: {"$ref": ref} for value, ref in chooser["mapping"].items()}

    def filled(self, schema: Mapping[str, Any], value: Any) -> Any:
        """A valid value with the defaults of the members that it leaves out, all the way down its objects; -0.0 is 0."""
        if not isinstance(value, dict):
            return value + 0 if isinstance(value, float) else value
        if branches := self.branches(schema):
            schema = branches[1][value[branches[0]]]
        members = self.resolve(schema).get("properties", {})
        given = {name: self.filled(members[name], inner) if name in members else inner for name, inner in value.items()}
        left_out = ((name, self.resolve(part)) for name, part in members.items() if name not in value)
        return given | {name: part["default"] for name, part in left_out if "default" in part}

    def transitions(self) -> Iterator[Mapping[str, str]]:
        """Every row of every `x-transitions`."""
        for schema in self._document["components"]["schemas"].values():
            yield from schema.get("x-transitions", ())


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `$ref` within the document until there is none."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _refs(node: Any) -> Iterator[str]:
    """Every `$ref` within a schema."""
    if isinstance(node, list):
        for item in node:
            yield from _refs(item)
    elif isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            yield ref
        for value in node.values():
            yield from _refs(value)


def _draft4(node: Any, *, names: bool = False) -> Any:
    """The same schema without annotations, `nullable` as a second type. With `names`, the keys are names, not keywords."""
    if isinstance(node, list):
        return [_draft4(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {name: _draft4(schema) for name, schema in node.items()}
    out = {
        key: _draft4(value, names=key == "properties")
        for key, value in node.items()
        if key not in _ANNOTATIONS and not key.startswith("x-")
    }
    if node.get("nullable"):
        if "type" in out:
            out["type"] = [out["type"], "null"]
        if "enum" in out:
            out["enum"] = [*out["enum"], None]
    return out
