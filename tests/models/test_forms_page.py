"""docs/forms.md says of the forms what is so."""

from pathlib import Path
from typing import Any

from oracle import FORMS

from dcanet.models import default_options, names

PAGE = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
HEAD = "| model | released | printed, where it differs |\n| --- | --- | --- |\n"


def shown(options: dict[str, Any]) -> str:
    def value(option: Any) -> str:
        return f"{option:.4g}" if isinstance(option, float) else str(option)

    return ", ".join(f"`{name}={value(option)}`" for name, option in options.items())


def row(name: str) -> str:
    released, printed = default_options(name, "released"), default_options(name, "printed")
    differs = {option: value for option, value in printed.items() if released.get(option) != value}
    return f"| `{name}` | {shown(released)} | {shown(differs)} |"


def test_table_of_options_is_that_of_the_code():
    table = HEAD + "\n".join(row(name) for name in names()) + "\n"
    assert table in PAGE, f"the table should read:\n{table}"


def test_parameters_are_the_measured_ones():
    printed = {form.model: form.facts["parameters"] for form in FORMS if form.variant == "printed"}
    for form in FORMS:
        count = form.facts["parameters"]
        if form.variant == "released" and printed.get(form.model, count) != count and not form.options:
            line = next(line for line in PAGE.splitlines() if f"`{form.model}` |" in line and " M" in line)
            assert f"({count:,})" in line
            assert f"({printed[form.model]:,})" in line
