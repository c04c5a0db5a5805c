"""How the judge looks at the document for a target: the part that it implements, and what it chooses otherwise.

That is in the environment, so that whoever imports `document` finds it there, Schemathesis' process too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

VARIABLE = "NEXUS_CONTRACT_VIEW"


class View(NamedTuple):
    """`tags` that the target implements, none meaning all; `choices` by name, those that differ from the document."""

    tags: tuple[str, ...] = ()
    choices: Mapping[str, str] = {}

    def __str__(self) -> str:
        return json.dumps({"tags": self.tags, "choices": dict(self.choices)})


def chosen() -> View:
    """What was chosen in this process or before it."""
    given = json.loads(os.environ.get(VARIABLE) or "{}")
    return View(tuple(given.get("tags", ())), given.get("choices", {}))


def choose(view: View) -> None:
    """Before `document` is imported."""
    os.environ[VARIABLE] = str(view)
