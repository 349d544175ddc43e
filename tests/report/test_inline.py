"""Nothing inside a script element ends it, and the policy names exactly the page's scripts."""

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path

import pytest

from dcanet.report.as_html import SCRIPTS
from dcanet.report.inline import data, policy, script

ENDS = "</script><script>alert(1)</script><!--<script>"


def test_data_have_no_markup() -> None:
    text = data({"name": ENDS, "lines": "\u2028\u2029", "and": "&"})
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == {"name": ENDS, "lines": "\u2028\u2029", "and": "&"}


@pytest.mark.parametrize("end", ["</script", "</SCRIPT", "<!--"])
def test_a_script_does_not_end_early(end: str) -> None:
    text = script(f'const text = "{end}>"; const less = 1 < 2;')
    assert end not in text
    assert f"\\x3c{end[1:]}" in text
    assert "1 < 2" in text


def test_the_policy_allows_the_pages_scripts_alone(report_page: Path) -> None:
    page = report_page.read_text()
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert found
    named = set(re.findall(r"'sha256-([^']+)'", unescape(found[1])))
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts}
    assert named == digests
    assert len(scripts) >= len(SCRIPTS)
    assert "unsafe-eval" not in found[1]
    assert "script-src 'unsafe" not in unescape(found[1])


def test_without_scripts_none_is_allowed() -> None:
    assert "script-src 'none'" in policy([])
