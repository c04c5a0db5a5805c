"""nexus-contract: the judge on the command line.

Exit codes: 0 conforms, 1 a MUST failed, 2 usage or configuration, 3 the target cannot be reached or the suite broke,
4 nothing was judged, or with --certify not everything.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from contract_tests.budget import Budget
from contract_tests.commands import again, beginning, catalogue, examination, foretelling
from contract_tests.commands.ending import Unjudged, found, loaded, opened
from contract_tests.commands.summary import summary
from contract_tests.profiles import DEFAULT, PROFILES
from contract_tests.report import baseline, record
from contract_tests.report.model import Known
from contract_tests.rules import RULES
from contract_tests.running import Options, carried_out, drawn
from contract_tests.running import time_limit as limit


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nexuscommerce-contract", prog_name="nexus-contract")
def main() -> None:
    """Judge any implementation of the NexusCommerce API by what openapi.yaml promises."""


PROFILE = "\n".join(f"  {name:<9} {profile.about}" for name, profile in PROFILES.items())


@main.command(epilog=f"\b\nProfiles:\n{PROFILE}")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--address", metavar="URL", help="Judge this address instead of the target file's.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default=DEFAULT, help=f"How much is judged ({DEFAULT}).")
@click.option("--seed", type=click.IntRange(min=1), help="Repeat a run: the summary of each names its seed.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Judge this rule alone, such as PAG-03. May be repeated.")
@click.option("--time-limit", type=click.IntRange(min=0), metavar="SECONDS", help="Instead of the profile's; 0 is none.")
@click.option("--examples", type=click.IntRange(min=1), help="Examples of each generated test, instead of the profile's.")
@click.option("--schemathesis/--no-schemathesis", default=True, help="Whether to run Schemathesis too (the SCH rules).")
@click.option(
    "--report",
    "directory",
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
@click.option("--certify", is_flag=True, help="Exit 4 if any rule was not run, or any failure did not return.")
@click.option("--confirm/--no-confirm", default=True, help="Whether to try each failure once more.")
@click.option("--plan", is_flag=True, help="Only say how many requests and minutes the run will need; judge nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Name every test as it runs, and tell all of every failure.")
def run(
    target: Path,
    address: str | None,
    profile: str,
    seed: int | None,
    rules: tuple[str, ...],
    time_limit: int | None,
    examples: int | None,
    schemathesis: bool,
    directory: Path | None,
    known: Path | None,
    certify: bool,
    confirm: bool,
    plan: bool,
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
    if plan:
        foretelling.foretell(Budget(loaded(target, address), profile, rules, time_limit, schemathesis), target)
        return
    knows = _prepared(directory, known)
    chosen = opened(target, address)
    options = Options(
        target_file=found(target),
        address=address,
        profile=profile,
        rules=rules,
        examples=examples,
        schemathesis=schemathesis,
        seconds=limit(profile, time_limit),
        known=knows,
        certify=certify,
        confirm=confirm,
        verbose=verbose,
        directory=directory,
        seed=seed or drawn(),
    )
    sys.exit(carried_out(chosen, options))


@main.command("baseline")
@click.argument("report", type=click.Path(path_type=Path))
def known_failures(report: Path) -> None:
    """Print the file of known failures that --baseline takes, made from REPORT, a report.json."""
    try:
        click.echo(baseline.dumped(baseline.load(report)), nl=False)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why


for command in (beginning.init, examination.doctor, again.replay, again.clean, catalogue.rules, catalogue.explain, summary):
    main.add_command(command)


def _prepared(directory: Path | None, known: Path | None) -> tuple[Known, ...] | None:
    """What would be a pity to find out when the run is over. Answers what the baseline knows."""
    try:
        knows = None if known is None else baseline.load(known)
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why
    except OSError as why:
        raise Unjudged(f"{directory}: {why.strerror}; --report names a directory that can be written") from why
    return knows


if __name__ == "__main__":
    main()
