"""What the doctor found, as one value that the screen and the JSON are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """`warn` costs rules or needs patience; `bad` is wrong in the target file, or in what it leads to."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Section(StrEnum):
    """In their order on the screen."""

    TARGET = "Target"
    CREDENTIALS = "Credentials"
    TENANTS = "Tenants"
    QUOTA = "Quota"
    DATA = "Data in `main`"
    RULES = "Rules"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was seen, and, unless all is well, the mend. `rules` are those that it costs."""

    section: Section
    mark: Mark
    what: str
    said: str
    mend: str = ""
    rules: tuple[str, ...] = ()
