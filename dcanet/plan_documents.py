"""The JSON file of a plan: what a config will cost, estimated before anything runs."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .documents import Document

Stage = Literal["profile", "train", "evaluate"]
STAGES: tuple[Stage, ...] = ("profile", "train", "evaluate")
#: Whether a speed was measured by `dcanet profile throughput`, or follows from MACs and assumptions.
Basis = Literal["measured", "assumed"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PlannedDevices(_Part):
    """What a plan is for."""

    key: str
    title: str
    unit: Literal["GPU", "core"]
    count: int = Field(ge=1)


class PlannedJob(_Part):
    """One job of the workflow; `device_hours` do not depend on how many devices share it."""

    network: str = Field(description="id of the classifier or detector; of a timing, of its pair")
    run: str = Field(description="seed<k> or pretrained; of a timing, empty")
    stage: Stage
    test: str = Field("", description="the extra test set that is evaluated, if it is one")
    device_hours: float = Field(ge=0)
    energy_kwh: float = Field(ge=0)
    basis: Basis


class Amounts(_Part):
    """What a network, or everything, takes."""

    device_hours: float = Field(ge=0)
    wall_hours: float = Field(ge=0, description="on all planned devices")
    energy_kwh: float = Field(ge=0)
    kept_bytes: int = Field(ge=0, description="on disk when all is done; data sets apart")
    state_bytes: int = Field(ge=0, description="on disk beside that, while it trains")
    download_bytes: int = Field(ge=0, description="weights that are fetched")


class PlannedNetwork(_Part):
    """A network, over all its runs."""

    network: str
    basis: Basis
    parameters: int = Field(ge=0)
    macs: float = Field(ge=0, description="multiply-adds of one training image")
    training_images_per_second: float | None = Field(
        ge=0, description="of one device; None where nothing is trained"
    )
    amounts: Amounts


class Estimate(Document):
    """What a config will cost: results/<experiment>/plan.json."""

    made_again: ClassVar[str] = "plan again: delete the file, or run `dcanet plan`"
    schema_version: Literal[2] = 2  # type: ignore[assignment]
    experiment: str
    devices: PlannedDevices
    networks: list[PlannedNetwork]
    jobs: list[PlannedJob]
    total: Amounts
    assumptions: list[str] = Field(description="all that was not measured, in words")
    config: dict[str, Any] = Field({}, description="that was planned, as it was understood")

    def device_hours(self, stage: Stage) -> float:
        """Of all jobs of a stage."""
        return sum(job.device_hours for job in self.jobs if job.stage == stage)
