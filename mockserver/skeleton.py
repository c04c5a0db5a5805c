"""What Connexion is given of a document: paths, operations, their path parameters and their security.

Everything else of it, the schemas above all, is ours to check (validation.py), and Connexion would hold it three times over.
"""

from __future__ import annotations

from typing import Any

from nexuscommerce.contract import Document, Operation

_WHOLE = ("openapi", "info", "servers", "security")


def skeleton(document: Document) -> dict[str, Any]:
    """An OpenAPI document of the same routes and the same security."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in document.operations.values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(document, operation)
    kept = {name: document.document[name] for name in _WHOLE if name in document.document}
    schemes = document.document["components"]["securitySchemes"]
    return {**kept, "components": {"securitySchemes": schemes}, "paths": paths}


def _operation(document: Document, operation: Operation) -> dict[str, Any]:
    stated = document.document["paths"][operation.path][operation.method.lower()]
    security = {"security": stated["security"]} if "security" in stated else {}
    parameters = [
        {"name": p.name, "in": "path", "required": True, "schema": _type(dict(p.schema))}
        for p in operation.parameters
        if p.location == "path"
    ]
    responses = {"default": {"description": "as the document says"}}
    return {"operationId": operation.id, "parameters": parameters, "responses": responses, **security}


def _type(schema: dict[str, Any]) -> dict[str, Any]:
    """As much as makes a route."""
    return {name: schema[name] for name in ("type", "format") if name in schema}
