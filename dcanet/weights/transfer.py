"""One HTTP request for a file, resumed by Range (RFC 9110); answers are checked before a byte is kept."""

import email.utils
import re
import time
from contextlib import closing
from urllib.parse import urlsplit

import requests
from requests import Response, Session, exceptions
from tqdm import tqdm

from ..exhaustion import writing
from .pages import HEAD_BYTES, describe_page
from .part import Part

CHUNK_BYTES = 1 << 16
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_BROKEN_LINES = (exceptions.ConnectionError, exceptions.Timeout, exceptions.ChunkedEncodingError)

Timeouts = tuple[float, float]


class Refused(Exception):
    """This address will not give the file; asking again does not help."""


class Interrupted(Exception):
    """It may work another time, after `retry_after_s` if the server named a time."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def get(session: Session, url: str, timeouts: Timeouts, headers: dict[str, str] | None = None) -> Response:
    """A streamed answer of status 200, 206 or 416; everything else is raised.

    Args:
        timeouts: seconds to connect, and between bytes.

    Raises:
        Interrupted: connection errors and transient statuses.
        Refused: other statuses, and addresses or redirects that are not http(s) or leave https.
    """
    # Offsets have to count the bytes of the file.
    headers = {"Accept-Encoding": "identity"} | (headers or {})
    if urlsplit(url).scheme not in ("http", "https"):
        raise Refused(f"it leads to {url!r}, which is not http(s)")
    try:
        response = session.get(url, headers=headers, stream=True, timeout=timeouts)
    except exceptions.SSLError as error:
        raise Refused(f"its certificate does not hold ({error})") from error
    except _BROKEN_LINES as error:
        raise Interrupted(f"no connection ({_reason(error)})") from error
    except (exceptions.RequestException, ValueError) as error:
        raise Refused(f"it leads to something that is not http(s) ({error})") from error
    try:
        _check_answer(url, response)
    except BaseException:
        response.close()
        raise
    return response


def _check_answer(url: str, response: Response) -> None:
    if url.startswith("https:") and not all(
        r.url.startswith("https:") for r in [*response.history, response]
    ):
        raise Refused(f"it redirects from https to {response.url!r}")
    if response.status_code in _TRANSIENT:
        raise Interrupted(_status(response), _retry_after_s(response))
    if response.status_code not in (200, 206, 416):
        page = f": {describe_page(read_page(response))}" if is_html(response) else ""
        raise Refused(_status(response) + page)


def is_html(response: Response) -> bool:
    """Whether the answer is a page to read, not a file."""
    return response.headers.get("Content-Type", "").startswith("text/html") and "attachment" not in (
        response.headers.get("Content-Disposition", "")
    )


def read_page(response: Response) -> bytes:
    """The beginning of a page."""
    try:
        return next(response.iter_content(HEAD_BYTES), b"")
    except _BROKEN_LINES as error:
        raise Interrupted(f"the connection broke ({_reason(error)})") from error


def transfer(
    session: Session, source: str, url: str, part: Part, limit_bytes: int, timeouts: Timeouts, progress: bool
) -> None:
    """Bring `part` to completion from `url`, going on where it stands if it is of the same source.

    Raises:
        Interrupted: the part keeps what came, unless the server's file has changed.
        Refused: a page instead of a file, too large, or an answer that cannot be checked.
    """
    offset, validator = part.resumable(source)
    headers = {"Range": f"bytes={offset}-", "If-Range": validator} if offset else {}
    with closing(get(session, url, timeouts, headers)) as response:
        if is_html(response):
            raise Refused(f"it sent {describe_page(read_page(response))}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused("it sends the file compressed though asked not to")
        if response.status_code == 200:
            offset, total = 0, _length(response)
            part.start(source, _validator(response), total)
        else:
            total = _continued(response, part, offset, validator)
        if total is not None and total > limit_bytes:
            part.discard()
            raise Refused(f"the file has {total} bytes; at most {limit_bytes} are taken")
        _receive(response, part, offset, total, limit_bytes, progress)


def _length(response: Response) -> int | None:
    """Bytes to come; None if they come in chunks, whose end the protocol marks."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal():
        return int(length)
    if response.headers.get("Transfer-Encoding", "").lower() == "chunked":
        return None
    raise Refused("it does not say how long the file is, so a cut could not be noticed")


def _validator(response: Response) -> str | None:
    """What If-Range may name: a strong ETag, else the date of the last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _continued(response: Response, part: Part, offset: int, validator: str) -> int:
    """The whole file's size, if the answer is the rest of the part."""
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("Content-Range", ""))
    whole = part.whole
    fits = (
        response.status_code == 206
        and match is not None
        and whole is not None
        and int(match[1]) == offset > 0
        and int(match[2]) + 1 == int(match[3]) == (whole.total or int(match[3]))
        and _validator(response) in (validator, None)
    )
    if not fits or match is None:
        part.discard()
        said = response.headers.get("Content-Range", "no Content-Range")
        raise Interrupted(f"asked for the bytes from {offset} on it answered {said!r}; starting anew")
    return int(match[3])


def _receive(
    response: Response, part: Part, offset: int, total: int | None, limit_bytes: int, progress: bool
) -> None:
    bar = tqdm(
        desc=part.destination.name,
        total=total,
        initial=offset,
        unit="B",
        unit_scale=True,
        disable=None if progress else True,
    )
    with writing(part.path), open(part.path, "ab") as file, bar:
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
                # What came is in the file when the process is killed, without a gap when the disk is full.
                file.flush()
                bar.update(len(chunk))
                if part.size > limit_bytes:
                    part.discard()
                    raise Refused(f"the file has more than {limit_bytes} bytes")
        except _BROKEN_LINES as error:
            said = f" of {total}" if total is not None else ""
            raise Interrupted(f"cut after {part.size}{said} bytes ({_reason(error)})") from error
    if total is not None and part.size != total:
        raise Interrupted(f"announced {total} bytes, sent {part.size}")


def _status(response: Response) -> str:
    return f"HTTP {response.status_code} {response.reason}"


def _retry_after_s(response: Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    date = email.utils.parsedate_tz(value)
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


def _reason(error: requests.RequestException) -> str:
    """The innermost words of requests' nested errors."""
    return (
        str(error.args[0] if error.args else error).rsplit(": ", 1)[-1].strip("')")[:120]
        or type(error).__name__
    )
