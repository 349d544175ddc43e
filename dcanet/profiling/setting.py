"""A setting of a timing as text: in words, and as an argument of the command line. Imports no torch."""

from pydantic import ValidationError

from ..errors import UserError, first_problem, nearest
from ..profile_documents import Setting


def in_words(setting: Setting) -> str:
    """For example "inference, batch 8, float32, channels_last"."""
    parts = [
        setting.work.replace("_", " "),
        f"batch {setting.batch_size}",
        setting.precision,
        "channels_last" if setting.channels_last else "contiguous",
    ]
    return ", ".join([*parts, *(word for word in ("compiled", "folded") if getattr(setting, word))])


def as_argument(setting: Setting) -> str:
    """The value of --measure with every field, for example work=inference,batch_size=8,..."""
    values = setting.model_dump(mode="json")
    return ",".join(f"{key}={str(value).lower()}" for key, value in values.items())


def from_argument(text: str) -> Setting:
    """The setting that a value of --measure says; what it does not name is as by default.

    Raises:
        UserError: one line with the key and the fix.
    """
    values: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, separator, value = part.partition("=")
        if not separator or key in values:
            raise UserError(f"--measure {text!r}: expected KEY=VALUE,KEY=VALUE, every key once")
        values[key] = value
    try:
        return Setting.model_validate(values)
    except ValidationError as error:
        kind, where, message = first_problem(error)
        if kind == "extra_forbidden":
            message = f"unknown key {where!r}{nearest(where, list(Setting.model_fields))}"
            raise UserError(f"--measure {text!r}: {message}") from error
        raise UserError(f"--measure {text!r}: {where}: {message}") from error
