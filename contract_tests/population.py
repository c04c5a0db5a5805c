"""What the judge writes into a target: products, pricing rules and jobs. The journal takes them away when the run ends."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.absence import Unprepared, Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, JOBS, LISTS, WITH_PATH, has
from contract_tests.effects import MARK
from contract_tests.journal import is_marked
from contract_tests.seen import Row
from contract_tests.stock import MERCHANTS, of_types, set_level
from contract_tests.surroundings import names_of
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

TRIES = 8  # prefixes, until one is new

# Units in the warehouses that the merchant sets, one after the other, for ties and numbers that sort otherwise as text.
UNITS = ((9,), (10,), (100,), (10, 9), (0,), (), (100, 0))
PRIORITIES = (100, 9, 10, 1, 10, 1_000_000_000)  # of rules that are not active: they decide nothing
AMOUNTS = (10.5, 9.5, 100.5, 9.5)  # of rules


@dataclass
class Population:
    """Makes products, rules and jobs. The journal of their actor's service remembers them, to take them away."""

    full: Actor
    other: Actor
    chance: random.Random

    def __post_init__(self) -> None:
        """The prefix is of the seed, so that a run repeats itself; but never one that an earlier run left products of.

        A target that finds something for whatever is searched cannot tell: it gets the last that was tried.
        """
        self._count = 0
        for _ in range(TRIES):
            self.prefix = f"{MARK}{self.chance.randrange(16**8):08x}-"
            if not self._left():
                break

    def _left(self) -> bool:
        """Whether the target knows products of this prefix."""
        both = (self.full, self.other)
        return any(actor.call("listProducts", query={"search": self.prefix}).ok().rows for actor in both)

    def sku(self, end: str = "") -> str:
        """A new SKU of this run."""
        self._count += 1
        return f"{self.prefix}{self._count:05d}{end}"

    def create(self, actor: Actor | None = None, **members: Any) -> Answer:
        """Ask for a product with a title, a price and an own SKU unless given."""
        body = {"sku": self.sku(), "title": "Judge's widget", "price": 12.5, **members}
        return (actor or self.full).call("createProduct", body=body)

    def product(self, actor: Actor | None = None, **members: Any) -> Row:
        """A new product, as the answer to its creation shows it.

        Tests change it and take it away: another's in its place must not be touched.
        """
        asked = {"sku": self.sku(), **members}
        answer = self.create(actor, **asked).ok()
        product: Row = answer.data
        if product.get("sku") != asked["sku"] and not is_marked(str(product.get("sku"))):
            raise Unprepared(f"expected the product {asked['sku']}, which was asked for; {answer} {product.get('sku')}")
        return product

    def create_rule(self, actor: Actor | None = None, **members: Any) -> Answer:
        """Ask for a floor for everything that is not active, unless said otherwise."""
        whole = {"name": "Judge's rule", "type": "floor", "value": 0.01, "value_type": "fixed", "applies_to": "all"}
        body = {**whole, "marketplace": "all", "priority": 1_000_000, "is_active": False, **members}
        return (actor or self.full).call("createPricingRule", body=body)

    def rule(self, actor: Actor | None = None, **members: Any) -> Row:
        """A new rule, as the answer to its creation shows it."""
        rule: Row = self.create_rule(actor, **members).ok().data
        return rule

    def dispatch(self, operation: str, body: Any, actor: Actor | None = None) -> Answer:
        """Ask for a job, by dispatchJob or recalculatePrices."""
        return (actor or self.full).call(operation, body=body)

    def job(self, actor: Actor | None = None, kind: str = "review_sentiment") -> Row:
        """A job that was cancelled as soon as it was dispatched, so that nothing comes of it."""
        actor = actor or self.full
        body = {"type": kind, "params": params(kind, [str(self.product(actor)["sku"])])}
        made = self.dispatch("dispatchJob", body, actor).ok().data
        job: Row = actor.call("cancelJob", {"jobId": made["id"]}).ok().data
        return job

    def has_made(self, row: Row) -> bool:
        """Whether a row of any list is there because of a judge."""
        return any(self.full.service.journal.owns(name) for name in names_of(row))


def populate(population: Population) -> list[Row]:
    """The products of TITLES, with ties in price and status, a GTIN, a category and stock on some; and rules named so."""
    statuses = CONTRACT.schemas.named("ProductStatus")["enum"]
    products = [
        population.product(
            sku=population.sku(end),
            title=title,
            price=(n % 5) + 0.99,
            status=statuses[n % len(statuses)],
            gtin=f"{n:013d}" if n % 2 else None,
            category="Judged" if n % 3 else None,
        )
        for n, (end, title) in enumerate(TITLES.items())
    ]
    places = of_types(population.full, *MERCHANTS) if has("listWarehouses", "setInventory") else []
    for n, product in enumerate(products):
        for place, units in zip(places, UNITS[n % len(UNITS)], strict=False):
            set_level(population.full, product["sku"], place, units).ok()
    for n, title in enumerate(TITLES.values()) if has("createPricingRule") else ():
        population.rule(name=title, value=AMOUNTS[n % len(AMOUNTS)], priority=PRIORITIES[n % len(PRIORITIES)])
    return products


def inhabit(population: Population) -> None:
    """What can be made is there at least once: a product, a rule, a job."""
    makers: dict[str, Callable[[], Row]] = {
        "listProducts": population.product,
        "listPricingRules": population.rule,
        "listJobs": population.job,
    }
    for listing, make in makers.items():
        if has(listing) and not population.full.call(listing, query={"limit": 1}).ok().rows:
            make()


def params(kind: str, skus: list[str], **members: Any) -> dict[str, Any]:
    """The document's own example of what a job of this type is given, for these SKUs."""
    return {**CONTRACT.schemas.named(f"{JOBS[kind]}Params")["example"], "skus": skus, **members}


class Leading(dict[str, str]):
    """Path parameter -> a value that leads to a resource. Whoever needs one that a tenant lacks is not run."""

    def __missing__(self, parameter: str) -> str:
        listing = next(each.id for each in LISTS if each.detail and each.detail.parameter == parameter)
        not_run(Why.TOO_LITTLE, f"there is nothing in {listing}, and the judge cannot make any")


def existing(actor: Actor) -> Leading:
    """What leads to resources of the actor's tenant, from the `links` of the lists. No test is about this."""
    found = Leading()
    try:
        for listing, detail in ((each, each.detail) for each in LISTS if each.detail):
            for row in actor.call(listing.id, query={"limit": 1}).ok().rows:
                found[detail.parameter] = str(row[detail.member])
    except AssertionError as why:
        raise Unprepared(str(why)) from why
    return found


def nowhere(actor: Actor, chance: random.Random) -> dict[str, str]:
    """The same parameters with values that lead nowhere."""
    return {name: unknown(value, chance) for name, value in {**_examples(), **existing(actor)}.items()}


def _examples() -> dict[str, str]:
    """The document's own values of path parameters, where a tenant has none."""
    parameters = (each for operation in WITH_PATH for each in operation.parameters if each.location == "path")
    return {each.name: str(each.schema["example"]) for each in parameters}


def unknown(value: str, chance: random.Random) -> str:
    """A value of the same form that leads nowhere: the last letters and digits drawn anew."""
    return re.sub(r"[A-Za-z0-9]{1,8}$", "", value) + "".join(chance.choices("0123456789", k=8))


# In the place of what the document's examples have: should a target do what it ought to refuse, little comes of it.
HARMLESS: dict[str, dict[str, Any]] = {"createProduct": {"sku": f"{MARK}SAMPLE"}, "createPricingRule": {"is_active": False}}


def sample(operation: Operation) -> Any:
    """The document's own example of an operation's body; None if it takes none."""
    if operation.body is None:
        return None
    example = CONTRACT.schemas.resolve(operation.body)["example"]
    return {**example, **HARMLESS[operation.id]} if operation.id in HARMLESS else example


def read(actor: Actor, product: Row) -> Row:
    """The product as getProduct shows it."""
    row: Row = actor.call("getProduct", {"sku": str(product["sku"])}).ok().data
    return row
