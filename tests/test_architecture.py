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
        "starlette",
        "connexion",
        "sqlalchemy",
        "nexuscommerce",
    },
    "mockserver/store": {"mockserver.handlers", "mockserver.edge", "mockserver.app", "starlette", "connexion"},
    "mockserver/webhooks": {
        "mockserver.handlers",
        "mockserver.edge",
        "mockserver.app",
        "starlette",
        "connexion",
        "sqlalchemy",
    },
    "mockserver/sandbox/dashboard": {"mockserver.store", "mockserver.handlers", "mockserver.app", "sqlalchemy", "connexion"},
    "mockserver/handlers": {"sqlalchemy", "starlette", "connexion", "flask", "mockserver.app", "mockserver.edge"},
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


def test_only_the_store_imports_sqlalchemy() -> None:
    """Nothing outside it can query, and within it a Shop is bound to its tenant."""
    importers = {
        path.relative_to(ROOT).parts[:2]
        for package in ("mockserver", "contract_tests", "nexuscommerce")
        for path in (ROOT / package).rglob("*.py")
        if any(_within(name, "sqlalchemy") for name in _imports(path))
    }

    assert {("mockserver", "store")} == importers


def test_only_the_reader_reads_the_document() -> None:
    """One reader of openapi.yaml: nobody else parses YAML."""
    parsers = {
        str(path.relative_to(ROOT))
        for package in ("mockserver", "contract_tests", "nexuscommerce")
        for path in (ROOT / package).rglob("*.py")
        if "yaml" in set(_imports(path))
    }

    assert {"nexuscommerce/contract.py"} == parsers
