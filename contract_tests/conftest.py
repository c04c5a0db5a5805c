"""Options, the target, and the actors that the tests ask for by name."""

from __future__ import annotations

import random
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import hypothesis.configuration
import hypothesis.core
import pytest
from hypothesis import HealthCheck, Phase, settings

from contract_tests import target as targets
from contract_tests import view
from contract_tests.absence import Why, enough, not_run
from contract_tests.client import Actor, Service
from contract_tests.document import VIEW, identity
from contract_tests.effects import Gate
from contract_tests.endpoint import Endpoint, Unhosted, listening, opened
from contract_tests.filtering import Everything, Judged, Membership
from contract_tests.journal import ENDPOINT, Journal, Made
from contract_tests.ledger import Ledger
from contract_tests.matching import Members
from contract_tests.pacing import Pacer
from contract_tests.paging import walk
from contract_tests.population import Population, inhabit, populate
from contract_tests.profiles import DEFAULT, PROFILES, chosen
from contract_tests.progress import Screen
from contract_tests.receiver import Receiver
from contract_tests.rehearsal import Rehearsal, rehearse
from contract_tests.rules import RULES, Effect
from contract_tests.schema_layer.fixtures import fuzzed, lane, rides
from contract_tests.seen import Row
from contract_tests.surroundings import Surroundings, seen_by
from contract_tests.target import CREDENTIALS, Target
from contract_tests.tidying import tidied
from contract_tests.verdicts import LEFTOVERS, Verdicts, rule_of
from contract_tests.work import Work, dispatch
from nexuscommerce.contract import Operation

__all__ = ["fuzzed", "lane"]

# What is told of the first changes of all is looked at before there are others.
FIRST = ("test_changes",)
# Jobs change lists by themselves, so they are dispatched when the lists, and jobs alone, have been judged. While they run
# comes all else; then what takes long and tires the target; and at the very end what looks back on the whole run.
LISTS_FIRST = ("test_pagination", "test_sorting", "test_fields", "test_filters", "test_dates", "test_tenancy", "test_jobs")
LAST = ("test_rate_limits", "test_schemathesis", "test_repricing", "test_webhooks", "test_isolation", "test_laws")
TARGET, LEDGER, GATE = pytest.StashKey[Target](), pytest.StashKey[Ledger](), pytest.StashKey[Gate]()
DEADLINE = pytest.StashKey[float | None]()  # on the monotonic clock


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nexuscommerce", "NexusCommerce contract")
    group.addoption("--target", metavar="TOML", help="The target file: which implementation to judge, and how to get in.")
    group.addoption("--address", metavar="URL", help="Judge this address instead of the target file's.")
    group.addoption("--seed", type=int, default=0, help="Repeat a run: its summary names its seed.")
    group.addoption("--rule", action="append", default=[], choices=list(RULES), metavar="ID", help="Judge this rule alone.")
    group.addoption("--only", metavar="FILE", help="Judge the tests alone that this file names, one node id a line.")
    group.addoption("--profile", default=DEFAULT, choices=list(PROFILES), help=f"How much is judged ({DEFAULT}).")
    group.addoption("--deadline", type=float, metavar="EPOCH", help="When to begin no further test, in seconds since 1970.")
    group.addoption("--examples", type=int, help="Examples of each generated test, instead of the profile's.")
    group.addoption("--no-schemathesis", action="store_true", help="Leave Schemathesis (the SCH rules) out.")
    group.addoption("--record", metavar="FILE", help="Write the report there as JSON, and show nothing.")
    group.addoption("--journal", metavar="FILE", help="Write there what is made in the target.")
    group.addoption("--report", metavar="DIR", help="Write report.html, report.json, junit.xml and report.sarif there.")
    group.addoption("--baseline", metavar="FILE", help="Known failures: an earlier report.json, or what `baseline` prints.")
    group.addoption("--certify", action="store_true", help="A rule that was not run makes the run incomplete (exit 4).")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id): the rule of the catalogue that this test judges")
    config.addinivalue_line("markers", "slow: it waits long; the profile `full` alone judges it")
    if config.option.collectonly:
        return
    given = next((plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, Target)), None)
    try:
        config.stash[TARGET] = given or _named(config)
        _judged_by_its_view(config.stash[TARGET])
    except targets.TargetError as why:
        raise pytest.UsageError(str(why)) from why
    config.stash[LEDGER] = Ledger()
    config.stash[GATE] = Gate(config.stash[TARGET].allows)
    left = config.option.deadline and config.option.deadline - time.time()
    config.stash[DEADLINE] = time.monotonic() + left if left else None
    profile = PROFILES[config.option.profile]
    config.option.examples = config.option.examples or profile.examples
    config.option.no_schemathesis = config.option.no_schemathesis or not profile.schemathesis
    config.pluginmanager.register(Verdicts(config, config.stash[TARGET], config.stash[LEDGER]), "verdicts")
    if not config.option.seed:
        config.option.seed = random.SystemRandom().randrange(2**32)
    _settle_hypothesis(config.option.seed, config.option.examples)


def _named(config: pytest.Config) -> Target:
    if not config.option.target:
        raise targets.TargetError("give --target TARGET.toml, such as fixtures/targets/mock.toml")
    target = targets.load(Path(config.option.target), config.option.address)
    targets.probe(target)
    return target


def _judged_by_its_view(target: Target) -> None:
    """The document is read when this file is imported: too late to choose here how it is seen."""
    if target.view != VIEW:
        mend = f"set {view.VARIABLE}={shlex.quote(str(target.view))}, or start it by `nexus-contract run`"
        raise targets.TargetError(f"the target has tags or choices of its own; {mend}")


def _settle_hypothesis(seed: int, examples: int) -> None:
    """Repeatable, without files in anybody's directory, and without shrinking: against an endless pager it takes minutes."""
    hypothesis.configuration.set_hypothesis_home_dir(tempfile.gettempdir())
    hypothesis.core.global_force_seed = seed  # type: ignore[assignment]  # what its own pytest option does
    settings.register_profile(
        "judge",
        max_examples=examples,
        phases=(Phase.explicit, Phase.generate),
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("judge")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    option = config.option
    wanted = set(option.rule) or set(RULES)
    if option.no_schemathesis:
        wanted -= {rule for rule in wanted if rule.startswith("SCH-")}
    target = config.stash.get(TARGET, None)  # none where tests are only collected
    fuzzes = any(rule.startswith("SCH-") for rule in wanted) and (target is None or "fuzz_full" in target.tokens)
    selected = [item for item in items if rule_of(item).id in wanted and (fuzzes or not rides(item))]
    if option.only:
        named = set(Path(option.only).read_text("utf-8").splitlines())
        selected = [item for item in selected if item.nodeid in named]
    else:
        profile = PROFILES[option.profile]
        selected = chosen(selected, profile._replace(slow=profile.slow or bool(option.rule)), option.seed)
    for item in selected:
        _nothing_to_judge(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(selected)])
    items[:] = sorted(selected, key=_turn)


def _turn(item: pytest.Item) -> int:
    """When a test has its turn."""
    module = Path(item.nodeid.partition("::")[0]).stem
    order = [*FIRST, *LISTS_FIRST, "test_dispatching", "", *LAST]
    return order.index(module if module in order else "")


def _nothing_to_judge(item: pytest.Item) -> None:
    """A test over operations of which the target has none: what pytest says of it is no sentence for a report."""
    for mark in item.iter_markers("skip"):
        if str(mark.kwargs.get("reason", "")).startswith("got empty parameter set"):
            item.own_markers[:] = [each for each in item.own_markers if each is not mark]
            item.add_marker(pytest.mark.skip(reason=f"{Why.UNSUPPORTED}: the target has no operation that this is about"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    ledger = item.config.stash[LEDGER]
    ledger.exchanges.clear()
    ledger.test = item.nodeid
    deadline = item.config.stash[DEADLINE]
    if deadline is not None and time.monotonic() > deadline and "test_laws" not in item.nodeid:
        not_run(Why.OUT_OF_TIME, "the run's time limit was reached before it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test may do what the catalogue says of its rule, and no more."""
    gate = item.config.stash[GATE]
    gate.rule = rule_of(item)
    try:
        return (yield)
    finally:
        gate.rule = None


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    return pytestconfig.stash[TARGET]


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    return pytestconfig.stash[LEDGER]


@pytest.fixture(scope="session")
def gate(pytestconfig: pytest.Config) -> Gate:
    return pytestconfig.stash[GATE]


@pytest.fixture(scope="session")
def deadline(pytestconfig: pytest.Config) -> float | None:
    """When to wait no longer, on the monotonic clock."""
    return pytestconfig.stash[DEADLINE]


@pytest.fixture(scope="session")
def service(
    target: Target, ledger: Ledger, gate: Gate, deadline: float | None, pytestconfig: pytest.Config
) -> Iterator[Service]:
    """When the session ends, by whatever, what it made in the target is taken away."""
    path = pytestconfig.option.journal
    say = _saying(pytestconfig)
    pacer = Pacer(target.per_minute, deadline, say)
    service = Service(target.address, ledger, gate, pacer, Journal(path and Path(path)))
    yield service
    ledger.test = ""
    pacer.deadline = None
    leftovers = pytestconfig.stash[LEFTOVERS]
    leftovers += tidied(service, target, say)
    service.close()


@pytest.fixture(scope="session")
def actor(service: Service, target: Target) -> Callable[[str], Actor]:
    """The actor of a credential, in that credential's tenant."""

    def find(name: str) -> Actor:
        if name not in target.tokens:
            not_run(Why.NO_CREDENTIAL, f"the target file has no credential `{name}`")
        if name == "quota" and Effect.BURN_QUOTA not in target.allows:
            not_run(Why.NOT_ALLOWED, f"it needs `{Effect.BURN_QUOTA}` in `allow` of the target file")
        return Actor(service, name, target.tokens[name], target.tenants[CREDENTIALS[name]])

    return find


@pytest.fixture(scope="session")
def full(actor: Callable[[str], Actor]) -> Actor:
    """May do everything in the tenant `main`."""
    return actor("full")


@pytest.fixture(scope="session")
def other_full(actor: Callable[[str], Actor]) -> Actor:
    """May do everything in the tenant `other`."""
    return actor("other_full")


@pytest.fixture(scope="session")
def quota(actor: Callable[[str], Actor]) -> Actor:
    """May do everything in the tenant `main`, a few times a minute."""
    return actor("quota")


@pytest.fixture(scope="session")
def anonymous(full: Actor) -> Actor:
    """Names the tenant `main` and has no credentials."""
    return full.with_token("anonymous", None)


@pytest.fixture(scope="session")
def surroundings(other_full: Actor) -> Surroundings:
    """What the tenant `other` sees before the judge writes anything."""
    return seen_by(other_full)


@pytest.fixture(scope="session", autouse=True)
def _before_any_test(request: pytest.FixtureRequest, target: Target) -> None:
    """Have these now, if a test will ask for them. If one cannot be had that test will say why, and no other.

    Where [pacing] bounds all callers together, Schemathesis has its turn after the others, and not beside them.
    """
    needed = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    beside = [] if target.per_minute else ["lane"]
    for name in (*beside, "receiver", "surroundings", "rehearsal"):
        if name in needed:
            with suppress(Exception, pytest.skip.Exception):
                request.getfixturevalue(name)


@pytest.fixture(scope="session")
def chance(pytestconfig: pytest.Config) -> random.Random:
    return random.Random(pytestconfig.option.seed)  # noqa: S311


@pytest.fixture(scope="session")
def population(full: Actor, other_full: Actor, chance: random.Random) -> Population:
    """The products and rules that the judge makes for itself. Where it may not write, all that it asks for ends the test."""
    population = Population(full, other_full, chance)
    if full.service.gate.writes:
        inhabit(population)
    return population


@pytest.fixture(scope="session")
def receiver(target: Target) -> Iterator[Receiver]:
    """Where the target's events arrive. It is there before the service and after it, whose last deeds are told of too."""
    if target.webhooks is None:
        not_run(Why.UNSUPPORTED, "the target file has no [webhooks]: say there how the judge gets an endpoint")
    with ExitStack() as stack:
        try:
            receiver = stack.enter_context(listening(target.webhooks))
        except Unhosted as why:
            not_run(Why.UNSUPPORTED, str(why))
        yield receiver


@pytest.fixture(scope="session")
def endpoint(
    receiver: Receiver, service: Service, target: Target, deadline: float | None, pytestconfig: pytest.Config
) -> Endpoint:
    """Where the tenant `main` has its events sent while the run lasts. The journal takes it away."""
    if target.webhooks is None or not service.gate.writes:
        not_run(Why.NOT_ALLOWED, f"it needs `{Effect.WRITES}` in `allow` of the target file")
    try:
        endpoint = opened(target.webhooks, receiver, target.tenants["main"], deadline)
    except Unhosted as why:
        not_run(Why.NO_CREDENTIAL, str(why))
    if target.webhooks.unregister:
        service.journal.made(Made(ENDPOINT, endpoint.tenant, endpoint.named))
    elif target.webhooks.register:
        pytestconfig.stash[LEFTOVERS].append(f"the endpoint {endpoint.url}: [webhooks] has no `unregister`")
    return endpoint


@pytest.fixture(scope="session")
def rehearsal(endpoint: Endpoint, population: Population) -> Rehearsal:
    """What is done for the sake of webhooks alone."""
    return rehearse(population, endpoint)


@pytest.fixture(scope="session")
def catalogue(full: Actor, request: pytest.FixtureRequest) -> list[Row]:
    """Products with what existing data may lack: equal titles, mixed case, wildcards, digits, texts of many scripts.

    Where the judge may not write, lists are judged as they are.
    """
    if not full.service.gate.writes:
        return full.call("listProducts").ok().rows
    return populate(request.getfixturevalue("population"))


@pytest.fixture(scope="session")
def work(population: Population, deadline: float | None, pytestconfig: pytest.Config) -> Work:
    """The jobs that the judge waits for, dispatched when they are first asked for."""
    return dispatch(population, _saying(pytestconfig), deadline)


def _saying(config: pytest.Config) -> Callable[[str], None]:
    """A line on the screen while a test runs."""
    screen = next((plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, Screen)), None)

    def say(line: str) -> None:
        terminal, capture = (config.pluginmanager.get_plugin(name) for name in ("terminalreporter", "capturemanager"))
        if screen:
            screen.say(line)
        elif terminal is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(line)

    return say


@pytest.fixture(scope="module")
def everything(full: Actor, catalogue: list[Row]) -> Callable[[Operation], list[Row]]:
    """All rows of a list, walked once for a module that does not write; not run where there is none."""
    seen: dict[str, list[Row]] = {}

    def rows(listing: Operation) -> list[Row]:
        if listing.id not in seen:
            seen[listing.id] = walk(full, listing).rows
        enough(seen[listing.id], 1, f"rows of {listing.id}")
        return seen[listing.id]

    return rows


@pytest.fixture(scope="module")
def members(full: Actor) -> Membership:
    known: dict[str, Members] = {}
    return lambda listing: known.setdefault(listing.id, Members(full, listing))


@pytest.fixture(scope="module")
def judged(full: Actor, everything: Everything, members: Membership) -> Judged:
    """Compare what a set of filters gives with what its predicates select."""

    def judge(listing: Operation, wanted: dict[str, Any]) -> None:
        key, reading = identity(listing), members(listing)
        chosen = [(each, wanted[each.parameter]) for each in listing.filters if each.parameter in wanted]
        must = {row[key] for row in everything(listing) if all(reading.matches(row, *each) for each in chosen)}
        may = {row[key] for row in everything(listing) if all(reading.may_match(row, *each) for each in chosen)}
        seen = walk(full, listing, wanted)
        got = set(seen.values(key))

        assert sorted(got - may) == [], f"rows that do not match {wanted}"
        assert sorted(must - got) == [], f"rows that match {wanted} and are missing"
        assert seen.total == len(got), f"meta.total of {wanted}"

    return judge


@pytest.fixture
def product(population: Population) -> Row:
    """A product of our own with every member filled."""
    return population.product(
        title="Filled",
        description="in every member",
        status="active",
        gtin="4006381333931",
        category="Judged",
        cost_price=1.25,
        weight_kg=0.125,
        images=["https://img.example/a.png"],
    )
