"""What of a plug-in's blocks is tried before every training: a mistake there would be trained for days."""

from typing import Any

import torch

from ..errors import UserError
from ..models import create
from ..models.attention import Attention
from ..models.forms import triple_of
from ..models.registration import attention_entry, backbone_entry
from .outcome import Broken
from .passing import passed


def check_own_blocks(model: str, options: dict[str, Any], side: int) -> None:
    """Run a classifier once where a plug-in has a part in it.

    Args:
        side: of the images, in pixels.

    Raises:
        UserError: names the plug-in's file and the contract: a wrong shape, a block that forgets to hand on,
            a backbone that does not pass on what it is handed.
    """
    backbone, attention, connected = triple_of(model)
    entry, where = attention_entry(attention), backbone_entry(backbone)
    sources = [each.source for each in (entry, where) if each and each.source]
    if not sources:
        return
    kind = entry.load() if entry else Attention
    with torch.random.fork_rng():
        network = create(model, 10, **options).eval()
    try:
        found = passed(network, kind, torch.zeros(1, 3, side, side))
        for number, each in enumerate(found if connected else ()):
            if each.handed_on is None:
                raise Broken(
                    "something for the next block from a connected one",
                    f"None from {each.path}",
                    "return (refined, what the next block is to hear)",
                )
            if number and each.previous is None:
                raise Broken(
                    f"what {found[number - 1].path} hands on, handed to {each.path}",
                    "None",
                    "pass the second output of each block to the next",
                )
    except Broken as error:
        raise UserError(f"{sources[0]}: {model}: {error}; `dcanet check` tells more") from error
