"""nexus-mock open: the dashboard."""

from __future__ import annotations

import os
import sys

import click

from mockserver.commands import printing
from mockserver.commands.session import Session, over_api


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Open no browser.")
@over_api
def open_dashboard(session: Session, only_print: bool) -> None:
    """Open the dashboard.

    Prints its address, and opens it where there is a browser."""
    session.control.get("/server")  # a browser's own page would say less of what is missing
    address = f"{session.control.url}/_sandbox/"
    click.echo(printing.document({"url": address}) if session.as_json else address)
    if not only_print and not session.as_json and _has_browser():
        import webbrowser

        webbrowser.open(address)


def _has_browser() -> bool:
    """Whether one can show itself: without a display, what is found would take the terminal over."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
