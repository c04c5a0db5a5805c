"""Why something was not judged. That is a verdict of its own, and never a pass."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum
from typing import NoReturn

import pytest


class Why(StrEnum):
    """The reasons, in the words that a report uses; each is followed by a colon and what it is about."""

    DISABLED = "disabled"  # an option or a profile leaves it out
    UNSUPPORTED = "unsupported"  # the target file says that the target does not have it
    NO_CREDENTIAL = "no credential"
    NOT_ALLOWED = "not allowed"  # the target file does not allow what it does to the target
    OUT_OF_TIME = "out of time"
    TOO_LITTLE = "too little to judge by"  # the target's data lack what it needs, or its minimum of examples was not met


class Unprepared(AssertionError):
    """What a test needs could not be had: a valid request failed that is not what the test is about."""


def not_run(why: Why, what: str) -> NoReturn:
    """End this test, or whatever fixture is being made for it, unjudged."""
    pytest.skip(f"{why}: {what}")


def kind(reason: str) -> Why:
    """The kind of a reason, as `not_run` wrote it; one that names no kind is about the target's data."""
    name = reason.partition(": ")[0]
    return Why(name) if name in set(Why) else Why.TOO_LITTLE


def enough(found: Sized, least: int, what: str) -> None:
    """Not run where fewer were found than a law can be judged on: on nothing at all it holds of itself."""
    if len(found) < least:
        not_run(Why.TOO_LITTLE, f"{what}: {len(found)}, and {least} are needed")
