"""The last screen of a run: the verdict, what weighs most, and where the files are, within 24 rows of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract_tests.absence import Why
from contract_tests.report.model import Failure, Known, Outcome, Report, RuleResult, Verdict
from contract_tests.report.visible import line
from contract_tests.report.wording import WORDS, chosen, counted, duration, explanation, headline, worst

STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.NOT_RUN: "cyan",
    Verdict.PASS: "green",
}
OUTCOMES = {
    Outcome.CONFORMS: "bold black on green",
    Outcome.INCOMPLETE: "bold green",
    Outcome.UNJUDGED: "bold black on yellow",
    Outcome.ERRONEOUS: "bold white on magenta",
    Outcome.BROKEN: "bold white on red",
}
WORST = 10
SPACIOUS = 5  # failures that leave room for the sentence that each breaks
PARTLY = "not run in part"
NAMED = 3  # reasons, mended failures and leftovers that are named, each
EXPLAINED = 2  # choices that are told with what they mean; the files tell that of all


def show(report: Report, files: Mapping[str, Path], console: Console | None = None) -> None:
    """Prints the screen. The console keeps to NO_COLOR, and to plain text where nobody watches."""
    screen = console or Console(highlight=False)
    lines = [*_verdict(report, screen.width), *_body(report, screen.width), *_notes(report, screen.width)]
    for each in lines:
        if isinstance(each, Text):
            each = _encodable(each, screen.encoding)
            each.truncate(screen.width, overflow="ellipsis")
        screen.print(each, highlight=False, no_wrap=True, overflow="ellipsis", crop=False)
    for path in _files(files):  # whole, however long: half a path leads nowhere
        screen.print(_encodable(path, screen.encoding), highlight=False, soft_wrap=True)


def _verdict(report: Report, width: int) -> Iterable[Text]:
    verdict = f" {headline(report).upper()} "
    target = f"{report.target_name} at {report.address}"
    yield Text.assemble((verdict, OUTCOMES[report.outcome]), "  ", line(target, max(width - len(verdict) - 2, 10)))
    yield from Text(explanation(report)).wrap(Console(width=width), width)
    counts = report.counts
    figures = Text("  ").join(
        Text(f"{counts[verdict]} {word}", STYLES[verdict] if counts[verdict] else "dim") for verdict, word in WORDS.items()
    )
    yield figures
    run = f"{counted(report.requests, 'request')} in {duration(report.seconds)}, seed {report.seed}, {report.profile}"
    yield Text(line(run, width), "dim")
    yield Text("")


def _body(report: Report, width: int) -> Iterable[Text | Table]:
    rows = worst(report)
    if not rows:
        yield _groups(report)
    for rule, failure in rows[:WORST]:
        yield _failure(rule, failure, width)
        if len(rows) <= SPACIOUS:
            yield Text(" " * 7 + line(rule.sentence, width - 7), "dim")
    if len(rows) > WORST:
        yield Text(f"… and {len(rows) - WORST:,} more, in the files below", "dim")
    yield Text("")


def _failure(rule: RuleResult, failure: Failure, width: int) -> Text:
    word, style = ("known", "dim") if failure.known else ("flaky", STYLES[Verdict.WARN]) if failure.flaky else ("", "")
    verdict = rule.verdict if rule.verdict in STYLES else Verdict.FAIL
    times = f"×{failure.times} " if failure.times > 1 else ""
    said = Text.assemble((f"{rule.id:<7}", style or STYLES[verdict]), (f"{word} " if word else ""), (times, "bold"))
    return said.append(line(f"{failure.operation}: {failure.what}", max(width - len(said), 10)))


def _groups(report: Report) -> Table:
    """How many of each group passed, in two columns."""
    every = Counter(rule.group for rule in report.rules)
    passed = Counter(rule.group for rule in report.rules if rule.verdict is Verdict.PASS)
    cells = [_group(group, passed[group], count) for group, count in every.items()]
    half = (len(cells) + 1) // 2
    table = Table.grid(padding=(0, 4, 0, 0))
    for left, right in zip(cells[:half], [*cells[half:], Text("")], strict=False):
        table.add_row(left, right)
    return table


def _group(group: str, passed: int, every: int) -> Text:
    style = STYLES[Verdict.PASS] if passed == every else STYLES[Verdict.NOT_RUN]
    return Text.assemble((f"{line(group, 5):<5}", "bold"), (f"{passed:>3} of {every:<3}", style), " passed")


def _notes(report: Report, width: int) -> Iterable[Text]:
    """What was chosen, why rules were not run or broke, what is mended, what is left behind."""
    choices = chosen(report)
    for choice in choices[:EXPLAINED]:
        yield _note("chosen", "bold", f"{choice.choice}: {choice.sentence}".removesuffix(": "), width)
    if len(choices) > EXPLAINED:
        yield _note("chosen", "bold", _listed([choice.choice for choice in choices[EXPLAINED:]]), width)
    for verdict in (Verdict.ERROR, Verdict.NOT_RUN):
        why = Counter(line(rule.reason or "no reason given", 50) for rule in report.rules if rule.verdict is verdict)
        # What somebody chose to leave out is told last.
        told = sorted(why.most_common(), key=lambda item: item[0].startswith(Why.DISABLED))
        text = ", ".join(f"{count} {reason}" for reason, count in told[:NAMED]) + ", …" * (len(told) > NAMED)
        if why:
            yield _note(WORDS[verdict], STYLES[verdict], text, width)
    partly = [rule.id for rule in report.rules if rule.verdict is not Verdict.NOT_RUN and PARTLY in (rule.reason or "")]
    if partly:
        yield _note(PARTLY, STYLES[Verdict.NOT_RUN], _listed(partly), width)
    if report.mended:
        yield _note("mended", STYLES[Verdict.PASS], _listed([_mended(each) for each in report.mended]), width)
    if report.leftovers:
        yield _note("left behind", STYLES[Verdict.WARN], _listed(report.leftovers), width)


def _mended(known: Known) -> str:
    return f"{known.rule} {known.operation}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:NAMED]) + (f" and {len(every) - NAMED} more" if len(every) > NAMED else "")


def _note(word: str, style: str, text: str, width: int) -> Text:
    return Text.assemble((f"{word}: ", style), line(text, max(width - len(word) - 2, 10)))


def _files(files: Mapping[str, Path]) -> Iterable[Text]:
    for name, path in files.items():
        yield Text.assemble((f"{name:<6} ", "dim"), str(path))


def _encodable(text: Text, encoding: str) -> Text:
    """A terminal that knows few signs gets question marks, and no exception."""
    plain = text.plain.encode(encoding, "replace").decode(encoding)
    text.plain = plain
    return text
