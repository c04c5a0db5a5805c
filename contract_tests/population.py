"""What the judge writes into a target: products with names of its own, deleted when the run ends."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, LISTS
from contract_tests.seen import Row
from nexuscommerce.contract import Operation

# Titles and SKU ends with ties, letter case, digits, wildcards and non-ASCII text, for the laws of sorting and searching.
TITLES = {
    "a": "Blue widget",
    "A": "Blue widget",
    "b": "blue widget",
    "B": "BLUE WIDGET",
    "9": "Widget 9",
    "10": "Widget 10",
    "100": "Widget 100",
    "pc": "100% cotton",
    "pc2": "100 cotton",
    "us": "under_score",
    "us2": "underXscore",
    "bs": "back\\slash",
    "qt": 'O\'Brien "quoted" ; -- ',
    "umlaut": "Größe ÄÖÜ",
    "accent": "École d'été",
    "greek": "ΑΒΓ αβγ",
    "cjk": "青いウィジェット",
    "emoji": "widget 🧦",
    "z": "zebra",
    "Z": "Zebra",
    "e": "é",
    "dot.": "...",
}


@dataclass
class Population:
    """Makes products, remembers them, deletes them."""

    full: Actor
    other: Actor
    chance: random.Random
    made: list[tuple[Actor, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The prefix is of the seed, so that a run repeats itself; but never one that an earlier run left products of."""
        self._count = 0
        self.prefix = ""
        while not self.prefix or any(
            actor.call("listProducts", query={"search": self.prefix}).ok().rows for actor in (self.full, self.other)
        ):
            self.prefix = f"JT-{self.chance.randrange(16**8):08x}-"

    def sku(self, end: str = "") -> str:
        """A new SKU of this run."""
        self._count += 1
        return f"{self.prefix}{self._count:05d}{end}"

    def create(self, actor: Actor | None = None, **members: Any) -> Answer:
        """Ask for a product with a title, a price and an own SKU unless given. Whatever was made is deleted at the end."""
        body = {"sku": self.sku(), "title": "Judge's widget", "price": 12.5, **members}
        actor = actor or self.full
        self.made.append((actor, body["sku"]))
        return actor.call("createProduct", body=body)

    def product(self, actor: Actor | None = None, **members: Any) -> Row:
        """A new product, as the answer to its creation shows it."""
        product: Row = self.create(actor, **members).ok().data
        return product

    def clear(self) -> None:
        for actor, sku in self.made:
            actor.call("deleteProduct", {"sku": sku})
        self.made.clear()


def populate(population: Population) -> list[Row]:
    """The products of TITLES, with ties in price and status and a GTIN on some."""
    statuses = CONTRACT.schemas.named("ProductStatus")["enum"]
    return [
        population.product(
            sku=population.sku(end),
            title=title,
            price=(n % 5) + 0.99,
            status=statuses[n % len(statuses)],
            gtin=f"{n:013d}" if n % 2 else None,
        )
        for n, (end, title) in enumerate(TITLES.items())
    ]


def existing(actor: Actor) -> dict[str, str]:
    """Path parameter -> a value that leads to a resource of the actor's tenant, from the `links` of the lists."""
    return {listing.detail.parameter: _first(actor, listing, listing.detail.member) for listing in LISTS if listing.detail}


def _first(actor: Actor, listing: Operation, member: str) -> str:
    rows = actor.call(listing.id, query={"limit": 1}).ok().rows
    assert rows, f"expected tenant {actor.tenant} to have rows in {listing.id}; the judge cannot make these itself"
    return str(rows[0][member])


def unknown(value: str, chance: random.Random) -> str:
    """A value of the same form that leads nowhere: the last letters and digits drawn anew."""
    return re.sub(r"[A-Za-z0-9]{1,8}$", "", value) + "".join(chance.choices("0123456789", k=8))


def sample(operation: Operation) -> Any:
    """The document's own example of an operation's body; None if it takes none."""
    return CONTRACT.schemas.resolve(operation.body)["example"] if operation.body else None


def read(actor: Actor, product: Row) -> Row:
    """The product as getProduct shows it."""
    row: Row = actor.call("getProduct", {"sku": str(product["sku"])}).ok().data
    return row
