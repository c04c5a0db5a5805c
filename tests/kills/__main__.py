"""`python -m tests.kills`: look for every seeded fault, and print what was caught by whom.

Exit codes: 0 every fault of a MUST was caught in `full`, and nobody accused the healthy mock; 1 otherwise; 130 interrupted.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from math import ceil
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from contract_tests.rules import RULES
from tests.faults import FAULTS, HEALTHY
from tests.faults.seams import Fault
from tests.kills import table
from tests.kills.attempts import Runner
from tests.kills.results import ROOT, Attempt, By, Result, Results, version

INTERRUPTED = 130
WIDE = 10_000  # characters: Markdown breaks its lines by itself


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, metavar="NAME", help="A group, a rule, a fault, or `healthy`. May be repeated.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, help="Mocks at a time (2).")
@click.option("--profile", "profiles", type=click.Choice([*map(str, By)]), multiple=True, help="One alone, or two.")
@click.option("--seconds", type=click.IntRange(min=1), help="For Schemathesis; what `smoke` takes on the healthy mock.")
@click.option("--seed", type=click.IntRange(min=1), default=1, help="Of the judge and of Schemathesis (1).")
@click.option("--fresh", is_flag=True, help="Look again for what was looked for already.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option(
    "--results",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "build" / "faults.jsonl",
    help="Where results are kept (build/faults.jsonl).",
)
def main(
    only: tuple[str, ...],
    jobs: int,
    profiles: tuple[str, ...],
    seconds: int | None,
    seed: int,
    fresh: bool,
    markdown: bool,
    file: Path,
) -> None:
    """Start each seeded fault in a mock of its own, have it judged by the rule that claims it, and print what was caught."""
    subjects = chosen(only)
    results = Results(file, version(), fresh=fresh)
    by = [By(each) for each in profiles] or [*By]
    screen = Console(stderr=True)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what it puts into the background deaf to the first
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="nexus-kills-") as scratch:
        runner = Runner(Path(scratch), version(), seed)
        finished = True
        if By.STOCK in by:
            whole = runner.attempt(HEALTHY, By.SMOKE)
            finished = bool(seconds) or carried_out([whole], runner, results, 1, screen)
            runner.seconds = seconds or ceil(sum(each.seconds for each in found(results, [whole])))
        attempts = [runner.attempt(subject, each) for subject in subjects for each in by]
        finished = finished and carried_out(attempts, runner, results, jobs, screen)
    faults = [FAULTS[name] for name in subjects if name != HEALTHY]
    told = found(results, attempts)
    form, width = (box.MARKDOWN, WIDE) if markdown else (box.SIMPLE_HEAD, None)
    Console(width=width, highlight=False).print(table.shown(faults, told, form, titles=markdown))
    sys.exit(table.code(faults, told) if finished else INTERRUPTED)


def chosen(only: Sequence[str]) -> list[str]:
    """The names of what is looked at: everything, or what was asked for."""
    known = {HEALTHY: {HEALTHY}} | {name: _names(fault) for name, fault in FAULTS.items()}
    for each in only:
        if not any(each in names for names in known.values()):
            raise click.UsageError(f"there is no fault, rule or group {each}; `python -m tests.faults` lists the faults")
    return [name for name, names in known.items() if not only or names & {*only}]


def _names(fault: Fault) -> set[str]:
    return {fault.name, fault.rule, RULES[fault.rule].group}


def found(results: Results, attempts: Sequence[Attempt]) -> list[Result]:
    return [result for attempt in attempts if (result := results.get(attempt))]


def carried_out(attempts: Sequence[Attempt], runner: Runner, results: Results, jobs: int, screen: Console) -> bool:
    """Make those attempts that there is no result of; whether it came to an end. An interrupt keeps what there is."""
    missing = [attempt for attempt in attempts if not results.get(attempt)]
    if not missing:
        return True
    random.Random(runner.seed).shuffle(missing)  # noqa: S311  # what an interrupt leaves is a fair sample of all
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as progress, ThreadPoolExecutor(jobs) as pool:
        task = progress.add_task("preparing", total=len(attempts), completed=len(attempts) - len(missing))
        tell = partial(progress.update, task)
        try:
            runner.prepare()
            futures = [pool.submit(runner.make, attempt, lambda at: tell(description=at)) for attempt in missing]
            for future in as_completed(futures):
                if result := future.result():
                    results.add(result)
                    tell(advance=1)
                    if not screen.is_terminal or (result.caught is (result.subject == HEALTHY)):
                        screen.print(_line(result), highlight=False, soft_wrap=True)
        except KeyboardInterrupt:
            runner.stop()
            pool.shutdown(cancel_futures=True)
            return False
    return True


def _line(result: Result) -> str:
    word = "raised" if result.caught else "raised nothing"
    return f"{result.subject}, {result.by}: {word} in {result.seconds:.1f} s and {result.requests} requests: {result.said}"


if __name__ == "__main__":
    main()
