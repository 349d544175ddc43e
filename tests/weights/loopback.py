"""A file server on loopback that can behave like Google Drive, and misbehave on request."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TITLES = {
    "quota": "Google Drive - Quota exceeded",
    "sign-in": "Google Drive: Sign-in",
    "consent": "Before you continue to Google",
    "other": "Out of office",
}
QUESTION = (
    "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
    '<p class="uc-warning-caption">Google Drive can\'t scan this file for viruses.</p>'
    '<form id="download-form" action="{base}/download" method="get">'
    '<input type="hidden" name="id" value="{id}"><input type="hidden" name="export" value="download">'
    '<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="{uuid}">'
    "</form></body></html>"
)


def page(kind: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{TITLES[kind]}</title></head><body>Sorry.</body></html>"


@dataclass
class Served:
    """One file and how it is served; what differs from an ordinary server is said by the fields."""

    content: bytes
    asks: bool = False  #: the virus-scan question comes first
    shows: str = ""  #: a page of TITLES instead of the file
    etag: str | None = '"v1"'
    last_modified: str | None = None
    ranges: bool = True
    announced: int | None = None  #: a wrong Content-Length
    chunked: bool = False
    pause_s: float = 0.0  #: before every 4 KiB
    wrong_range: bool = False
    #: Used up by one request each: ("status", code, headers), ("cut", bytes), ("redirect", URL).
    faults: list[tuple] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Loopback"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.server.requests.append((self.path, dict(self.headers)))
        name = query.get("id", parts.path.rpartition("/")[2])
        served = self.server.files.get(name)
        self.close_connection = True
        try:
            if served is None:
                self.page("<html><title>Error 404 (Not Found)!!1</title></html>", 404)
            elif served.shows:
                self.page(page(served.shows))
            elif parts.path == "/uc":
                self.send({"Location": f"/download?id={name}&export=download"}, 303)
            elif served.asks and "uuid" not in query:
                question = {"base": self.server.url, "id": name, "uuid": "0-1"}
                self.page(re.sub(r"{(\w+)}", lambda m: question[m[1]], QUESTION))
            else:
                self.file(served)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def file(self, served: Served) -> None:
        fault = served.faults.pop(0) if served.faults else ("none",)
        if fault[0] == "status":
            self.send(fault[2], fault[1])
            return
        if fault[0] == "redirect":
            self.send({"Location": fault[1]}, 302)
            return
        begin, status = self.begin(served)
        body = served.content[begin:]
        headers = {"Content-Type": "application/octet-stream", "ETag": served.etag}
        headers |= {"Last-Modified": served.last_modified}
        headers |= {"Content-Disposition": 'attachment; filename="model_best.pth.tar"'}
        if served.chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(body) if served.announced is None else served.announced)
        if status == 206:
            total, first = len(served.content), begin + served.wrong_range
            headers["Content-Range"] = f"bytes {first}-{total - 1}/{total}"
        if status == 416:
            body = b""
            headers |= {"Content-Length": "0", "Content-Range": f"bytes */{len(served.content)}"}
        self.send(headers, status, length=False)
        self.body(body[: fault[1]] if fault[0] == "cut" else body, served)

    def begin(self, served: Served) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        current = self.headers.get("If-Range") in (None, served.etag, served.last_modified)
        if not (match and served.ranges and current):
            return 0, 200
        return (0, 416) if int(match[1]) >= len(served.content) else (int(match[1]), 206)

    def body(self, body: bytes, served: Served) -> None:
        step = 4096 if served.pause_s or served.chunked else max(1, len(body))
        for start in range(0, len(body), step):
            piece = body[start : start + step]
            if served.chunked:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(piece)
            self.server.sent += len(piece)
            time.sleep(served.pause_s)
        if served.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def page(self, text: str, status: int = 200) -> None:
        self.send({"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(text))}, status)
        self.wfile.write(text.encode())

    def send(self, headers: dict[str, str | None], status: int, length: bool = True) -> None:
        self.send_response(status)
        if length and "Content-Length" not in headers:
            self.send_header("Content-Length", "0")
        for key, value in headers.items():
            if value is not None:
                self.send_header(key, value)
        self.send_header("Connection", "close")
        self.end_headers()


class Loopback(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, Served] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sent = 0

    def serve(self, name: str, content: bytes, **how: object) -> str:
        """Serve a file; its plain address."""
        self.files[name] = Served(content, **how)  # type: ignore[arg-type]
        return f"{self.url}/files/{name}"

    def ranges(self) -> list[str]:
        """The Range headers that came."""
        return [headers["Range"] for _, headers in self.requests if "Range" in headers]


@contextmanager
def running() -> Iterator[Loopback]:
    server = Loopback()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
