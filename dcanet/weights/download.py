"""Downloads that survive cuts and busy servers, from one address after the other."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from ..errors import UserError
from .drive import DRIVE_URL, locate
from .part import Part
from .sources import LIMIT_BYTES
from .transfer import Interrupted, Refused, transfer


@dataclass(frozen=True)
class Patience:
    """How long to go on with one address. Times in seconds."""

    attempts: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    timeouts_s: tuple[float, float] = (10.0, 60.0)  #: to connect, and between bytes

    def wait_s(self, failures: int) -> float:
        """Exponential with jitter, so that jobs that failed together do not come back together."""
        wait = min(self.longest_wait_s, self.first_wait_s * 2.0 ** (failures - 1))
        return wait * random.uniform(0.5, 1.0)


def download(
    addresses: Sequence[str],
    destination: Path,
    check: Callable[[Path], object],
    *,
    drive_url: str = DRIVE_URL,
    limit_bytes: int = LIMIT_BYTES,
    patience: Patience | None = None,
    progress: bool = True,
) -> None:
    """Fetch the first of `addresses` (http(s) or drive:<id>) that gives a file which passes `check`.

    Bytes wait in `<destination>.part` between runs; `check` sees the complete file before it takes
    the destination's name, and raises UserError if it is not wanted.

    Raises:
        UserError: no address gave it; one line with what each said.
    """
    part = Part(destination)
    part.destination.parent.mkdir(parents=True, exist_ok=True)
    said = []
    with requests.Session() as session:
        for address in addresses:
            try:
                _persist(session, address, part, drive_url, limit_bytes, patience or Patience(), progress)
            except Refused as error:
                said.append(f"{address}: {error}")
                continue
            try:
                check(part.path)
            except UserError as error:
                part.discard()
                said.append(str(error))
                continue
            part.publish()
            return
    raise UserError(f"{part.destination.name} could not be fetched: {'; '.join(said)}")


def _persist(
    session: requests.Session,
    address: str,
    part: Part,
    drive_url: str,
    limit_bytes: int,
    patience: Patience,
    progress: bool,
) -> None:
    """Transfer with repetitions; Refused when they are used up."""
    for failures in range(1, patience.attempts + 1):
        try:
            # Asked for anew every time: what Drive confirms does not hold for long.
            url = address
            if address.startswith("drive:"):
                url = locate(session, address.removeprefix("drive:"), patience.timeouts_s, drive_url)
            return transfer(session, address, url, part, limit_bytes, patience.timeouts_s, progress)
        except Interrupted as error:
            wait_s = error.retry_after_s if error.retry_after_s is not None else patience.wait_s(failures)
            if wait_s > patience.longest_wait_s:
                raise Refused(f"{error}; it asks to come back in {wait_s:.0f} s") from error
            if failures == patience.attempts:
                raise Refused(f"{error} (tried {failures} times)") from error
            time.sleep(wait_s)
    return None
