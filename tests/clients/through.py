"""Every example of the document at argv[1] goes through nexus_client: what comes out changed, and how many went in."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
import typing
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import nexus_client.api
import yaml

DOCUMENT = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))
CLIENT = nexus_client.Client("http://127.0.0.1", raise_on_unexpected_status=True)


def modules() -> dict[str, ModuleType]:
    """Name -> module of each operation."""
    found = pkgutil.walk_packages(nexus_client.api.__path__, "nexus_client.api.")
    return {
        each.name.rsplit(".", 1)[1].replace("_", ""): importlib.import_module(each.name) for each in found if not each.ispkg
    }


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


def examples(node: dict[str, Any]) -> Iterator[Any]:
    """Of a response or a request body."""
    content = resolved(node).get("content", {}).get("application/json", {})
    if "example" in content:
        yield content["example"]
    elif "examples" in content:
        yield from (each["value"] for each in content["examples"].values())
    elif content:
        yield resolved(content["schema"])["example"]


def plain(value: Any) -> Any:
    """Instants by what they mean, not how they are written."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) and value[4:5] == "-" else value
    except ValueError:
        return value


def answered(module: ModuleType, status: int, example: Any) -> Any:
    parsed = module._build_response(client=CLIENT, response=httpx.Response(status, json=example)).parsed
    return parsed.to_dict()


def sent(module: ModuleType, example: Any) -> Any:
    """By the first of the body's classes that takes it."""
    annotation = inspect.signature(module.sync_detailed).parameters["body"].annotation
    for each in typing.get_args(annotation) or (annotation,):
        try:
            return each.from_dict(example).to_dict()
        except (KeyError, ValueError, TypeError):
            continue
    return None


def pairs() -> Iterator[tuple[str, Any, Any]]:
    """Where it stands, what went in, what came out."""
    known = modules()
    for item in DOCUMENT["paths"].values():
        for operation in (each for each in item.values() if "operationId" in each):
            name = operation["operationId"]
            module = known.pop(name.lower())
            for example in examples(operation.get("requestBody", {})):
                yield name, example, sent(module, example)
            for status, response in operation["responses"].items():
                for example in examples(response):
                    yield f"{name} {status}", example, answered(module, int(status), example)
    assert not known, known


count = 0
for count, (place, before, after) in enumerate(pairs(), 1):  # noqa: B007
    if plain(before) != plain(after):
        print(place, json.dumps(before), json.dumps(after))
print(count)
