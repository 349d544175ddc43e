"""Tables of labels, lists of classes, training logs and web pages in the place of files."""

from io import BytesIO

import hostile
import requests
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.data.class_names import as_folders
from dcanet.data.ground_truth import find_ground_truth, read_class_list
from dcanet.data.label_table import read_table
from dcanet.weights.drive import locate
from dcanet.weights.logs import read_log
from dcanet.weights.pages import describe_page, is_page
from dcanet.weights.transfer import Interrupted, Refused, Timeouts

TABLE = b"ImageId,PredictionString\nILSVRC2012_val_1,n01440764 1 2 3 4\nILSVRC2012_val_2,n01443537 1 2 3 4\n"
PLAIN = b"file_name,class\na/1.jpg,cat\nb/2.jpg,dog\n"
WORDS = [text.encode("utf-8", "surrogatepass") for text in hostile.TEXTS] + [
    b"\x00",
    b"\xff",
    b'"',
    b"x" * 140_000,
    b"\r",
    b",,,,",
]


@fuzz(2000)
@given(content=damaged(TABLE, PLAIN, words=WORDS))
def test_tables_of_labels(cases, content):
    path = cases.file("val.csv", content)
    for image, label in (cases.run(read_table, path) or {}).items():
        assert image
        assert label
        assert "/" not in image
    cases.run(find_ground_truth, [cases.folder], "val", cases.folder)


@fuzz(1200)
@given(names=st.lists(hostile.texts(), min_size=1, max_size=4), end=st.sampled_from(["\n", "\r\n", "\x85"]))
def test_lists_of_classes(cases, names, end):
    cases.file("classes.txt", end.join(names).encode())
    listed = cases.run(read_class_list, cases.folder)
    for name in cases.run(as_folders, listed, "classes.txt") or ():
        assert "/" not in name
        assert "\x00" not in name


LOG = (
    b"Epoch\tLearning Rate\tTrain Loss\tValid Loss\tTrain Acc.\tValid Acc.\tValid Top5\n"
    b"1\t0.1\t6.9\t6.8\t1.0\t2.0\t5.0\n2\t0.1\t6.1\t6.0\t2.0\t4.0\t9.0\n"
)


@fuzz(2400)
@given(
    content=damaged(
        LOG,
        words=[*WORDS, b"nan", b"inf", b"1e999", b"9" * 5000, b"\xef\xbb\xbf", b"epoch " * 3000, b"\t" * 300],
    )
)
def test_logs_of_trainings(cases, content):
    cases.run(read_log, cases.file("x.log", content))


PAGES = [
    b"<!DOCTYPE html><title>Google Drive - Virus scan warning</title><form id='download-form' "
    b"action='https://drive.usercontent.google.com/download'><input type='hidden' name='id' value='x'>"
    b"<input type='hidden' name='confirm' value='t'></form>",
    b"<html><title>Quota exceeded</title>Too many users have viewed or downloaded this file recently</html>",
    b'<html><a href="/uc?export=download&confirm=abc&id=x">Download</a>"downloadUrl":"https://x.y/z"</html>',
]
TAGS = [
    b"<title",
    b"<title>" * 500,
    b"&#x110000;",
    b"&" * 3000,
    b"google drive" + b" " * 9000,
    b"http://[",
    b"file:///etc/passwd",
    b"<form" * 900,
    b"<" * 9000,
    b"javascript:",
    b"\xff",
    b"\\u003d",
    b"can" * 3000,
]


@fuzz(2400)
@given(content=damaged(*PAGES, words=TAGS))
def test_pages(cases, content):
    cases.run(is_page, content)
    said = cases.run(describe_page, content)
    assert "\n" not in said
    assert len(said) < 300


class Answer(requests.adapters.BaseAdapter):
    """Sends a page, however it is asked."""

    content = b""

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url or "", request
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        response.raw = requests.packages.urllib3.HTTPResponse(BytesIO(self.content), preload_content=False)
        return response

    def close(self) -> None:
        pass


@fuzz(800)
@given(content=damaged(*PAGES, words=TAGS))
def test_questions_of_drive(cases, content):
    """Whatever address comes of them: what is no address of the web is refused when it is asked."""
    session, answer = requests.Session(), Answer()
    answer.content = content
    session.mount("https://", answer)
    cases.run(locate, session, "0123456789", Timeouts(), refuses=(Refused, Interrupted))
