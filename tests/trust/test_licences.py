"""docs/licences.md names what the lock does."""

import importlib.util

from working_copy import ROOT

_spec = importlib.util.spec_from_file_location("licences", ROOT / "docs/extensions/licences.py")
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)


def test_the_page_and_the_lock_have_the_same_packages():
    page = licences.listed(licences.PAGE.read_text())
    assert list(page) == licences.locked(licences.LOCK.read_text()), "run `make licences`"
    assert len(page) > 50


def test_what_packages_say_of_themselves():
    assert licences.licence("pydantic") == "MIT"
    assert licences.licence("no-such-package") is None
    assert list(licences.rows(["no-such-package"], {"no-such-package": "MIT"})) == [
        "| no-such-package | MIT |\n"
    ]
