"""Names of classes as the ids of images have them."""

import re
from collections.abc import Sequence

from ..errors import UserError

#: What ends a name in <class>/<file name>, and what no folder and no line of text can hold.
_UNFIT = re.compile(r"[/\\\x00-\x1f\x7f]")


def as_folders(names: Sequence[str], source: str) -> list[str]:
    """The names as folders could be called: "T-shirt/top" is T-shirt-top.

    Raises:
        UserError: an empty name, or two that are the same then; `source` is named.
    """
    folders = [_UNFIT.sub("-", name.strip()) for name in names]
    if "" in folders:
        raise UserError(f"{source}: class {folders.index('')} has no name; name it")
    if len(set(folders)) < len(folders):
        twice = next(name for name in folders if folders.count(name) > 1)
        raise UserError(f"{source}: two classes are called {twice!r}; rename one")
    return folders
