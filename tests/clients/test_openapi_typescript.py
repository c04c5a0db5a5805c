"""Types by openapi-typescript and calls by openapi-fetch: docs/clients.md, under Node, against a mock."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from tests.clients.guide import HERE, chapter, follow, run
from tests.live import Mock, running

TITLE = "TypeScript"


def test_the_program_compiles_and_runs_as_the_guide_says(workshop: Path, tmp_path: Path) -> None:
    """It lists, pages, creates, changes, deletes, reads errors and the rate limit; errors' codes and details are typed."""
    with running(tmp_path, "--log", "off") as mock:
        *_, last = follow(TITLE, workshop, mock)

    assert chapter(TITLE).printed == last


def test_what_the_document_does_not_have_does_not_compile(workshop: Path, mock: Mock) -> None:
    """Each line that says so, and no other; nor is there a fault in the types themselves."""
    make_types, *_ = chapter(TITLE).commands
    run(make_types, workshop, mock)
    shutil.copy(HERE / "misspelt.mts", workshop)
    source = (HERE / "misspelt.mts").read_text("utf-8")
    wrong = {number for number, line in enumerate(source.splitlines(), 1) if "; // wrong" in line}
    command = ["npx", "tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--pretty", "false"]
    done = subprocess.run([*command, "misspelt.mts"], cwd=workshop, capture_output=True, text=True, timeout=120)
    places = re.findall(r"^(\S+)\((\d+),\d+\): error", done.stdout, re.MULTILINE)

    assert 10 == len(wrong)
    assert {("misspelt.mts", str(number)) for number in wrong} == set(places), done.stdout


def test_the_guide_installs_what_is_tested_and_shows_the_program() -> None:
    named = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    source = (HERE / "shop.mts").read_text("utf-8")
    found = chapter(TITLE)

    assert {name: version for name, version in named.items() if "supabase" not in name} == found.pins
    assert [] == [excerpt for excerpt in found.excerpts if excerpt not in source]
