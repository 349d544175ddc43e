"""What a reader of the paper's tables must know besides their costs, in words."""

from dataclasses import dataclass

from ..profile_documents import DeadParameters


@dataclass(frozen=True)
class Finding:
    """Short sentences; `evidence` says how it is known."""

    title: str
    found: str
    effect: str
    here: str
    evidence: str


FINDINGS = (
    Finding(
        "Headings swapped",
        "In the source of Table 1 the parameters stand under “FLOPs” and the FLOPs under “Param(G)”. The "
        "FLOPs are multiply-adds.",
        "Read as printed, both columns are wrong. Counted in FLOPs every number would be about twice as "
        "large.",
        "Every number stands under the heading that it belongs to, and the heading says MACs.",
        "The values: ResNet50 has 25.56 M parameters and 4.12 G multiply-adds. This audit.",
    ),
    Finding(
        "Wrong prefix, nothing loaded",
        "A ResNet trained in half precision saves its keys with the prefix “module.1.”. The loader of the "
        "detection code takes off “module.” only, ignores every key that it does not know, and logs a "
        "warning.",
        "A detector may have started from random weights without anybody noticing. Whether one of Table 2 "
        "did is not known.",
        "Any of the four possible prefixes is taken off. A key that is missing, left over or of another "
        "shape is an error, and nothing is loaded in part.",
        "The released training code and the loading rules of mmcv. The published files themselves were not "
        "at hand.",
    ),
    Finding(
        "Validation images counted twice",
        "Each of 8 GPUs fills its last batch with images that it has had already, and the means of the GPUs "
        "are averaged.",
        "176 of 50,000 images count twice, by arithmetic for batches of 32 or 64. That moves an accuracy by "
        "at most 0.35 points, most likely by about 0.01.",
        "Nothing is ever filled up: every image is evaluated exactly once, on any number of ranks, or the "
        "evaluation fails.",
        "The released training code (DALI's sharding).",
    ),
    Finding(
        "Best or last epoch",
        "The released training code keeps the epoch that is best on the validation set, beside the last "
        "one. The paper does not say which of the two it prints.",
        "The best of 100 or 150 epochs, chosen on the images that it is judged by, is too good by an "
        "unknown amount.",
        "The last epoch is evaluated unless the recipe says select: best. The results have the accuracy of "
        "both, and a row's footnote tells them.",
        "The released training code.",
    ),
    Finding(
        "GC does not start as the identity",
        "GC's paper starts the last convolution of each block at 0. The ResNet's own initialisation comes "
        "later and overwrites it.",
        "Training starts from other functions than GC's paper has it. Whether this is why GC-ResNet50 is "
        "printed below plain ResNet50 (74.90 and 75.90) is not known.",
        "Kept, to train what the authors trained.",
        "The released code. The start of every parameter here is tested against it.",
    ),
    Finding(
        "Mnas draws linear layers with standard deviation 1",
        "The arguments of one call are in the wrong places: mean 0.01 and standard deviation 1 in place of "
        "the other way round. Attention and connection have linear layers too.",
        "Gates and logits start far too large. Whether this is why SE-Mnas1_0 is printed below plain "
        "Mnas1_0 (69.69 and 71.72) is not known.",
        "Kept, to train what the authors trained. A recipe's linear_std draws them anew; the demo's does.",
        "The released code. The start of every parameter here is tested against it.",
    ),
    Finding(
        "Half precision without loss scaling",
        "The documented command for ResNets trains in float16 with a loss scale of 1.",
        "Gradients below 6e-8 become 0. What that costs is not known.",
        "Recipes train in bfloat16, which has float32's range, or in float32; float16 always has loss "
        "scaling.",
        "The released code and its documentation.",
    ),
)


def spatial_finding(measured: list[DeadParameters]) -> Finding:
    """The finding that is measured here; without a measurement it says so."""
    stopped = "DCA-CBAM-ResNet50 starts the norm before the ReLU of its spatial connection at 0."
    return Finding(
        "Spatial attention that cannot learn",
        " ".join([stopped, *map(_measured, measured)]) if measured else f"{stopped} Not measured yet.",
        "Where no gradient arrives the spatial gate stays one number for all positions. The printed gain of "
        "DCA-CBAM-ResNet50 comes without connected spatial attention, if its weights were trained from this "
        "start.",
        "The authors' start is the default; options: {dca_cbam_resnet50: {spatial_join_init: ones}} starts "
        "this norm at 1 and leaves all else. CBAM on the two mobile networks starts it at 1 anyway.",
        "Measured here (profile/audit.json) by steps of SGD on random images."
        if measured
        else "The released code.",
    )


def _measured(found: DeadParameters) -> str:
    start = f"With spatial_join_init={found.options.get('spatial_join_init')}"
    if not found.dead_blocks:
        return f"{start} gradients reach the convolution of all {found.blocks} blocks."
    dead = f"in {found.dead_blocks} of {found.blocks} blocks and {found.steps} steps"
    return f"{start} no gradient reaches, {dead}, {', '.join(found.parameters)}."
