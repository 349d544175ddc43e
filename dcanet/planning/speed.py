"""Seconds and energy that one image takes of one device: measured, or from MACs by stated assumptions."""

from dataclasses import dataclass

from ..plan_documents import Basis
from ..profile_documents import Setting
from .devices import Arithmetic, Device
from .images import Images
from .measured import PASSES, Timings
from .networks import Kind, Network

#: Time of a network with attention over its plain backbone's, beyond what its MACs tell: pooling and
#: broadcasting read and write whole maps for next to no arithmetic.
ATTENTION = 1.25
#: Seconds to start the operations of one forward pass from Python, whatever the batch.
LAUNCH = {"plain": 0.008, "attention": 0.012, "detector": 0.040}
#: Seconds of one core to read, decode and crop a photo (benchmarks/README.md and evaluation.md); to read one
#: of the embedded pictures.
PHOTO_SECONDS, EMBEDDED_SECONDS = 0.0015, 0.0002


def launch_seconds(kind: Kind) -> float:
    """Of one forward pass."""
    return LAUNCH["detector" if kind.detector else "attention" if kind.attention else "plain"]


def loading_seconds(images: Images) -> float:
    """Of one image on one core."""
    return EMBEDDED_SECONDS if images.embedded else PHOTO_SECONDS


@dataclass(frozen=True)
class PerImage:
    """What an image takes of one device."""

    seconds: float
    joules: float
    basis: Basis


class Speeds:
    """Of every network on one device; `workers` load images beside it, or with none the rank itself does."""

    def __init__(self, device: Device, timings: Timings, workers: int) -> None:
        self.device, self.timings, self.workers = device, timings, workers
        self._notes: dict[str, None] = {}
        self._used: dict[str, None] = {}

    @property
    def used(self) -> list[str]:
        """Names of the devices whose timings were used."""
        return list(self._used)

    @property
    def notes(self) -> list[str]:
        """What was not used of the timings, and where one stands for work that was not timed itself."""
        return [*self.timings.notes, *self._notes]

    def training(self, network: Network) -> PerImage:
        """An image of a training step by the network's recipe."""
        recipe = network.recipe
        arithmetic = self.device.arithmetic(recipe)
        wanted = Setting(
            work="training_step",
            batch_size=network.micro_batch,
            precision=arithmetic,
            channels_last=recipe.channels_last,
            compiled=recipe.compile,
        )
        return self._measured(network, wanted, network.training_pixels) or self._assumed(
            network, network.cost.training_macs, arithmetic, PASSES
        )

    def looking(self, network: Network) -> PerImage:
        """An image that is evaluated, always in float32."""
        wanted = Setting(work="inference", batch_size=network.micro_batch)
        return self._measured(network, wanted, network.pixels) or self._assumed(
            network, network.cost.macs, "float32", 1
        )

    def _measured(self, network: Network, wanted: Setting, pixels: int) -> PerImage | None:
        timing = self.timings.of(network.name, wanted)
        if timing is None:
            return None
        self._used[timing.device_name] = None
        timed = timing.setting
        if timed.work != wanted.work:
            share = f"{PASSES} times" if wanted.work == "training_step" else f"1/{PASSES} of"
            self._note(f"{_words(wanted.work)} was not timed: {share} {_words(timed.work).lower()}.")
        if timed.precision != wanted.precision:
            self._note(f"{_words(wanted.work)} was timed in {timed.precision}, not in {wanted.precision}.")
        share_of_pixels = pixels / timing.pixels
        seconds = self._with_loading(timing.seconds * share_of_pixels, network)
        joules = seconds * self.device.watts if timing.joules is None else timing.joules * share_of_pixels
        return PerImage(seconds, joules, "measured")

    def _assumed(self, network: Network, macs: float, arithmetic: Arithmetic, passes: int) -> PerImage:
        kind = network.kind
        flops = self.device.flops(arithmetic) * (self.device.mobile_share if kind.mobile else 1)
        computing = passes * 2 * macs / flops * (ATTENTION if kind.attention else 1)
        starting = passes * launch_seconds(kind) / network.micro_batch
        seconds = self._with_loading(max(computing, starting), network)
        return PerImage(seconds, seconds * self.device.watts, "assumed")

    def _with_loading(self, computing: float, network: Network) -> float:
        """Workers beside a GPU take no time of it unless they are too slow; a core loads or computes."""
        loading = loading_seconds(network.images)
        if self.device.is_gpu and self.workers:
            return max(computing, loading / self.workers)
        return computing + loading

    def _note(self, text: str) -> None:
        self._notes[text] = None


def _words(work: str) -> str:
    return work.replace("_", " ").capitalize()
