"""Where an unfinished training goes on."""

import math
from pathlib import Path

from ..doctor_documents import Continues
from ..errors import UserError
from ..training.state_note import StateNote, saved_steps


def continues(state: Path) -> Continues | None:
    """Of the newest state in a folder; None without one."""
    for step in saved_steps(state):
        try:
            note = StateNote.load(state / f"state-{step}.json")
        except UserError:
            continue
        recipe = note.key.get("recipe")
        epochs = recipe.get("epochs") if isinstance(recipe, dict) else None
        known = isinstance(epochs, int | float) and math.isfinite(epochs)
        return Continues(step=step, steps=note.steps, epochs=epochs if known else None)
    return None
