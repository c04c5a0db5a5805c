"""`make bench`: the mock beside what people would pick instead, on the same requests, in the same run.

The contenders take turns, round by round, so that a busy machine disturbs all of them alike; what counts is the ratio.
Loopback only, and it ends by itself.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import orjson

from bench import abilities, machine, process, report
from bench.contenders import CONTENDERS, Contender
from bench.load import CONNECTIONS, answers, loaded
from bench.peers import CACHE, Missing
from bench.results import Seen
from bench.serving import NotStarted, Server, serving, tidy
from bench.traffic import REQUESTS

_PATH = click.Path(path_type=Path, dir_okay=False)


class Names(click.ParamType[Sequence[str]]):
    """Names of a table, with commas between them."""

    name = "names"

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known

    def convert(self, value: str | Sequence[str], param: click.Parameter | None, ctx: click.Context | None) -> Sequence[str]:
        names = value.split(",") if isinstance(value, str) else value
        for name in names:
            if name not in self._known:
                self.fail(f"{name!r} is none of {', '.join(self._known)}", param, ctx)
        return list(names)


@click.command(context_settings={"show_default": True})
@click.option("--only", type=Names(CONTENDERS), default=",".join(CONTENDERS), help="The contenders.")
@click.option("--requests", type=Names(REQUESTS), default=",".join(REQUESTS), help="What they are asked.")
@click.option("--rounds", type=click.IntRange(1), default=5, help="How often each is started and loaded.")
@click.option("--seconds", type=click.IntRange(1, 60), default=2, help="How long each request is repeated in a round.")
@click.option("--warm-up", type=click.IntRange(0, 60), default=1, help="The same before that, unmeasured, in seconds.")
@click.option("--json", "file", type=_PATH, default=CACHE / "results.json", help="Where every round is kept.")
@click.option("--write", type=_PATH, help="A page to put the tables into, between its marks: docs/performance.md.")
def main(
    only: Sequence[str], requests: Sequence[str], rounds: int, seconds: int, warm_up: int, file: Path, write: Path | None
) -> None:
    """Load the contenders with the same requests, in turn, and print medians over the rounds."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is missing; install Debian's package: apt-get install wrk")
    tidy()
    load = machine.load()
    seen = {name: Seen(CONTENDERS[name].title) for name in only}
    for number in range(1, rounds + 1):
        for name in only:
            if not seen[name].missing:
                print(f"round {number} of {rounds}: {CONTENDERS[name].title}", file=sys.stderr)
                _round(CONTENDERS[name], seen[name], requests, seconds, warm_up)
    made = machine.taken(
        f"medians of {rounds} × {seconds} s after {warm_up} s of warm-up, wrk with {CONNECTIONS} connections", load
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps({"made": made, "seen": {name: row.as_json() for name, row in seen.items()}}))
    text = report.markdown(seen, requests, made)
    print(text)
    if write:
        report.put(write, "contenders", text)


def _round(contender: Contender, seen: Seen, requests: Sequence[str], seconds: int, warm_up: int) -> None:
    """Started anew with nothing left from before; loaded; in its first round, looked at and started once more."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = contender.given(folder)
        try:
            with serving(contender, given) as server:
                seen.cold.append(server.cold)
                seen.fresh.append(process.resident(server.pid))
                first = not seen.abilities
                if first:
                    seen.abilities = abilities.shown(contender, server)
                for request in requests:
                    _measure(contender, server, request, seen, seconds, warm_up, folder)
                seen.used.append(process.resident(server.pid))
            if first:
                with serving(contender, given) as server:
                    seen.abilities[abilities.ABILITIES[-1]] = abilities.kept(contender, server)
        except (Missing, NotStarted) as why:
            seen.missing = str(why)
            print(f"  left out: {why}", file=sys.stderr)


def _measure(contender: Contender, server: Server, name: str, seen: Seen, seconds: int, warm_up: int, folder: Path) -> None:
    request = contender.request(name)
    seen.statuses[name] = status = answers(server, request)
    if status != request.status:
        return
    if warm_up:
        loaded(server, request, warm_up, folder)
    if figures := loaded(server, request, seconds, folder):
        seen.requests.setdefault(name, []).append(figures)


if __name__ == "__main__":
    main()
