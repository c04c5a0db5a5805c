"""What the serving process leaves out is not missed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from connexion.spec import Specification

from bench.contenders import CONTENDERS, MOCK
from bench.process import resident
from bench.serving import serving
from mockserver.memory import resting
from mockserver.skeleton import skeleton
from mockserver.store.world import load_world
from nexuscommerce.contract import Contract, Document, load_sandbox
from nexuscommerce.files import packaged

_SERVING = """
import sys
from mockserver.memory import spare
spare()
import mockserver.app, mockserver.server, mockserver.greeting
heavy = {"httpx._client", "urllib3", "rich", "flask", "starlette.testclient", "connexion.apps"}
print(sorted(heavy & set(sys.modules)))
import httpx
from mockserver.webhooks.addresses import fault
import requests.adapters
print(requests.adapters.HTTPAdapter.__name__, requests.Session.__name__)
print(httpx.URL("http://shop.example/a").host, fault("http://shop.example/a"), "httpx._client" in sys.modules)
"""


def test_what_the_mock_does_not_use_is_not_imported_until_it_is() -> None:
    done = subprocess.run([sys.executable, "-c", _SERVING], capture_output=True, text=True, check=True)

    assert ["[]", "HTTPAdapter Session", "shop.example None True"] == done.stdout.splitlines()


def test_the_mock_weighs_less_than_100_mib(tmp_path: Path) -> None:
    """Once it has answered, with Python's compiled files there: a first start makes them, and the state."""
    for _ in range(2):
        with serving(CONTENDERS[MOCK], tmp_path) as server:
            weight = resident(server.pid)

    assert weight < 100


def test_a_command_that_talks_to_a_mock_has_not_imported_one() -> None:
    """`nexus-mock token` is called often, by scripts."""
    look = (
        "import sys, mockserver.cli; print(sorted({'sqlalchemy', 'connexion', 'uvicorn', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_a_resting_world_has_all_that_it_had(contract: Contract) -> None:
    world = load_world(packaged("fixtures/world.json"), contract)

    assert [dict(tenant) for tenant in world.tenants] == [dict(tenant) for tenant in resting(world).tenants]


def _routes(specification: Specification) -> dict[str, object]:
    """What Connexion routes and guards by."""
    found: dict[str, object] = {}
    for path, item in specification["paths"].items():
        for method in {"get", "put", "post", "patch", "delete"} & set(item):
            operation = specification.operation_cls.from_spec(specification, path=path, method=method, resolver=_Named())
            guarded = (operation.security, operation.security_schemes)
            found[f"{method} {path}"] = (operation.operation_id, operation.get_path_parameter_types(), guarded)
    return found


class _Named:
    """Connexion's resolver, for whom a name is enough."""

    class _Resolution:
        function = None

        def __init__(self, operation_id: str) -> None:
            self.operation_id = operation_id

    def resolve(self, operation: object) -> _Resolution:
        return self._Resolution(operation.operation_id)  # type: ignore[attr-defined]  # Connexion has no types


def _same(document: Document) -> None:
    whole, bare = Specification.from_dict(dict(document.document)), Specification.from_dict(skeleton(document))

    assert _routes(whole) == _routes(bare)
    assert (whole.base_path, len(document.operations)) == (bare.base_path, len(_routes(bare)))


def test_connexion_routes_and_guards_by_the_skeleton_as_by_the_document(contract: Contract) -> None:
    _same(contract)


def test_that_of_the_control_api_too() -> None:
    _same(load_sandbox())
