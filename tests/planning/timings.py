"""Made-up timings for tests: no number here was measured."""

from pathlib import Path
from typing import Any

from dcanet.profile_documents import MachineState, Measurement, Setting, Speed, Throughput

IDLE = MachineState(load_average=0.0)


def measurement(speeds: dict[str, float], joules: float | None = None, **setting: Any) -> Measurement:
    found = Setting(**setting)
    return Measurement(
        setting=found,
        wanted_batch_size=found.batch_size,
        models={
            name: Speed(
                images_per_second=speed, interval=(speed, speed), rounds=[speed], joules_per_image=joules
            )
            for name, speed in speeds.items()
        },
        settled=True,
        before=IDLE,
        after=IDLE,
        loaded=False,
    )


def write_timing(
    profile: Path,
    pair: str,
    *measurements: Measurement,
    device: str = "cuda",
    name: str = "NVIDIA H100 80GB HBM3",
    threads: int = 2,
    side: int = 224,
) -> None:
    Throughput(
        pair=pair,
        device=device,
        device_name=name,
        threads=threads,
        height=side,
        width=side,
        seconds=10.0,
        measurements=list(measurements),
    ).save(profile / device / f"{pair}.json")
