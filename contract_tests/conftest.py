"""How pytest becomes the judge: its options, the target, which tests are run and in what order."""

from __future__ import annotations

import random
import shlex
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis.configuration
import hypothesis.core
import pytest
from hypothesis import HealthCheck, Phase, settings

from contract_tests import target as targets
from contract_tests import view
from contract_tests.absence import Why, not_run
from contract_tests.document import VIEW
from contract_tests.effects import Gate
from contract_tests.ledger import Ledger
from contract_tests.profiles import DEFAULT, PROFILES, chosen
from contract_tests.rules import RULES
from contract_tests.schema_layer.fixtures import fuzzed, lane, rides
from contract_tests.stashed import DEADLINE, GATE, LEDGER, TARGET
from contract_tests.target import Target
from contract_tests.verdicts import Verdicts, rule_of

__all__ = ["fuzzed", "lane"]
pytest_plugins = [f"contract_tests.fixtures.{name}" for name in ("actors", "rows", "webhooks")]

# What is told of the first changes of all is looked at before there are others.
FIRST = ("test_changes",)
# Jobs change lists by themselves, so they are dispatched when the lists, and jobs alone, have been judged. While they run
# comes all else; then what takes long and tires the target; and at the very end what looks back on the whole run.
LISTS_FIRST = ("test_pagination", "test_sorting", "test_fields", "test_filters", "test_dates", "test_tenancy", "test_jobs")
LAST = ("test_rate_limits", "test_schemathesis", "test_repricing", "test_webhooks", "test_isolation", "test_laws")


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
    left = set(selected)
    config.hook.pytest_deselected(items=[item for item in items if item not in left])
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
