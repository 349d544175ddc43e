"""What options of models are: values with defaults, some of them words to choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Options = dict[str, Any]
#: Option -> the words that it may be.
Choices = Mapping[str, Sequence[str]]

#: Options that every connected model has, besides those of its form, and their alternatives, the default
#: first. They stand among a model's options only where they are not the default.
CONNECTION: dict[str, tuple[str, ...]] = {"merge": ("weighted", "addition"), "scope": ("everywhere", "stage")}

#: Alternatives of the options that are words: size matching, SK's hand-on, CBAM's hand-on, where the norm of
#: CBAM's spatial connection starts.
CHOICES = (("one_layer", "two_layer"), ("pooled", "gates"), ("map", "vector"), ("zeros", "ones"))


@dataclass(frozen=True)
class Form:
    """Options of one (backbone, attention): always, when connected, and in the printed form only."""

    always: Options = field(default_factory=dict)
    connected: Options = field(default_factory=dict)
    printed: Options = field(default_factory=dict)
    printed_connected: Options = field(default_factory=dict)

    def options(self, connected: bool, form: str) -> Options:
        result = dict(self.always)
        if connected:
            result |= self.connected
        if form == "printed":
            result |= self.printed_connected if connected else self.printed
        return result


def check_value(name: str, key: str, value: Any, default: Any, choices: Choices) -> None:
    """ValueError for a value that the option `key` of the model `name` cannot have."""
    words = choices.get(key) or next((group for group in CHOICES if default in group), None)
    if words is not None and value not in words:
        raise ValueError(f"option {key} of {name} must be one of {', '.join(words)}, not {value!r}")
    if type(value) is not type(default):
        raise ValueError(f"option {key} of {name} must be a {type(default).__name__}, not {value!r}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise ValueError(f"option {key} of {name} must be positive, not {value!r}")


def changed(options: Options, changes: Options) -> Options:
    """`options` with `changes`; a changed reduction is that of first blocks too."""
    if "reduction" in changes and "first_reduction" in options:
        options = options | {"first_reduction": changes["reduction"]}
    return options | changes


def options_text(options: Options) -> str:
    """Options on one line."""
    return ", ".join(f"no {key}" if value is None else f"{key}={value}" for key, value in options.items())
