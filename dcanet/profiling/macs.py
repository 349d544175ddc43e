"""Multiply-adds of a network by three conventions, from one trace by fvcore."""

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

from torch import Tensor, nn

from ..errors import UserError
from ..profile_documents import Convention, MacCount, Parts
from .conventions import CONVENTIONS, Key, handles
from .parts import PartName, part_of
from .tracing import connected_blocks, traceable


def count_macs(model: nn.Module, inputs: tuple[Tensor, ...]) -> dict[Convention, MacCount]:
    """Multiply-adds of one forward pass by every convention, and the operations that it leaves out.

    - "fvcore": `FlopCountAnalysis` as it is. Convolutions, linear layers and matrix products without bias;
      2 for each element that a BatchNorm takes (evaluation mode), 5 for a LayerNorm, 1 for adaptive average
      pooling and for an upsampled element.
    - "conv_linear": convolutions, transposed ones too, linear layers and matrix products, all without bias.
      That is half of what `torch.utils.flop_counter` counts, exactly.
    - "published": the counter of DCANet's authors, which their Table 1 is made with. Convolutions, and 1 for
      each output that has a bias; linear layers without bias; 2 for each element that a BatchNorm takes;
      1 for each that a ReLU, ReLU6 or pooling takes. Theirs sees modules only, so it knows no matrix
      products, means, strided average poolings or maxima over channels, which are functions in their code,
      nor the ReLU in the gate of selective kernels: it alone has to be left out for the counts to agree.
      Theirs also sees what the last block hands on, to nobody; the others leave it out.

    What moves, reshapes or concatenates values is no operation here.

    Args:
        model: in evaluation mode, usually on the meta device, where counting takes no arithmetic.
        inputs: its arguments, on its device.

    Raises:
        UserError: torch's tracer, which fvcore uses, cannot follow the network.
    """
    name = getattr(model, "model_name", type(model).__name__)
    last = dict(list(connected_blocks(model).items())[-1:])
    taken: dict[str, list[list[int]]] = {}
    hooks = [block.register_forward_pre_hook(_note(path, taken)) for path, block in last.items()]
    try:
        analysis = _analysed(model, inputs)
    except Exception as error:  # whatever a network's code may raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{name}: its MACs cannot be counted: {reason[:200]}") from error
    finally:
        for hook in hooks:
            hook.remove()

    counts = _by_part(model, analysis)
    for path, shapes in taken.items():
        # Alone, what the block hands on is an output, which the tracer keeps.
        alone = _analysed(last[path], tuple(inputs[0].new_empty(shape) for shape in shapes))
        key: Key = ("published", None)
        counts["connection"][key] += alone.by_operator()[key] - analysis.by_operator(path)[key]
    without_rule = analysis.unsupported_ops()
    return {convention: _mac_count(convention, counts, without_rule) for convention in CONVENTIONS}


def _note(path: str, shapes: dict[str, list[list[int]]]) -> Callable[[nn.Module, tuple[Any, ...]], None]:
    """A hook that keeps the shapes of the tensors which a module is called with."""

    def note(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        tensors = [argument for argument in arguments if isinstance(argument, Tensor)]
        shapes[path] = [[int(side) for side in tensor.shape] for tensor in tensors]

    return note


def _analysed(model: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    """The model traced once, with the handles of all conventions."""
    with warnings.catch_warnings():
        # fvcore's import tells that torch.jit is deprecated, which nobody here can mend.
        warnings.simplefilter("ignore", FutureWarning)
        from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, inputs)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    # Its own rules have no public name.
    analysis.set_op_handle(**handles(model, dict(analysis._op_handles)))
    with traceable(model, inputs):
        analysis.total()
    return analysis


def _by_part(model: nn.Module, analysis: Any) -> dict[PartName, Counter[Key]]:
    """fvcore's counts of a module include those of the modules in it."""
    part = part_of(model)
    counts: dict[PartName, Counter[Key]] = {name: Counter() for name in get_args(PartName)}
    for path, counted in analysis.by_module_and_operator().items():
        counts[part(path)].update(counted)
        if path:
            counts[part(path.rpartition(".")[0])].subtract(counted)
    return counts


def _mac_count(
    convention: Convention, counts: dict[PartName, Counter[Key]], without_rule: dict[str, int]
) -> MacCount:
    uncounted = Counter(without_rule)
    for counted in counts.values():
        uncounted.update({kind: n for (whose, kind), n in counted.items() if whose == convention and kind})
    return MacCount(
        parts=Parts(**{name: counted[convention, None] for name, counted in counts.items()}),
        uncounted_ops={kind: n for kind, n in sorted(uncounted.items()) if n},
    )
