"""nexus-contract: the judge on the command line. Exit codes: 0 conforms, 1 a MUST failed, 2 the run could not be made."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click
import pytest

from contract_tests import target as targets
from contract_tests.rules import RULES
from nexuscommerce.files import packaged

PACKAGE = Path(__file__).parent


class Unjudged(click.ClickException):
    """The run could not be made; the message is one line that names the mend."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Judge any implementation of the NexusCommerce API by what openapi.yaml promises."""


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--address", metavar="URL", help="Judge this address instead of the target file's.")
@click.option("--seed", type=click.IntRange(min=0), help="Repeat a run: the summary of each names its seed.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Judge this rule alone, such as PAG-03. May be repeated.")
@click.option("--examples", type=click.IntRange(min=1), default=20, help="Examples of each generated test (20).")
@click.option("--schemathesis/--no-schemathesis", default=True, help="Whether to run Schemathesis too (SCH-01).")
@click.option("-v", "--verbose", is_flag=True, help="Name every test as it runs.")
def run(
    target: Path,
    address: str | None,
    seed: int | None,
    rules: tuple[str, ...],
    examples: int,
    schemathesis: bool,
    verbose: bool,
) -> None:
    """Judge the implementation that TARGET, a TOML file, names; `mock` names the mock on its default address.

    Exits 0 if it conforms, 1 if a MUST failed, 2 if the run could not be made.
    """
    for rule in rules:
        if rule not in RULES:
            raise Unjudged(f"there is no rule {rule}; `nexus-contract rules` lists them")
    try:
        chosen = targets.load(_file(target), address)
        targets.probe(chosen)
    except targets.TargetError as why:
        raise Unjudged(str(why)) from why
    arguments = ["--examples", str(examples), *(f"--rule={rule}" for rule in rules)]
    arguments += (
        ["--durations=15"] * verbose
        + ["--seed", str(seed)] * (seed is not None)
        + ["--no-schemathesis"] * (not schemathesis)
        + ["-vv"] * verbose
    )
    sys.exit(_judge(chosen, arguments))


@main.command()
def rules() -> None:
    """List the rules: id, level, sentence and source."""
    for rule in RULES.values():
        click.echo(f"{rule.id}  {rule.level:<6}  {rule.sentence}  [{rule.source}]")


def _file(target: Path) -> Path:
    """The file of that name, or the target of that name that comes with the judge."""
    known = packaged(f"fixtures/targets/{target}.toml")
    return known if not target.exists() and known.exists() else target


def _judge(target: targets.Target, arguments: list[str]) -> int:
    """pytest on the installed package, deaf to the configuration of whatever directory it runs in."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="nexus-contract-") as scratch:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = scratch
        own = ["-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), "--basetemp", str(Path(scratch) / "tmp")]
        code = pytest.main([*own, *arguments, str(PACKAGE)], plugins=[target])
    # 1 is a MUST that failed; whatever else kept pytest from judging (2 to 5) is one thing to the caller.
    return int(code) if code in (0, 1) else 2


if __name__ == "__main__":
    main()
