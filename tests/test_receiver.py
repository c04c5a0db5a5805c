"""The receiver's side: the helper in Python, and the README's own lines in TypeScript, compiled and run under Node."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexuscommerce.webhooks import SIGNATURE, sign, verify

SECRET = "whsec_q0mSyX3zWvT1Jk"
BODY = '{"id":"evt_1","type":"product.updated","data":{"title":"Grün"}}'.encode()
SIGNED = sign(BODY, SECRET)
CHAPTER = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8").split("## Webhooks")[1].split("\n## ")[0]

# What a receiver may be sent, and whether it is signed. `None`: there was no header.
CASES = {
    "right": (BODY, SIGNED, SECRET, True),
    "another body": (BODY.replace(b"1", b"2"), SIGNED, SECRET, False),
    "a body with a space more": (BODY + b" ", SIGNED, SECRET, False),
    "another secret": (BODY, SIGNED, SECRET + "x", False),
    "no header": (BODY, None, SECRET, False),
    "an empty header": (BODY, "", SECRET, False),
    "a short header": (BODY, SIGNED[:-1], SECRET, False),
    "a long header": (BODY, SIGNED + "0", SECRET, False),
    "no prefix": (BODY, SIGNED.removeprefix("sha256="), SECRET, False),
    "upper case": (BODY, "sha256=" + SIGNED.removeprefix("sha256=").upper(), SECRET, False),
    "not ASCII": (BODY, "sha256=" + "é" * 64, SECRET, False),
    "an empty secret": (BODY, sign(BODY, ""), "", False),
    "an empty body": (b"", sign(b"", SECRET), SECRET, True),
}


def test_a_signature_is_the_hmac_of_the_raw_body_in_lower_case_hex() -> None:
    assert "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest() == SIGNED


@pytest.mark.parametrize("case", CASES)
def test_it_is_verified_if_and_only_if_it_is_what_was_signed(case: str) -> None:
    body, header, secret, expected = CASES[case]

    assert expected is verify(body, header, secret)


@given(st.text(st.characters(exclude_categories=[])))
def test_no_header_raises_and_none_is_taken_for_a_signature(header: str) -> None:
    """Lone surrogates too: a header is bytes that somebody decoded."""
    assert not verify(BODY, header, SECRET)


def _typescript() -> str:
    """The README's lines, as they stand there."""
    return str(re.findall(r"```ts\n(.*?)```", CHAPTER, re.DOTALL)[0])


def _node(directory: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=180, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_the_typescript_of_the_readme_compiles_and_verifies_what_the_mock_signs(tmp_path: Path) -> None:
    """With the real compiler, strictly, and Node's own types."""
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        reason = f"{' and '.join(missing)} missing: install Node.js to run the README's TypeScript"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    _node(tmp_path, "npm", "install", "--silent", "--no-audit", "--no-fund", "typescript@5", "@types/node@20")
    (tmp_path / "verify.ts").write_text(_typescript(), encoding="utf-8")
    cases = [[list(body), header, secret] for body, header, secret, _ in CASES.values()]
    (tmp_path / "cases.ts").write_text(
        f"""import {{ verify }} from "./verify.js";
const cases = {json.dumps(cases)} as [number[], string | null, string][];
const answers = cases.map(([body, header, secret]) => verify(Buffer.from(body), header ?? undefined, secret));
console.log(JSON.stringify(answers));
"""
    )
    options = ("--strict", "--module", "nodenext", "--target", "es2022", "--types", "node")
    _node(tmp_path, "node_modules/.bin/tsc", *options, "verify.ts", "cases.ts")
    answers = json.loads(_node(tmp_path, "node", "cases.js"))

    assert {name: case[-1] for name, case in CASES.items()} == dict(zip(CASES, answers, strict=True))


def test_the_python_of_the_readme_is_a_receiver_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    (tmp_path / "receiver.py").write_text(re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)[0], encoding="utf-8")
    receiver = runpy.run_path(str(tmp_path / "receiver.py"))["app"].test_client()
    sent: list[dict[str, str]] = [{SIGNATURE: SIGNED}, {SIGNATURE: SIGNED[:-1]}, {}]
    statuses = [receiver.post("/hook", data=BODY, content_type="application/json", headers=h).status_code for h in sent]

    assert [204, 401, 401] == statuses
