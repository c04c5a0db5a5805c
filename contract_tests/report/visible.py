"""Text of strangers, made harmless to look at: what a terminal would obey or an eye not see is written out."""

from __future__ import annotations

import json
import re

# Control characters but tab and newline; what turns or hides text (bidirectional marks, zero width, line separators, soft
# hyphen, tags, byte order mark); surrogates and non-characters, which XML and UTF-8 cannot hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

_NAMES = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
_CONTROLS = dict(enumerate(_NAMES.split()))


def visible(text: str) -> str:
    """The text with such characters by name: [NUL], [ESC], [U+202E]. Emoji stay whole."""
    return _UNSEEN.sub(_sign, text.replace("\r\n", "\n"))


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "[" + _CONTROLS.get(code, f"U+{code:04X}") + "]"


def line(text: str, length: int) -> str:
    """The text in one line that is no longer than `length`."""
    flat = " ".join(visible(text[: 4 * length]).split())
    return flat if len(flat) <= length and len(text) <= 4 * length else flat[: length - 1] + "…"


def indented(text: str) -> str:
    """JSON with a member a line. Only white space between tokens changes: a duplicate key or 1e400 is evidence."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', text)
    lines, depth = [""], 0
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in "}]":
            depth -= 1
        if before and (before in "{[," or token in "}]") and before + token not in ("{}", "[]"):
            lines.append("  " * depth)
        lines[-1] += token + (" " if token == ":" else "")
        depth += token in "{["
    return "\n".join(lines)
