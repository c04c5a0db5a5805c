"""Which methods a path has: what `Allow` names, and what is answered to OPTIONS."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from nexuscommerce.contract import Document

Methods = tuple[str, ...]


class Allow:
    """By path. `elsewhere` are documents that are read when one of their paths is first asked for, by their prefix."""

    def __init__(self, paths: Mapping[str, Methods], elsewhere: Mapping[str, Callable[[], Document]]) -> None:
        self._known = [(_pattern(path), methods) for path, methods in paths.items()]
        self._elsewhere = dict(elsewhere)

    def __call__(self, path: str) -> Methods:
        """Its methods; none where there is no such path."""
        for prefix in [prefix for prefix in self._elsewhere if path.startswith(prefix + "/")]:
            self._known += [(_pattern(name), methods) for name, methods in paths_of(self._elsewhere.pop(prefix)()).items()]
        return next((methods for pattern, methods in self._known if pattern.fullmatch(path)), ())


def paths_of(document: Document) -> dict[str, Methods]:
    return {document.base_path + path: methods for path, methods in document.methods.items()}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", path)))
