"""The arrows point inwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A package and what it must not import.
FORBIDDEN = {
    "contract_tests": {"mockserver"},
    "nexuscommerce": {"mockserver", "contract_tests"},
    "mockserver": {"contract_tests", "tests", "fixtures"},
    "mockserver/domain": {
        "mockserver.store",
        "mockserver.handlers",
        "mockserver.sandbox",
        "starlette",
        "connexion",
        "sqlalchemy",
        "nexuscommerce",
    },
    "mockserver/store": {
        "mockserver.handlers",
        "mockserver.sandbox",
        "mockserver.edge",
        "mockserver.app",
        "starlette",
        "connexion",
    },
    "mockserver/webhooks": {
        "mockserver.handlers",
        "mockserver.sandbox",
        "mockserver.edge",
        "mockserver.app",
        "starlette",
        "connexion",
    },
    "mockserver/handlers": {
        "mockserver.sandbox",
        "mockserver.visit",
        "mockserver.edge",
        "mockserver.app",
        "starlette",
        "connexion",
    },
    "mockserver/sandbox": {"mockserver.edge", "mockserver.app", "mockserver.tenancy"},
    "mockserver/live": {"mockserver.edge", "mockserver.app", "mockserver.tenancy", "starlette", "connexion"},
    "mockserver/sandbox/handlers": {
        "mockserver.sandbox.control",
        "mockserver.sandbox.dashboard",
        "mockserver.dispatch",
        "mockserver.visit",
        "starlette",
        "connexion",
    },
    "mockserver/sandbox/dashboard": {
        "mockserver.store",
        "mockserver.handlers",
        "mockserver.sandbox.handlers",
        "connexion",
    },
}

# What only one place may import: a library, and who imports it.
ALONE = {
    "sqlalchemy": "mockserver/store",
    "flask": "mockserver/sandbox/dashboard",
    "werkzeug": "mockserver/sandbox/dashboard",
    "yaml": "nexuscommerce/contract.py",
    "redis": "mockserver/live",
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_from_further_out(package: str) -> None:
    found = [
        (path.name, name)
        for path in (ROOT / package).rglob("*.py")
        for name in _imports(path)
        if any(_within(name, banned) for banned in FORBIDDEN[package])
    ]

    assert [] == found


@pytest.mark.parametrize("library", ALONE)
def test_a_library_has_one_place(library: str) -> None:
    """Nothing outside the store can query, and within it a Shop is bound to its tenant; nobody else parses YAML, so there is
    one reader of the documents; Flask makes the dashboard's pages and nothing of the API;
    redis-py is an extra, and what does without it starts without it."""
    importers = {
        path.relative_to(ROOT)
        for package in ("mockserver", "contract_tests", "nexuscommerce")
        for path in (ROOT / package).rglob("*.py")
        if any(_within(name, library) for name in _imports(path))
    }

    assert importers, f"nobody imports {library}"
    assert [] == sorted(str(path) for path in importers if not path.is_relative_to(ALONE[library]))
