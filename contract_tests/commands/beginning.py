"""init: a target file to begin with, in which everything is explained and nothing has to be guessed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click

from contract_tests import explained, target
from contract_tests.choices import CHOICES
from contract_tests.commands.ending import Unjudged
from contract_tests.explained import CREDENTIALS_ARE, TENANTS_ARE
from contract_tests.rules import Effect
from nexuscommerce.contract import load

NAME = "nexus-target.toml"
SOMEWHERE = "http://127.0.0.1:8080/api"
NOBODY = "00000000-0000-0000-0000-000000000000"

WIDTH = 118  # columns of a comment
HOOKS = """\
register = ["my-server", "hook", "add", "{url}"]
unregister = ["my-server", "hook", "remove", "{id}"]"""

HEAD = """\
# A target of nexus-contract: an implementation of the NexusCommerce API, who may get in, and what a run may do there.
#
#   nexus-contract doctor {file}        is all as this file says, and what can be judged
#   nexus-contract run {file} --plan    how many requests and minutes that takes
#   nexus-contract run {file}           judge it
#
# Lines such as `# name = …` are optional: take the mark away to use one."""

NEXT = """\
wrote {file}. Next:
  1. look through it: the address, the tenants, and which credentials you have
  2. export NEXUS_FULL=… NEXUS_OTHER_FULL=…
  3. nexus-contract doctor {file}"""


@click.command()
@click.argument("file", default=NAME)
@click.option("--address", metavar="URL", default=SOMEWHERE, help=f"Where the API is ({SOMEWHERE}).")
@click.option("--main", metavar="UUID", default=NOBODY, help="The tenant in which nearly everything is judged.")
@click.option("--other", metavar="UUID", default=NOBODY, help="Another tenant, which is looked at from outside.")
@click.option("--force", is_flag=True, help="Write it although there is such a file.")
def init(file: str, address: str, main: str, other: str, force: bool) -> None:
    """Write a target file with comments, FILE (nexus-target.toml) or `-` to print it.

    It only reads until you say otherwise in it, and takes every credential from the environment.
    """
    try:
        for option, value in (("--main", main), ("--other", other)):
            _uuid(option, value)
        text = written(target.address_of(address), main, other, NAME if file == "-" else file)
    except target.TargetError as why:
        raise Unjudged(str(why)) from why
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        with Path(file).open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as why:
        raise Unjudged(f"{file} is there already; name another, or write over it with --force") from why
    except OSError as why:
        raise Unjudged(f"{file}: {why.strerror}") from why
    click.echo(NEXT.format(file=file))


def _uuid(option: str, value: str) -> None:
    try:
        UUID(value)
    except ValueError as why:
        raise Unjudged(f"{option} is the UUID of a tenant, not {value!r}") from why


def written(address: str, main: str, other: str, file: str = NAME) -> str:
    """The text of a target file."""
    tags = ", ".join(f'"{tag["name"]}"' for tag in load().document["tags"][:3])
    blocks = [
        HEAD.format(file=file),
        f'{comment(explained.ADDRESS)}\naddress = "{address}"',
        f'{comment(explained.JWKS)}\n# jwks = "/auth/v1/.well-known/jwks.json"',
        f"{comment(explained.ALLOW)}\nallow = [\n" + "\n".join(_allowances()) + "\n]",
        f"{comment(explained.TAGS)}\n# tags = [{tags}]",
        f"{comment(explained.TENANTS)}\n[tenants]\n" + "\n".join(_tenants(main, other)),
        f"{comment(explained.CREDENTIALS)}\n[credentials]\n" + "\n".join(_credentials()),
        f"{comment(explained.PACING)}\n# [pacing]\n# requests_per_minute = 600",
        f"{comment(explained.CHOICES)}\n# [choices]\n" + "\n".join(_choices()),
        f"{comment(explained.WEBHOOKS)}\n# [webhooks]\n{comment(HOOKS)}",
    ]
    return "\n\n".join(blocks) + "\n"


def comment(text: str) -> str:
    """The text as comments of TOML."""
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _allowances() -> Iterator[str]:
    for effect in Effect:
        yield f'    {"" if effect is Effect.READ else "# "}"{effect}",'


def _tenants(main: str, other: str) -> Iterator[str]:
    for name, value in {"main": main, "other": other, "fuzz": NOBODY}.items():
        mark = "" if name in target.REQUIRED_TENANTS else "# "
        yield f'{mark}{name} = "{value}"'.ljust(48) + f"  # {TENANTS_ARE[name]}"


def _credentials() -> Iterator[str]:
    """Those that are needed first, and the others to be put in as there are."""
    for name in sorted(target.CREDENTIALS, key=lambda name: name not in target.REQUIRED):
        mark = "" if name in target.REQUIRED else "# "
        yield f'{mark}{name} = {{env = "NEXUS_{name.upper()}"}}'.ljust(48) + f"  # {CREDENTIALS_ARE[name]}"


def _choices() -> Iterator[str]:
    for choice in CHOICES.values():
        value = choice.instead if choice.instead.isdigit() else f'"{choice.instead}"'
        yield comment(f"{textwrap.fill(choice.sentence, WIDTH)}\n{choice.name} = {value}")
