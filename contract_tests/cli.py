"""nexus-contract: the judge on the command line.

Exit codes: 0 conforms, 1 a MUST failed, 2 usage or configuration, 3 the target cannot be reached or the suite broke,
4 nothing was judged, or with --certify not everything.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import click
import httpx
import pytest

from contract_tests import partial
from contract_tests import target as targets
from contract_tests.report import baseline, record
from contract_tests.rules import RULES
from nexuscommerce.files import packaged

PACKAGE = Path(__file__).parent


class Unjudged(click.ClickException):
    """The run could not be made; the message is one line that names the mend."""

    exit_code = 2


class Unreached(Unjudged):
    """Nothing is there to be judged."""

    exit_code = 3


class Sitting:
    """A plugin of pytest, to hear the verdict: pytest's own codes mean other things."""

    def __init__(self) -> None:
        self._verdicts: Any = None

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self._verdicts = config.pluginmanager.get_plugin("verdicts")

    @property
    def code(self) -> int:
        """The verdict's; without one, the suite broke."""
        return self._verdicts.code if self._verdicts else Unreached.exit_code


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
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write report.html, report.json, junit.xml and report.sarif into this directory.",
)
@click.option(
    "--baseline",
    "known",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Failures that are known and decide nothing: an earlier report.json, or what `nexus-contract baseline` prints.",
)
@click.option("--certify", is_flag=True, help="Exit 4 if any rule was not run.")
@click.option("-v", "--verbose", is_flag=True, help="Name every test as it runs.")
def run(
    target: Path,
    address: str | None,
    seed: int | None,
    rules: tuple[str, ...],
    examples: int,
    schemathesis: bool,
    report: Path | None,
    known: Path | None,
    certify: bool,
    verbose: bool,
) -> None:
    """Judge the implementation that TARGET, a TOML file, names; `mock` names the mock on its default address.

    \b
    Exit codes:
      0  it conforms, as far as it was judged
      1  a MUST failed, in a way that the baseline does not know
      2  usage or configuration: an option, the target file, a credential that is refused
      3  the target cannot be reached, or the suite broke
      4  nothing was judged; with --certify, not everything was
    """
    for rule in rules:
        if rule not in RULES:
            raise Unjudged(f"there is no rule {rule}; `nexus-contract rules` lists them")
    _prepare(report, known)
    try:
        chosen = targets.load(_file(target), address)
        targets.probe(chosen)
    except targets.TargetError as why:
        _refuse(why)
    except httpx.HTTPError as why:
        raise Unreached(f"{address or target} does not answer: {' '.join(str(why).split())}") from why
    arguments = [f"--target={target}", "--examples", str(examples), *(f"--rule={rule}" for rule in rules)]
    arguments += (
        ["--durations=15"] * verbose
        + [f"--address={address}"] * (address is not None)
        + ["--seed", str(seed)] * (seed is not None)
        + ["--no-schemathesis"] * (not schemathesis)
        + [f"--report={report}"] * (report is not None)
        + [f"--baseline={known}"] * (known is not None)
        + ["--certify"] * certify
        + ["-vv"] * verbose
    )
    sys.exit(_judge(chosen, arguments))


@main.command("baseline")
@click.argument("report", type=click.Path(path_type=Path))
def known_failures(report: Path) -> None:
    """Print the file of known failures that --baseline takes, made from REPORT, a report.json."""
    try:
        click.echo(baseline.dumped(baseline.load(report)), nl=False)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why


@main.command()
def rules() -> None:
    """List the rules: id, level, sentence and source."""
    for rule in RULES.values():
        click.echo(f"{rule.id}  {rule.level:<6}  {rule.sentence}  [{rule.source}]")


def _prepare(report: Path | None, known: Path | None) -> None:
    """What would be a pity to find out when the run is over."""
    try:
        if known is not None:
            baseline.load(known)
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why
    except OSError as why:
        raise Unjudged(f"{report}: {why.strerror}; --report names a directory that can be written") from why


def _refuse(why: targets.TargetError) -> NoReturn:
    """A target that does not answer is another thing than a file that is wrong."""
    kind = Unreached if isinstance(why.__cause__, httpx.HTTPError) else Unjudged
    raise kind(str(why)) from why


def _file(target: Path) -> Path:
    """The file of that name, or the target of that name that comes with the judge."""
    known = packaged(f"fixtures/targets/{target}.toml")
    return known if not target.exists() and known.exists() else target


def _judge(target: targets.Target, arguments: list[str]) -> int:
    """pytest on the installed package, deaf to the configuration of whatever directory it runs in."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    partial.choose(target.tags)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="nexus-contract-") as scratch:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = scratch
        own = ["-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), "--basetemp", str(Path(scratch) / "tmp")]
        sitting = Sitting()
        pytest.main([*own, *arguments, str(PACKAGE)], plugins=[target, sitting])
    return sitting.code


if __name__ == "__main__":
    main()
