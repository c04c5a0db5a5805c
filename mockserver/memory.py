"""What the process that serves does without, so that it weighs less and starts sooner (docs/performance.md).

For that process alone: whoever embeds the mock, or tests with it, gets Connexion and the allocator as they are.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import Any

import orjson

from mockserver.store.world import World

# The `__init__` of Connexion 3.3 imports all its apps, and Starlette's test client with httpx, rich and pygments; that of
# its decorators imports Flask. Modules of theirs are all that is used here.
_UNOPENED = ("connexion", "connexion.decorators")
# httpx sends webhooks, and is imported for the first of them; requests would fetch remote `$ref`s, of which there are none.
_LATER = ("httpx", "requests")
_MMAP_THRESHOLD, _BYTES = -3, 1 << 20  # of mallopt(3)
_RESTING = ("products", "orders", "inventory", "rules", "recommendations", "jobs")


class _Later(ModuleType):
    """Stands for a library until something of it is used. (importlib's LazyLoader cannot: the `import` statement of Python
    3.11 opens its modules.)"""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # which is asked for when a module inside it is imported
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def spare() -> None:
    """Once, before anything of Connexion is imported.

    glibc learns from the first large block that is freed to keep such blocks, and an Argon2 hash takes 8 MiB: with a fixed
    threshold they go back to the system. Elsewhere than on glibc nothing is set.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _BYTES)
    for name in _UNOPENED:
        if name not in sys.modules and (spec := importlib.util.find_spec(name)):
            sys.modules[name] = importlib.util.module_from_spec(spec)
    for name in _LATER:
        if name not in sys.modules:
            sys.modules[name] = _Later(name)


def resting(world: World) -> World:
    """The same world, of which the long lists are kept as JSON: they are read when the state is made anew, or a world is
    made of them for the first time."""
    return replace(world, tenants=[_Resting(tenant) for tenant in world.tenants])


class _Resting(Mapping[str, Any]):
    def __init__(self, tenant: Mapping[str, Any]) -> None:
        self._tenant = {name: orjson.dumps(value) if name in _RESTING else value for name, value in tenant.items()}

    def __getitem__(self, name: str) -> Any:
        value = self._tenant[name]
        return orjson.loads(value) if name in _RESTING else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._tenant)

    def __len__(self) -> int:
        return len(self._tenant)
