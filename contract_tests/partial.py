"""A part of the document, for a target that has a part of the API: what its tags choose, and nothing that leads out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from nexuscommerce.contract import METHODS, Contract


def reduced(whole: Contract, tags: tuple[str, ...]) -> Contract:
    """The contract with the operations of these tags alone. Schemas stay: what nobody refers to does no harm."""
    document: dict[str, Any] = deepcopy(dict(whole.document))
    there = {node["operationId"] for node in _operations(document) if set(tags) & set(node["tags"])}
    document["paths"] = {
        path: {name: node for name, node in item.items() if name not in METHODS or node["operationId"] in there}
        for path, item in document["paths"].items()
        if any(name in METHODS and node["operationId"] in there for name, node in item.items())
    }
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in tags]
    for response in _responses(document):
        links = {name: link for name, link in response.pop("links", {}).items() if link["operationId"] in there}
        response.update({"links": links} if links else {})
    # A refusal that only absent operations know, and an event of a resource that only they show, cannot come.
    gone = _referred(whole.document) - _referred(document)
    document["x-refusals"] = [row for row in document["x-refusals"] if row["response"] not in gone]
    shown = {operation.members for name, operation in whole.operations.items() if name in there}
    document["x-webhooks"] = {name: node for name, node in document["x-webhooks"].items() if whole.events[name] in shown}
    return Contract(document, whole.source)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for item in document["paths"].values() for name, node in item.items() if name in METHODS)


def _responses(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["responses"].values()
    for node in _operations(document):
        yield from node["responses"].values()


def _referred(document: Mapping[str, Any]) -> set[str]:
    """The names of the responses that operations refer to."""
    return {
        response["$ref"].rpartition("/")[2]
        for node in _operations(document)
        for response in node["responses"].values()
        if "$ref" in response
    }
