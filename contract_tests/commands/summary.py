"""A report in another shape, for those who have only the file."""

from __future__ import annotations

from pathlib import Path

import click

from contract_tests.commands.ending import Unjudged
from contract_tests.report import markdown, record


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
def summary(report: Path) -> None:
    """Print the verdict of REPORT, a report.json, in Markdown: for the page of a CI job or a comment."""
    try:
        click.echo(markdown.rendered(record.load(report)), nl=False)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why
