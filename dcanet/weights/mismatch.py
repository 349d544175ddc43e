"""What keeps tensors from being a model's state dict."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn


class StateDictMismatch(ValueError):
    """Keys or shapes that do not fit: all as attributes, the first five of each kind in the message."""

    def __init__(
        self,
        message: str,
        missing: Sequence[str] = (),
        unexpected: Sequence[str] = (),
        mis_shaped: Sequence[str] = (),
    ) -> None:
        self.missing, self.unexpected, self.mis_shaped = tuple(missing), tuple(unexpected), tuple(mis_shaped)
        kinds = {"missing": missing, "unexpected": unexpected, "mis-shaped": mis_shaped}
        found = "; ".join(
            f"{len(keys)} {kind}: {', '.join(keys[:5])}{', ...' if len(keys) > 5 else ''}"
            for kind, keys in kinds.items()
            if keys
        )
        super().__init__(f"{message}: {found}" if found else message)


def difference(model: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, list[str]]:
    """The keys that are `missing`, `unexpected` and `mis_shaped`, the latter with both shapes."""
    want = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    got = {key: tuple(value.shape) for key, value in tensors.items()}
    return {
        "missing": [key for key in want if key not in got],
        "unexpected": [key for key in got if key not in want],
        "mis_shaped": [
            f"{key} {got[key]} for {shape}" for key, shape in want.items() if key in got and got[key] != shape
        ],
    }


def fits(model: nn.Module, tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors are the model's, all of them and no other."""
    return not any(difference(model, tensors).values())
