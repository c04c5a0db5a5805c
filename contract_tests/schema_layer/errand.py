"""What Schemathesis' process is told beside its configuration. It stands in the environment, and the token alone in a
variable of its own: it is in no file and on no command line."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

TOKEN = "NEXUS_CONTRACT_FUZZ_TOKEN"
VARIABLE = "NEXUS_CONTRACT_ERRAND"
CREDENTIAL = "fuzz_full"


class Errand(NamedTuple):
    """Where to write down what was found and what was made, and the bounds of the work.

    `parent` is the process without which it ends, `writes` whether anything but reading is allowed, `deadline` in seconds
    since 1970.
    """

    address: str
    lines: str
    journal: str
    parent: int
    writes: bool
    deadline: float | None
    per_minute: int | None

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(self)}


def given() -> Errand | None:
    """The errand of this process, if it is one of the judge's."""
    text = os.environ.get(VARIABLE)
    return Errand(*json.loads(text)) if text else None
