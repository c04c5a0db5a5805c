"""The files of a run, and the gate before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contract_tests.report import junit, page, record, sarif
from contract_tests.report.model import Report
from contract_tests.report.redaction import published

FILES = {"html": "report.html", "json": "report.json", "junit": "junit.xml", "sarif": "report.sarif"}


def write(
    report: Report, directory: Path, secrets: Mapping[str, str], lines: Mapping[str, int] | None = None
) -> dict[str, Path]:
    """Writes all four, and says where each is. It redacts, though the report may be published already: nobody can forget it.

    `secrets` has the token of each credential, `lines` the line of each operation in openapi.yaml, where it is known.
    """
    shown = published(report, secrets)
    contents = {
        "html": page.rendered(shown),
        "json": record.dumped(shown),
        "junit": junit.rendered(shown),
        "sarif": sarif.rendered(shown, lines),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for kind, content in contents.items():
        (directory / FILES[kind]).write_bytes(content)
    return {kind: directory / name for kind, name in FILES.items()}
