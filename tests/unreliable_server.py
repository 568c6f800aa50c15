"""A web server on this machine that misbehaves as told."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Unreliable:
    """What the server holds and how it behaves; a test changes it between or during requests.

    ``behave`` is called with each request's handler and number (0, 1, ...) and may answer it
    itself and return True, or change ``handler.fault`` and leave the answer to the server.
    """

    content: bytes
    etag: str | None = '"one"'
    ranges: bool = True
    behave: object = None
    requests: list = field(default_factory=list)
    url: str = ""


@dataclass
class Fault:
    """How one answer goes wrong."""

    drop_after: int | None = None  # bytes of the body, then the connection breaks
    announce: int = 0  # bytes more (or fewer) than there are
    stall: float = 0.0  # seconds of silence in the middle of the body
    flip: int | None = None  # place of a byte of the file that arrives wrong
    piece: int = 1 << 16
    pause: float = 0.0  # seconds between two pieces


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        state = self.server.state
        self.fault = Fault()
        number = len(state.requests)
        state.requests.append(dict(self.headers))
        try:
            if not (state.behave and state.behave(self, number)):
                self._answer(state)
        except OSError:
            pass  # the other side has had enough

    def page(self, status, body, kind="text/html", **headers):
        """A page instead of the file."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        return True

    def _answer(self, state):
        start, whole = 0, len(state.content)
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") in (None, state.etag)
        if wanted and state.ranges and same:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= whole:
                self.page(416, b"", Content_Range=f"bytes */{whole}")
                return
            self.send_response(206)
            end = whole + self.fault.announce
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        else:
            self.send_response(200)
        if state.etag:
            self.send_header("ETag", state.etag)
        self.send_header("Content-Length", str(whole - start + self.fault.announce))
        self.end_headers()
        self._send_body(state.content, start)

    def _send_body(self, content, start):
        fault = self.fault
        body = bytearray(content[start:])
        if fault.flip is not None and fault.flip >= start:
            body[fault.flip - start] ^= 1
        if fault.drop_after is not None:
            body = body[: fault.drop_after]
        for place in range(0, len(body), fault.piece):
            self.wfile.write(body[place : place + fault.piece])
            time.sleep(fault.pause)
            if fault.stall and place >= len(body) // 2:
                self.wfile.flush()
                time.sleep(fault.stall)
                return

    def log_message(self, *args):
        pass


class serving:  # noqa: N801  (used like a function)
    """``with serving(content) as state:`` a server that gives `content` at ``state.url``."""

    def __init__(self, content, **kwargs):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.state = Unreliable(content, **kwargs)
        self._server.state.url = f"http://127.0.0.1:{self._server.server_port}/file"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self._server.state

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
