"""How long a timing of a pair takes by the config's settings."""

from ..config_sections import ProfileSettings


def timing_seconds(settings: ProfileSettings, networks: int) -> float:
    """At most: every measurement takes its whole budget, after a block of each network to warm up."""
    return len(settings.settings) * (settings.budget_seconds + networks * settings.block_seconds)
