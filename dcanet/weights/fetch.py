"""A model's file, from the drop folder or the network, checked against all that is known of it."""

import re
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

from ..errors import UserError
from ..files import atomic_path, sha256
from .lock import Lock
from .pages import describe_page, is_page, read_head
from .part import Part
from .places import INCOMING
from .sources import Origin

DRIVE_PAGE = r"https://drive.google.com/file/d/\1/view"


def fetch(
    origin: Origin,
    destination: Path,
    lock: Lock,
    *,
    incoming: Path = INCOMING,
    offline: bool = False,
    accept_change: bool = False,
    check: Callable[[Path], object] | None = None,
    **options: Any,
) -> Path:
    """Bring a file to `destination` and return that.

    It is taken from, in this order: the destination, if the locked file is there already; the drop
    folder `incoming`; the origin's addresses.

    Args:
        offline: never touch the network.
        accept_change: replace what the lock has recorded.
        check: sees a new file before it is recorded, and raises UserError if it is not wanted.
        options: of `download`: drive_url, limit_bytes, patience, progress.

    Raises:
        UserError: no source gave it, or what came is not what was asked for.
    """
    from filelock import FileLock

    def verify(path: Path) -> None:
        _check_content(origin, path)
        if check:
            check(path)
        if origin.path is None:
            lock.verify(origin.key, origin.name, path, accept_change)

    destination = Path(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(destination.with_name(f".{destination.name}.guard")):
        if destination.exists() and not accept_change and lock.matches(origin.key, destination):
            Part(destination).discard()
            return destination
        if at_hand := origin.path or find_incoming(origin, incoming):
            _copy(at_hand, destination, verify)
        elif offline:
            raise UserError(f"{origin.name}: not here, and `offline` is set: {by_hand(origin, incoming)}")
        else:
            _download(origin, destination, verify, incoming, options)
    return destination


def find_incoming(origin: Origin, incoming: Path = INCOMING) -> Path | None:
    """The file that was put into the drop folder for this origin."""
    candidates = [Path(incoming) / name for name in origin.incoming]
    return next((path for path in candidates if path.is_file()), None)


def by_hand(origin: Origin, incoming: Path = INCOMING) -> str:
    """How a person gets the file past whatever is in the way."""
    links = " or ".join(re.sub("^drive:(.*)", DRIVE_PAGE, address) for address in origin.addresses)
    return f"fetch {links} in a browser and save it as {Path(incoming) / origin.incoming[0]}"


def _check_content(origin: Origin, path: Path) -> None:
    head = read_head(path)
    if not head:
        raise UserError(f"{origin.name}: {path.name} is empty")
    if is_page(head):
        raise UserError(f"{origin.name}: {path.name} is {describe_page(head)}")
    if origin.sha256 and not (found := sha256(path)).startswith(origin.sha256):
        raise UserError(
            f"{origin.name}: {path.name} has SHA-256 {found}, but {origin.sha256} is expected; "
            "the file is damaged or another one"
        )


def _copy(source: Path, destination: Path, verify: Callable[[Path], object]) -> None:
    if not source.is_file():
        raise UserError(f"{source}: there is no such file; give the path of a checkpoint")
    verify(source)
    with atomic_path(destination) as temporary:
        copyfile(source, temporary)


def _download(
    origin: Origin,
    destination: Path,
    verify: Callable[[Path], object],
    incoming: Path,
    options: dict[str, Any],
) -> None:
    from .download import download

    try:
        download(origin.addresses, destination, verify, **options)
    except UserError as error:
        raise UserError(f"{error}. By hand: {by_hand(origin, incoming)}") from error
