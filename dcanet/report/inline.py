"""Scripts and data inside the page: nothing in them ends their element, and only they may run."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup


def script(text: str) -> Markup:
    """The text of a script element; what would end it early is written so that it means the same."""
    return Markup(re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE))


def data(value: Any) -> Markup:
    """JSON for a script element, in which no markup is left."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text))


def policy(scripts: Iterable[Markup]) -> str:
    """The page's content security policy: these very scripts, and nothing from anywhere."""
    allowed = " ".join(f"'sha256-{_digest(text)}'" for text in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
