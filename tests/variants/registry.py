"""Variants of the mock that are as legal as it is: a judge must accuse none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.faults.seams import Answer, on_the_wire


class Variant(NamedTuple):
    """How the mock is made to behave so. `sentence` is what it then does.

    One that bears the name of a choice needs it: `unstated` is the rule that fails where the target file does not say it,
    `untrue` the one that fails where it says it of the plain mock.
    """

    name: str
    sentence: str
    apply: Callable[[], None]
    unstated: str = ""
    untrue: str = ""


VARIANTS: dict[str, Variant] = {}


def variant(unstated: str = "", untrue: str = "") -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that changes the mock in this process. Its docstring says what is then otherwise."""

    def register(apply: Callable[[], None]) -> Callable[[], None]:
        sentence = (apply.__doc__ or "").strip()
        VARIANTS[apply.__name__] = Variant(apply.__name__, sentence, apply, unstated, untrue or unstated)
        return apply

    return register


def answering(change: Callable[[Answer], None]) -> None:
    """Change every answer on its way out. HEAD, which has no body to change, does not say how long GET's is."""

    def changed(answer: Answer) -> None:
        change(answer)
        if answer.method == "HEAD":
            answer.drop("content-length")

    on_the_wire(changed)
