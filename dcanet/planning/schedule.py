"""How long jobs take on some devices together: at best, so that more devices never take longer."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chain:
    """Jobs that wait for one another: (device-hours, most devices that share the job)."""

    jobs: tuple[tuple[float, int], ...]

    @property
    def device_hours(self) -> float:
        return sum(hours for hours, _ in self.jobs)

    def hours(self, devices: int) -> float:
        """Alone on so many devices."""
        return sum(hours / min(devices, width) for hours, width in self.jobs)

    def __add__(self, other: "Chain") -> "Chain":
        return Chain(self.jobs + other.jobs)


def wall_hours(chains: Sequence[Chain], devices: int, before: Sequence[Chain] = ()) -> float:
    """The longer of: all work shared by devices that never wait, and the longest chain.

    `before` are chains that others of `chains` wait for: they make a chain longer, and no work twice.
    Schedules reach this bound nearly where there are many more jobs than devices.
    """
    work = sum(chain.device_hours for chain in chains) / devices
    return max([work, *(chain.hours(devices) for chain in [*chains, *before])])
