"""Google Cloud Storage for tests: an emulator process, and a server before it that fails as networks do."""

import contextlib
import http.client
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.helpers.open_resources import free_port

START_TIMEOUT_S = 30

TOKEN = "ya29.a-token-that-nobody-may-read"
"""What the gateway gives to those who sign in, and accepts."""


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """Run gcp-storage-emulator, in memory; gives host:port."""
    port = free_port()
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([*command, "--in-memory", "--quiet"])
    try:
        _wait_until_open(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_until_open(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the storage emulator did not start (exit status {process.poll()})")


class Request(NamedTuple):
    """A request as the gateway saw it; `path` is decoded, without its query, but with the name of what is uploaded."""

    method: str
    path: str
    authorization: str | None


class Fault(NamedTuple):
    """How the gateway answers requests whose "METHOD path" a pattern is found in, the first `times` of them."""

    pattern: str
    answer: Callable[["_Handler", http.client.HTTPResponse, bytes], None] | None
    times: int


def unavailable(pattern: str, *, times: int = 1) -> Fault:
    """503, without asking the emulator."""
    return Fault(pattern, None, times)


def cut(pattern: str, *, times: int = 1) -> Fault:
    """Half of the answer, then the end of the connection."""

    def answer(handler: "_Handler", response: http.client.HTTPResponse, body: bytes) -> None:
        handler.send_head(response, len(body))
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return Fault(pattern, answer, times)


def garbled(pattern: str, *, times: int = 1) -> Fault:
    """As many bytes as there should be, one of them another."""

    def answer(handler: "_Handler", response: http.client.HTTPResponse, body: bytes) -> None:
        handler.send_head(response, len(body))
        handler.wfile.write(body[:-1] + bytes([body[-1] ^ 1]))

    return Fault(pattern, answer, times)


def slow(pattern: str, *, times: int = 1, pieces: int = 20, pause_s: float = 0.1) -> Fault:
    """The answer in pieces with pauses."""

    def answer(handler: "_Handler", response: http.client.HTTPResponse, body: bytes) -> None:
        handler.send_head(response, len(body))
        size = -(-len(body) // pieces) or 1
        for start in range(0, len(body), size):
            handler.wfile.write(body[start : start + size])
            handler.wfile.flush()
            time.sleep(pause_s)

    return Fault(pattern, answer, times)


def silent(pattern: str, *, times: int = 1, for_s: float = 60.0) -> Fault:
    """Half of the answer, then nothing on an open connection until the other side closes it."""

    def answer(handler: "_Handler", response: http.client.HTTPResponse, body: bytes) -> None:
        handler.send_head(response, len(body))
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.connection.settimeout(for_s)
        with contextlib.suppress(OSError):
            handler.connection.recv(1)

    return Fault(pattern, answer, times)


class Gateway(http.server.ThreadingHTTPServer):
    """Passes requests on to the emulator, notes them, and fails as it is told.

    Attributes:
        requests: all so far.
        faults: what is still to go wrong.
        token: where set, requests without it as their bearer are refused.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.token: str | None = None

    def fail(self, *faults: Fault) -> None:
        self.faults = list(faults)

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for number, fault in enumerate(self.faults):
                if fault.times and re.search(fault.pattern, f"{method} {path}"):
                    self.faults[number] = fault._replace(times=fault.times - 1)
                    return fault
        return None


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, authorization = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path), self.headers["Authorization"]
        if named := re.search(rb'"name": ?"([^"]+)"', body[:1000]):
            path += f"/{named[1].decode()}"
        self.server.requests.append(Request(self.command, path, authorization))
        if path == "/token":
            return self.say(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if self.server.token and authorization != f"Bearer {self.server.token}":
            return self.say(401, {"error": {"code": 401, "message": f"Anonymous caller sent {authorization}"}})
        fault = self.server.take_fault(self.command, path)
        if fault and fault.answer is None:
            return self.say(503, {"error": {"code": 503, "message": "Backend unavailable"}})
        with contextlib.closing(http.client.HTTPConnection(self.server.upstream, timeout=60)) as upstream:
            upstream.request(self.command, self.path, body, dict(self.headers))
            response = upstream.getresponse()
            data = response.read()
        if fault and fault.answer and response.status < 300:
            return fault.answer(self, response, data)
        self.send_head(response, len(data))
        self.wfile.write(data)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

    def send_head(self, response: http.client.HTTPResponse, length: int) -> None:
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def say(self, status: int, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def gateway() -> Iterator[Gateway]:
    """An emulator behind a gateway."""
    with emulator() as upstream, Gateway(upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
