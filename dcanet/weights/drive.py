"""Google Drive's public files: past the question that comes before large ones.

gdown reads Drive's page. The transfer is this project's: gdown asks fixed hosts, forgets the validator
of a partial file between two runs and so would join halves of two versions, and does not repeat what
Drive answers with 429 or 503.
"""

from contextlib import closing
from urllib.parse import urlencode

from requests import Session

from .pages import describe_page
from .transfer import Refused, Timeouts, get, is_html, read_page

DRIVE_URL = "https://drive.google.com"


def locate(session: Session, drive_id: str, timeouts: Timeouts, drive_url: str = DRIVE_URL) -> str:
    """The address that a file's bytes come from.

    Raises:
        Interrupted, Refused: as `transfer.get`; Refused also for pages that are no question, such as
            that of an exceeded quota.
    """
    url = f"{drive_url}/uc?{urlencode({'export': 'download', 'id': drive_id})}"
    with closing(get(session, url, timeouts)) as response:
        if not is_html(response):
            return url
        page = read_page(response)
    from gdown.download import get_url_from_gdrive_confirmation
    from gdown.exceptions import FileURLRetrievalError

    try:
        return get_url_from_gdrive_confirmation(page.decode("utf-8", "replace"))
    except (FileURLRetrievalError, LookupError, AssertionError, ValueError) as error:
        raise Refused(f"it sent {describe_page(page)}") from error
