"""What a run has made in its target, written to a file before and as it happens, so that it can be taken away again.

At the end of the run, after an interrupt, and, by whoever finds the file, after a crash. The file names tenants, SKUs and
ids, and no secret.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from contract_tests.effects import MARK

# Operation that makes something -> what that is, and the member of the answer's data that names it.
MAKERS: Mapping[str, tuple[str, str]] = {
    "createProduct": ("product", "sku"),
    "createPricingRule": ("rule", "id"),
    "dispatchJob": ("job", "id"),
    "recalculatePrices": ("job", "job_id"),
}
# What was made -> the operation that ends it, its path parameter, and the statuses after which nothing is left to do: it is
# done, it was gone already, or, of a job, it had ended.
ENDERS: Mapping[str, tuple[str, str, tuple[int, ...]]] = {
    "rule": ("deletePricingRule", "ruleId", (200, 204, 404)),
    "product": ("deleteProduct", "sku", (200, 204, 404)),
    "job": ("cancelJob", "jobId", (200, 404, 409)),
    "endpoint": ("unregister", "", (204,)),  # a command of [webhooks]; the last: it is told of the others
}
ENDPOINT = "endpoint"
LASTING = "job"  # the API can end these, and not remove them


class Made(NamedTuple):
    """Something that the run made. `tenant` is the tenant's id, `name` the SKU or the id."""

    kind: str
    tenant: str
    name: str


def is_marked(name: str) -> bool:
    """Whether a SKU is one of those that only judges use, in whatever case a test writes it."""
    return name.upper().startswith(MARK)


@dataclass
class Journal:
    """Append-only. `there` is what has to be taken away, in the order in which it was made."""

    path: Path | None = None
    there: dict[Made, None] = field(default_factory=dict)
    intended: set[Made] = field(default_factory=set)
    asked: set[Made] = field(default_factory=set)  # every product that was asked for, whatever its SKU
    lasting: list[Made] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)  # orders, which no operation leads back
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def owns(self, name: str) -> bool:
        """Whether a judge made what a request names."""
        return is_marked(name) or any(made.name == name for made in (*self.there, *self.lasting))

    def intends(self, operation: str, tenant: str | None, body: Any) -> None:
        """Before a product is asked for: if no answer comes it may be there all the same."""
        if operation == "createProduct" and isinstance(body, dict):
            self.asked.add(Made("product", str(tenant), str(body.get("sku"))))
        what = _intended(operation, tenant, body)
        if what and what not in self.there:
            self.intended.add(what)
            self.made(what)

    def refused(self, operation: str, tenant: str | None, body: Any) -> None:
        """It is not there for this request; it may be there for one before."""
        what = _intended(operation, tenant, body)
        if what and what in self.intended:
            self.intended.discard(what)
            self.gone(what)

    def answered(self, operation: str, tenant: str | None, path: Mapping[str, str], data: Any) -> None:
        """After a success: what was made is there, what was ended is gone.

        A product that was not asked for is not ours, whatever a server answers: it may be somebody's.
        """
        if not tenant:
            return
        if operation in MAKERS:
            kind, member = MAKERS[operation]
            what = Made(kind, tenant, data[member]) if isinstance(data, dict) and isinstance(data.get(member), str) else None
            if what and (kind != "product" or what in self.asked):
                self.made(what)
                self.intended.discard(what)
        for kind, (ender, parameter, _) in ENDERS.items():
            if operation == ender and parameter in path:
                self.gone(Made(kind, tenant, path[parameter]))
        if operation in ("updateOrder", "confirmShipment", "cancelOrder"):
            self.moved.add(path.get("orderId", ""))

    def made(self, what: Made) -> None:
        with self._lock:
            if what not in self.there:
                self.there[what] = None
                self._write("made", what)

    def gone(self, what: Made) -> None:
        with self._lock:
            if what in self.there:
                del self.there[what]
                if what.kind == LASTING:
                    self.lasting.append(what)
                self._write("gone", what)

    def clear(self, end: Callable[[Made], int | str], say: Callable[[int, int], None] = lambda done, of: None) -> list[str]:
        """Take away all that is there, rules before products. `end` answers a status, or why there is none.

        What could not be taken away is told, a line each.
        """
        left: list[str] = []
        every = sorted(self.there, key=lambda made: list(ENDERS).index(made.kind))
        for number, made in enumerate(every):
            say(number, len(every))
            status = end(made)
            if status in ENDERS[made.kind][2]:
                self.gone(made)
            else:
                left.append(f"{made.kind} {made.name} of tenant {made.tenant} ({ENDERS[made.kind][0]} answered {status})")
        return left

    def remains(self) -> list[str]:
        """What a run leaves behind by nature, for the report."""
        jobs = [f"{len(self.lasting)} AI jobs, ended: the API has no way to remove one"] if self.lasting else []
        return jobs + ([f"{len(self.moved)} orders that were moved on: the API leads none back"] if self.moved else [])

    def close(self) -> None:
        """The file goes when nothing that it names is left."""
        if self.path and not self.there:
            self.path.unlink(missing_ok=True)

    def _write(self, event: str, what: Made) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([event, *what], ensure_ascii=False) + "\n")


def _intended(operation: str, tenant: str | None, body: Any) -> Made | None:
    """A product with a judge's SKU. Of another SKU nobody could say afterwards whether it was there before."""
    sku = body.get("sku") if isinstance(body, dict) else None
    ours = operation == "createProduct" and tenant and isinstance(sku, str) and is_marked(sku)
    return Made("product", str(tenant), str(sku)) if ours else None


def read(path: Path) -> Journal:
    """The journal of a run that could not tidy up. A line that was cut by the crash is the last one, and says nothing."""
    journal = Journal()
    for event, *what in _lines(path):
        (journal.made if event == "made" else journal.gone)(Made(*what))
    journal.path = path
    return journal


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text("utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def directory() -> Path:
    """Where journals are: one file for each run that is under way, or that could not tidy up."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "nexus-contract"
