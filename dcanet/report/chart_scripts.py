"""The scripts that bring charts to life."""

from importlib.resources import files

from .charts import vega


def chart_scripts() -> list[str]:
    """Texts of script elements, in the order in which they are to stand: Vega, then what uses it."""
    ours = files(__package__).joinpath("templates", "chart.js").read_text(encoding="utf-8")
    return [vega.bundle(), ours]
