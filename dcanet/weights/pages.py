"""Web pages that come where a file was asked for, recognised and put into one line."""

import html
import re
from pathlib import Path

#: How much of a file or an answer is looked at.
HEAD_BYTES = 1 << 16

_GIVE_UP = "fetch it in a browser and put it into the drop folder"
_KINDS = (
    (
        r"quota.exceeded|too many users have viewed or downloaded|download quota",
        f"Google Drive's quota page (too many downloads lately): try again in a day, or {_GIVE_UP}",
    ),
    (
        r"consent\.google|before you continue to",
        f"Google's consent page (it asks for cookies first): {_GIVE_UP}",
    ),
    (
        r"virus scan warning|can.t scan this file for viruses|id=.?download-form",
        "Google Drive's virus-scan question (the file itself comes after it): "
        f"fetch it again with `dcanet weights fetch`, or {_GIVE_UP}",
    ),
    (
        r"accounts\.google\.com|you need access|google drive\W+(access denied|sign.in)",
        f"Google Drive's sign-in page (the file is not public any more): {_GIVE_UP} if you have access",
    ),
    (
        r"file you have requested does not exist|error 404|page not found",
        "a page that says the file does not exist: the link is dead; give another source",
    ),
)


def is_page(head: bytes) -> bool:
    """Whether a file that begins so is an HTML page; no checkpoint and no log begins with '<'."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def describe_page(head: bytes) -> str:
    """What a page is and what to do about it."""
    text = html.unescape(head.decode("utf-8", "replace"))
    for pattern, description in _KINDS:
        if re.search(pattern, text, re.I):
            return description
    title = re.search(r"<title[^>]*>([^<]*)", text, re.I)
    named = f" titled {_shown(title[1])[:80]!r}" if title else ""
    return f"an HTML page{named}: look at the address in a browser, or {_GIVE_UP}"


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))


def read_head(path: Path) -> bytes:
    """The beginning of a file."""
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES)
