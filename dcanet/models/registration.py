"""Which attention blocks and backbones there are: the package's own, and those that plug-ins register.

Every attention stands on every backbone that takes one, as `{attention}_{backbone}` and, connected, as
`dca_{attention}_{backbone}`. Nothing here imports torch: a block's class is loaded when a model is built.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .options import CONNECTION, Choices, Form, Options

Block = TypeVar("Block", bound=Any)
Factory = TypeVar("Factory", bound=Callable[..., Any])

#: Names without underscores, so that the first word of an id is the attention and the rest the backbone.
ATTENTION_NAME = re.compile(r"[a-z][a-z0-9]*")
#: Single underscores only: two begin an option in the id of a variant.
BACKBONE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
OPTION_NAME = BACKBONE_NAME
#: Names of what every model has.
NO_OPTIONS = (*CONNECTION, "name", "form", "num_classes", "channels", "previous_channels")
#: First words of ids that mean something else: the plain network, connection, timm's own, detectors.
RESERVED = ("none", "dca", "timm", "timmnet", "retinanet", "cascade")
BUILT_IN = "dcanet"


@dataclass(frozen=True)
class Entry:
    """Something registered: how it is loaded, and by whom and from which file (None: the package's own)."""

    name: str
    load: Callable[[], Any]
    registrant: str = BUILT_IN
    source: Path | None = None


@dataclass(frozen=True)
class AttentionEntry(Entry):
    """An attention block with its options, on all backbones and, where they differ, on single ones."""

    form: Form = field(default_factory=Form)
    forms: Mapping[str, Form] = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)


@dataclass(frozen=True)
class BackboneEntry(Entry):
    """A backbone; `like` names the one whose forms of the attention blocks it has.

    `check_side` raises ValueError for a side of an image, in pixels, that the backbone cannot take.
    """

    takes_attention: bool = True
    like: str | None = None
    check_side: Callable[[int], None] | None = None


_attentions: dict[str, AttentionEntry] = {}
_backbones: dict[str, BackboneEntry] = {}
#: First words of names that are not listed but read, and what makes the entry from the rest of the name.
_attention_families: dict[str, Callable[[str], AttentionEntry]] = {}
_backbone_families: dict[str, Callable[[str], BackboneEntry]] = {}


def register_attention(
    name: str,
    *,
    options: Options | None = None,
    connected_options: Options | None = None,
    choices: Choices | None = None,
) -> Callable[[Block], Block]:
    """Class decorator: an `Attention` block that all backbones then have, plain and connected.

        from dcanet.models import register_attention
        from dcanet.models.attention import ChannelAttention

        @register_attention("mine", options={"reduction": 16})
        class Mine(ChannelAttention):
            def __init__(self, channels: int, reduction: int = 16) -> None:
                super().__init__(channels)
                self.gate = nn.Sequential(nn.Linear(channels, channels), nn.Sigmoid())

            def transform(self, extracted: Tensor) -> Tensor:
                return self.gate(extracted)

    Args:
        name: lower-case letters and digits, the first word of the ids: `mine_resnet50`, `dca_mine_resnet50`.
        options: defaults of the constructor's arguments after `channels` that users may change.
        connected_options: defaults of the connection's (`Attention.connect_to`); None takes those that the
            class names in `connection_options`.
        choices: the words that an option which is a word may be.

    Raises:
        ValueError: the name is malformed or taken; it is told by whom.
    """
    registrant, source = _caller()
    _check_attention_name(name)
    for option in [*(options or {}), *(connected_options or {})]:
        if not OPTION_NAME.fullmatch(option) or option in NO_OPTIONS:
            raise ValueError(f"attention {name!r}: an option cannot be called {option!r}")

    def register(block: Block) -> Block:
        if not hasattr(block, "build"):
            raise ValueError(f"attention {name!r}: {block!r} is no class derived from Attention")
        connected = block.connection_options if connected_options is None else connected_options
        form = Form(always=dict(options or {}), connected=dict(connected))
        _attentions[name] = AttentionEntry(
            name, lambda: block, registrant, source, form, choices=choices or {}
        )
        return block

    return register


def register_backbone(
    name: str, *, takes_attention: bool = True, check_side: Callable[[int], None] | None = None
) -> Callable[[Factory], Factory]:
    """Decorator of a `Classifier` class, or of a function that makes one: (attention, num_classes) -> model.

    `attention` is an `AttentionBuilder`: its `build` makes the block for one place of the backbone.

    Args:
        name: lower-case letters, digits and single underscores; the id of the plain network.
        takes_attention: False for a backbone of plain rows only, whose arguments are (num_classes) alone.
        check_side: raises ValueError for a side of an image, in pixels, that the backbone cannot take.

    Raises:
        ValueError: the name is malformed or taken; it is told by whom.
    """
    registrant, source = _caller()
    _check_backbone_name(name)

    def register(factory: Factory) -> Factory:
        _backbones[name] = BackboneEntry(
            name, lambda: factory, registrant, source, takes_attention, check_side=check_side
        )
        return factory

    return register


def declare(*entries: AttentionEntry | BackboneEntry) -> None:
    """Register blocks and backbones whose classes are not loaded yet."""
    for entry in entries:
        if isinstance(entry, AttentionEntry):
            _check_attention_name(entry.name)
            _attentions[entry.name] = entry
        else:
            _check_backbone_name(entry.name)
            _backbones[entry.name] = entry


def declare_families(
    attentions: Mapping[str, Callable[[str], AttentionEntry]],
    backbones: Mapping[str, Callable[[str], BackboneEntry]],
) -> None:
    """Names of two parts, as `timm_eca`, not listed: by the first, what makes the entry of the second."""
    _attention_families.update(attentions)
    _backbone_families.update(backbones)


def attention_names() -> list[str]:
    """Names of all attention blocks, the paper's first."""
    return list(_attentions)


def backbone_names() -> list[str]:
    """Names of all backbones, the paper's first."""
    return list(_backbones)


def attention_entry(name: str) -> AttentionEntry | None:
    """What is registered under this name."""
    family, _, rest = name.partition("_")
    if family in _attention_families and ATTENTION_NAME.fullmatch(rest):
        return _attention_families[family](rest)
    return _attentions.get(name)


def backbone_entry(name: str) -> BackboneEntry | None:
    """What is registered under this name."""
    family, _, rest = name.partition("_")
    if family in _backbone_families and BACKBONE_NAME.fullmatch(rest):
        return _backbone_families[family](rest)
    return _backbones.get(name)


def split_attention(text: str) -> tuple[str, str]:
    """The name of an attention at the start of an id, and the rest."""
    first, _, rest = text.partition("_")
    if first in _attention_families:
        second, _, rest = rest.partition("_")
        return f"{first}_{second}", rest
    return first, rest


def attention_source(name: str) -> Path | None:
    """The file that registered an attention block, None for the package's own and timm's."""
    entry = attention_entry(name)
    return entry.source if entry else None


def backbone_source(name: str) -> Path | None:
    """The file that registered a backbone, None for the package's own and timm's."""
    entry = backbone_entry(name)
    return entry.source if entry else None


@contextmanager
def registrations_undone() -> Iterator[None]:
    """Whatever is registered while this lasts is forgotten afterwards; for tests."""
    attentions, backbones = dict(_attentions), dict(_backbones)
    try:
        yield
    finally:
        for registry, before in ((_attentions, attentions), (_backbones, backbones)):
            registry.clear()
            registry.update(before)  # type: ignore[arg-type]


def _caller() -> tuple[str, Path | None]:
    """Who called the decorator: name and file of that module."""
    frame = inspect.currentframe()
    caller = frame and frame.f_back and frame.f_back.f_back
    assert caller
    module = str(caller.f_globals.get("__name__", "?"))
    if module.partition(".")[0] == BUILT_IN:
        return BUILT_IN, None
    path = Path(caller.f_code.co_filename)
    return str(path), path


def _check_attention_name(name: str) -> None:
    if not ATTENTION_NAME.fullmatch(name):
        raise ValueError(
            f"attention {name!r}: a name is lower-case letters and digits, beginning with a letter"
        )
    _check_free("attention", name, _attentions)
    for backbone in _backbones.values():
        if backbone.name.partition("_")[0] == name:
            raise ValueError(
                f"attention {name!r}: ids would begin as those of the backbone {backbone.name}, "
                f"registered by {backbone.registrant}"
            )


def _check_backbone_name(name: str) -> None:
    if not BACKBONE_NAME.fullmatch(name):
        raise ValueError(
            f"backbone {name!r}: a name is lower-case letters, digits and single underscores, "
            "beginning with a letter"
        )
    _check_free("backbone", name, _backbones)
    if attention := _attentions.get(name.partition("_")[0]):
        raise ValueError(
            f"backbone {name!r}: its id would begin as those of the attention {attention.name}, "
            f"registered by {attention.registrant}"
        )


def _check_free(kind: str, name: str, taken: Mapping[str, Entry]) -> None:
    if name.partition("_")[0] in RESERVED:
        raise ValueError(f"{kind} {name!r}: a name cannot begin with any of {', '.join(RESERVED)}")
    if name in taken:
        raise ValueError(f"{kind} {name!r} is registered already, by {taken[name].registrant}")
