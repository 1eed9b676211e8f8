"""A round-robin load balancer for several services, so that one operation reaches all of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import httpx

_HOP: Final = {
    "connection",
    "transfer-encoding",
    "content-encoding",
    "content-length",
    "keep-alive",
    "date",
    "server",
}
_SECONDS: Final = 40.0


class Turns:
    """The balancer's state: `to` sets the targets of new calls; `calls` counts calls by service."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._origins: tuple[str, ...] = ()
        self._next = 0
        self._under_way = 0
        self._idle = threading.Condition(self._lock)
        self.calls: dict[str, int] = {}

    def to(self, *origins: str) -> None:
        """Distributes new calls over these services."""
        with self._lock:
            self._origins = origins

    def drained(self) -> None:
        """Waits until no call is in progress."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._under_way == 0, _SECONDS)

    @contextmanager
    def turn(self) -> Iterator[str]:
        """Yields the next service."""
        with self._lock:
            self._next += 1
            origin = self._origins[self._next % len(self._origins)]
            self.calls[origin] = self.calls.get(origin, 0) + 1
            self._under_way += 1
        try:
            yield origin
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()


@contextmanager
def balancer() -> Iterator[tuple[str, Turns]]:
    """Yields the balancer's address and its state."""
    turns = Turns()
    with httpx.Client(trust_env=False, timeout=_SECONDS) as client:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _carry(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                with turns.turn() as origin:
                    answer = client.request(self.command, origin + self.path, headers=headers, content=body)
                self.send_response(answer.status_code)
                for name, value in answer.headers.multi_items():
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = _carry  # names required by http.server

            def log_message(self, *_: object) -> None:
                """Logs nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield f"http://localhost:{server.server_port}", turns
            finally:
                server.shutdown()
