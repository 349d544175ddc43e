"""Google Drive as it answers: redirect, question, quota and other pages; gdown reads the question."""

import pytest

from dcanet.errors import UserError
from dcanet.weights.download import download

ID = "1lOXZv0IskrLLbm_z7JqonR6KaQ7lRpKP"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def get(tmp_path, server, impatient):
    def get():
        destination = tmp_path / "model.pth.tar"
        options = {"drive_url": server.url, "patience": impatient, "progress": False}
        download([f"drive:{ID}"], destination, lambda path: None, **options)
        return destination.read_bytes()

    return get


@pytest.mark.parametrize("asks", [True, False])
def test_file_behind_a_redirect_and_perhaps_the_question(server, get, asks):
    server.serve(ID, CONTENT, asks=asks)
    assert get() == CONTENT
    assert any("confirm=t&uuid=0-1" in path for path, _ in server.requests) == asks


def test_resumes_behind_the_question(server, get):
    server.serve(ID, CONTENT, asks=True, faults=[("cut", 200_000), ("status", 503, {})])
    assert get() == CONTENT
    assert len(server.ranges()) == 2


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("quota", "quota page.*again in a day"),
        ("consent", "consent page"),
        ("sign-in", "sign-in page.*not public"),
        ("other", "HTML page titled 'Out of office'"),
    ],
)
def test_pages_are_explained(server, get, kind, words):
    server.serve(ID, CONTENT, shows=kind)
    with pytest.raises(UserError, match=f"drive:{ID}: it sent .*{words}.*drop folder") as caught:
        get()
    assert "\n" not in str(caught.value)


def test_dead_link(get):
    with pytest.raises(UserError, match=r"HTTP 404.*the link is dead"):
        get()


def test_question_without_an_answer(server, get, monkeypatch):
    monkeypatch.setattr("weights.loopback.QUESTION", "<html><title>Virus scan warning</title></html>")
    server.serve(ID, CONTENT, asks=True)
    with pytest.raises(UserError, match="virus-scan question"):
        get()
