"""Contracts of a whole network, whatever is new in it."""

import copy
import tempfile
from pathlib import Path

import torch
from torch import nn

from ..evaluation.inference import make_fast
from ..models import assemble
from ..profiling.macs import count_macs
from ..profiling.parts import count_parameters
from ..weights.store import load_model, save_model
from .outcome import Broken, Contract, Skipped
from .subject import CLASSES, SIDE, Subject, images, same

CPU = torch.device("cpu")


def logits(subject: Subject) -> str:
    """Images to logits."""
    found = subject.moved.eval()(images())
    if tuple(found.shape) != (2, CLASSES):
        raise Broken(
            f"logits of shape (2, {CLASSES}) of 2 images", str(tuple(found.shape)), "return the head's"
        )
    if not bool(found.isfinite().all()):
        raise Broken("finite logits", "inf or nan", "look for divisions by 0 and powers in your forward")
    if not isinstance(getattr(subject.moved, "head", None), nn.Linear):
        raise Broken(
            "a linear layer `head` at the end", "none", "name the last nn.Linear of the network head"
        )
    return f"{subject.model}: 2 images of {SIDE} x {SIDE} pixels to (2, {CLASSES}) logits"


def gradients(subject: Subject) -> str:
    """Every parameter learns."""
    model = subject.moved.train().requires_grad_(True)
    model.zero_grad()
    model(images()).square().mean().backward()
    dead: dict[str, bool] = {}
    inside = {path: dict(block.named_parameters()) for path, block in subject.blocks.items()}
    # Blocks are looked at together: nothing is handed to the first, and the last hands on to nobody.
    for parameters in inside.values():
        for name, parameter in parameters.items():
            still = parameter.grad is None or not bool(parameter.grad.any())
            dead[name] = dead.get(name, True) and still
    own = {id(parameter) for parameters in inside.values() for parameter in parameters.values()}
    for name, parameter in model.named_parameters():
        if id(parameter) not in own:
            dead[name] = parameter.grad is None or not bool(parameter.grad.any())
    if still_dead := [name for name, is_dead in dead.items() if is_dead]:
        raise Broken(
            "a gradient at every parameter",
            f"none at {', '.join(still_dead[:4])}",
            "use it in forward without detach, .data or no_grad, or do not make it a parameter",
        )
    return f"{subject.model}: they reach all {len(dead)} kinds of parameters"


def state_dict(subject: Subject) -> str:
    """A weight file gives the same network."""
    model = subject.moved.eval()
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file = Path(folder) / "model.safetensors"
        save_model(model, file, {"source": "trained"})
        again = load_model(file).eval()
        if not same(model(images()), again(images())):
            raise Broken(
                "the same logits from stored weights",
                "others",
                "keep what decides the output in parameters or register_buffer, not in plain attributes",
            )
    return f"{subject.model}: the same logits after a round trip through a weight file"


def determinism(subject: Subject) -> str:
    """The same seed, the same network and numbers."""
    one, other = (subject.fresh(seed=3) for _ in range(2))
    for name, tensor in one.state_dict().items():
        if not torch.equal(tensor, other.state_dict()[name]):
            raise Broken(
                "the same weights from the same seed",
                f"others in {name}",
                "draw from torch's generator alone",
            )
    with torch.no_grad():
        found = [model.eval()(images()) for model in (one, one, other)]
    if not all(torch.equal(found[0], each) for each in found):
        raise Broken("the same logits again", "others", "keep random draws to training mode")
    return f"{subject.model}: the same weights and logits from the same seed"


def alone(subject: Subject) -> str:
    """An image's answer is its own."""
    with torch.no_grad():
        together = subject.moved.eval()(images(3))
        apart = torch.cat([subject.moved(image[None]) for image in images(3)])
    if not same(together, apart):
        raise Broken(
            "the same logits of an image alone and among others",
            "others",
            "reduce over channels and places only; dimension 0 is the images",
        )
    return f"{subject.model}: the same logits of an image alone and among others"


def autocast(subject: Subject) -> str:
    """Training in bfloat16."""
    model = copy.deepcopy(subject.moved).train()
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(images()).float().square().mean()
    loss.backward()
    grads = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    if not all(bool(grad.isfinite().all()) for grad in grads):
        raise Broken("finite gradients in bfloat16", "inf or nan", "keep sums and exponentials small")
    return f"{subject.model}: forward and backward in bfloat16 are finite"


def fast(subject: Subject) -> str:
    """As evaluation runs it."""
    model = copy.deepcopy(subject.moved).eval()
    with torch.no_grad():
        exact = model(images())
        make_fast(model, CPU)
        quick = model(images())
    if not bool(((exact - quick).abs() <= 1e-3 * exact.abs().max().clamp(min=1e-6)).all()):
        raise Broken(
            "the same logits as evaluation runs it, features overwritten in place",
            "others",
            "multiply by self.multiply(features, gate) and read the features before, or set "
            "may_be_in_place = False",
        )
    return f"{subject.model}: the same logits with norms folded and features overwritten"


def costs(subject: Subject) -> str:
    """Parameters and multiply-adds can be counted."""
    with torch.device("meta"):
        model = assemble(subject.model, CLASSES).eval()
        image = torch.empty(1, 3, SIDE, SIDE)
    counted = count_macs(model, (image,))["conv_linear"].parts
    parts = count_parameters(model)
    shares = f"{parts.attention:,} of attention, {parts.connection:,} of the connection"
    return (
        f"{subject.model}: {parts.total:,} parameters ({shares}), {counted.total:,} multiply-adds at "
        f"{SIDE} x {SIDE} pixels"
    )


def compiled(subject: Subject) -> str:
    """torch.compile captures it."""
    try:
        torch.compiler.reset()
        run = torch.compile(copy.deepcopy(subject.moved).eval(), backend="aot_eager", fullgraph=True)
    except (RuntimeError, ImportError) as error:
        raise Skipped(f"torch.compile is not available here: {' '.join(str(error).split())[:100]}") from error
    try:
        with torch.no_grad():
            found = run(images())
    except Exception as error:  # torch has a class of errors for each reason
        reason = next(filter(None, (line.strip() for line in str(error).splitlines())), type(error).__name__)
        raise Broken(
            "one graph of torch.compile",
            reason[:160],
            "use tensors' operations, not Python's on their values",
        ) from error
    finally:
        torch.compiler.reset()
    if not same(found, subject.moved.eval()(images()).detach()):
        raise Broken("the same logits compiled", "others", "keep no state between calls")
    return f"{subject.model}: captured as one graph (backend aot_eager; no kernels are made)"


#: In the order in which they are tried; the first is what all others need.
CONTRACTS: dict[str, Contract[Subject]] = {
    "logits": logits,
    "gradients": gradients,
    "state dict": state_dict,
    "determinism": determinism,
    "image by image": alone,
    "autocast": autocast,
    "evaluation": fast,
    "costs": costs,
    "compile": compiled,
}
