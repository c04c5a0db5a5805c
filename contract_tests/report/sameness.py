"""When two failures are the same: within a run, where they become one row, and from one run to the next."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace

from contract_tests.report.model import Failure, Known

# A status at the end of a clause, or before an error code; "200 rows" is a count.
_STATUS = re.compile(r"(?<!\S)[1-5]\d\d(?=$|[,;:.)](?:\s|$)|\s+[A-Z])")
_CHANGING = re.compile(r"\S*\d\S*")
_DIFFERENCE = re.compile(r"\n  \n.*", re.DOTALL)  # what pytest lays out below an assertion


def shape(what: str) -> str:
    """A finding without what changes from run to run: each word with a digit is #. Statuses stay: 500 for 200 is news.

    Many such words in a row are one: how many rows are missing changes too.
    """
    kept = set(_STATUS.findall(what))
    words = (_CHANGING.sub(lambda found: _word(found[0], kept), line) for line in _DIFFERENCE.sub("", what).splitlines())
    return re.sub(r"#(?: #)+", "#", re.sub(r"\s+", " ", " ".join(words)).strip())


def _word(word: str, kept: set[str]) -> str:
    return word if word.rstrip(",;:.)") in kept else "#"


def fingerprint(known: Known) -> str:
    """The same for the same rule, operation and shape of finding, in every run."""
    return hashlib.sha256(
        "\n".join((known.rule, known.operation, shape(known.what))).encode("utf-8", "replace")
    ).hexdigest()[:32]


def merged(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """A hundred identical failures as one row: the first of each, with its times, and flaky if every one was."""
    rows: dict[tuple[str, str], Failure] = {}
    for failure in failures:
        key = (failure.operation, failure.what)
        first = rows.get(key)
        if first is None:
            rows[key] = failure
        else:
            rows[key] = replace(first, times=first.times + failure.times, flaky=first.flaky and failure.flaky)
    return tuple(rows.values())
