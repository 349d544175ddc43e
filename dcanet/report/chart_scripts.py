"""The scripts that bring charts to life."""


def chart_scripts() -> list[str]:
    """Texts of script elements, in the order in which they are to stand."""
    return []
