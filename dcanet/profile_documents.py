"""The JSON files of profiling: what models weigh, count and cost in time, and what was printed of it."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .documents import Document, Provenance

#: fvcore's rules; convolutions and linear layers alone; the rules of the authors' own counter.
Convention = Literal["fvcore", "conv_linear", "published"]
Work = Literal["inference", "training_step"]
Precision = Literal["float32", "bfloat16"]


class Part(BaseModel):
    """A part of a JSON file."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Parts(Part):
    """A count split over the parts of a network.

    `attention` is what the baseline's blocks have too, `connection` what connecting adds, `head` the
    classifier's last layer, or a detector's neck and heads.
    """

    backbone: int = Field(0, ge=0)
    attention: int = Field(0, ge=0)
    connection: int = Field(0, ge=0)
    head: int = Field(0, ge=0)

    @property
    def total(self) -> int:
        return self.backbone + self.attention + self.connection + self.head


class MacCount(Part):
    """Multiply-adds of one image by one convention."""

    parts: Parts
    uncounted_ops: dict[str, int] = Field(description="operations without a rule, and how often they ran")

    @property
    def total(self) -> int:
        return self.parts.total


class ModelCosts(Part):
    """Size and arithmetic of one network."""

    options: dict[str, Any]
    height: int = Field(ge=1, description="of the image that was counted, pixels")
    width: int = Field(ge=1)
    classes: int = Field(ge=1)
    parameters: Parts
    macs: dict[Convention, MacCount]
    note: str = Field("", description="what was assumed, as the number of proposals")


class Uncounted(Part):
    """A network that could not be counted."""

    reason: str


class Costs(Document):
    """Parameters and MACs of an experiment's networks: profile/costs.json."""

    made_again: ClassVar[str] = "count again: delete the file, or run `dcanet profile costs`"
    schema_version: Literal[2] = 2  # type: ignore[assignment]
    models: dict[str, ModelCosts | Uncounted]
    provenance: Provenance | None = None


class AuditedCell(Part):
    """One published cost, and what the network that the project builds gives in the authors' convention."""

    row: str
    model: str
    column: Literal["params", "macs"]
    published: str = Field(description="as printed, in millions or billions")
    found: int = Field(ge=0, description="of the printed form")
    released: int = Field(ge=0, description="of the released code's form")
    options: dict[str, Any] = Field(description="in which the printed form differs from the released code")

    @property
    def reproduced(self) -> bool:
        """Whether our printed form rounds to the printed digits."""
        return self.digits(self.found) == self.published

    @property
    def released_reproduces(self) -> bool:
        """Whether the released code's form does."""
        return self.digits(self.released) == self.published

    def digits(self, count: int) -> str:
        """A count as the paper would print it."""
        return f"{count / (10**6 if self.column == 'params' else 10**9):.2f}"


class DeadParameters(Part):
    """Parameters of one network that no gradient reaches in training steps from its initialisation."""

    model: str
    options: dict[str, Any]
    steps: int = Field(ge=1)
    blocks: int = Field(ge=1, description="attention blocks of the network")
    dead_blocks: int = Field(ge=0, description="blocks whose parameters below got no gradient in any step")
    parameters: list[str] = Field(description="their names within a block")


class Audit(Document):
    """Every published cost checked, and what was measured of the findings: profile/audit.json."""

    made_again: ClassVar[str] = "audit again: delete the file, or run `dcanet profile audit`"
    cells: list[AuditedCell]
    spatial_attention: list[DeadParameters] = Field(
        description="DCA-CBAM-ResNet50 as its authors initialise it, and mended"
    )


class Setting(Part):
    """What is timed: the work, and how it is computed."""

    work: Work = "inference"
    batch_size: int = Field(8, ge=1)
    precision: Precision = "float32"
    channels_last: bool = True
    compiled: bool = Field(False, description="by torch.compile")
    folded: bool = Field(
        False, description="as evaluation runs it: BatchNorm folded and, on a CPU, activations fused"
    )


class Latency(Part):
    """Percentiles of single calls, in milliseconds."""

    calls: int = Field(ge=1)
    p50_ms: float = Field(ge=0)
    p90_ms: float = Field(ge=0)
    p99_ms: float = Field(ge=0)


class Speed(Part):
    """Speed of one network under a setting: median of the timed rounds and its 95 % interval."""

    images_per_second: float = Field(ge=0)
    interval: tuple[float, float]
    rounds: list[float] = Field(description="images per second of each round")
    latency: Latency | None = Field(None, description="at batch size 1")
    peak_memory_bytes: int | None = Field(None, ge=0, description="of the device, with weights and batch")
    joules_per_image: float | None = Field(None, ge=0, description="where the device measures its energy")


class MachineState(Part):
    """What the machine did around a measurement; None where it cannot be known."""

    load_average: float = Field(description="1-minute average per core")
    clock_mhz: float | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None


class Measurement(Part):
    """A pair timed interleaved under one setting.

    `overhead_percent` is the additional time per image of the connected network over its baseline: the ratio
    is taken within each round, so that it survives a drifting machine.
    """

    setting: Setting
    wanted_batch_size: int = Field(
        ge=1, description="more than the setting's where memory was too small for it"
    )
    models: dict[str, Speed]
    overhead_percent: float | None = None
    overhead_interval: tuple[float, float] | None = None
    settled: bool = Field(description="two rounds in a row agreed before the time was over")
    before: MachineState
    after: MachineState
    loaded: bool = Field(description="something else ran beside it")


class Throughput(Document):
    """Speeds of a pair timed interleaved, under one or more settings: profile/<device>/<pair>.json."""

    made_again: ClassVar[str] = "time again: delete the file, or run `dcanet profile throughput`"
    schema_version: Literal[2] = 2  # type: ignore[assignment]
    pair: str
    device: str
    device_name: str
    threads: int
    height: int
    width: int
    seconds: float = Field(ge=0, description="that the whole timing took")
    measurements: list[Measurement] = Field(min_length=1, description="the first is the one that tables show")
    provenance: Provenance | None = None
