"""Outside systems for tests, as real servers on a socket: each behaves as told and records its calls."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

SECRET: Final = "what-the-outside-system-knows-us-by"
RECORD: Final = {
    "enterprise": "宁波北潮进出口有限公司",
    "credit_code": "91330206MA2XB7C1TW",
    "name": "林知远",
    "id_type": "resident_id",
    "id_number": "330206199001014217",
    "role": "operator",
}
"""The demonstration's operator in an outside filing system."""
USER: Final = {
    "external_id": "u-7",
    "name": "林知远",
    "id_type": "resident_id",
    "id_number": "330206199001014217",
    "phone": "13800006027",
}
"""The person as known to an outside account system."""
PASSWORD: Final = "the password over there"


@dataclass(slots=True)
class Asked:
    """An incoming call."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """Body, parsed as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Reply:
    """Response: `cut` closes the connection instead, `seconds` is its delay."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    seconds: float = 0.0

    @classmethod
    def of(cls, document: object, status: int = 200) -> "Reply":
        """Makes a JSON response."""
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


@dataclass(slots=True)
class OutsideServer:
    """Server: `answer` computes the response to a call; those in `next` are used first, once each."""

    answer: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)
    next: list[Reply] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def handle(self, asked: Asked) -> Reply:
        """Records the call and returns its response."""
        self.asked.append(asked)
        reply = self.next.pop(0) if self.next else self.answer(asked)
        if reply.seconds:
            self.stopping.wait(reply.seconds)
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    """Large enough for many simultaneous calls, which are delayed by a second once the queue is full."""


@contextmanager
def serving(
    answer: Callable[[Asked], Reply], *, tls: ssl.SSLContext | None = None
) -> Iterator[OutsideServer]:
    """Runs a server on a free local port; with `tls` its host is `localhost`."""
    outside = OutsideServer(answer)
    server = _Server(("127.0.0.1", 0), _handler(outside))
    outside.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        outside.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield outside
    finally:
        outside.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(outside: OutsideServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = outside.handle(Asked(self.command, self.path, headers, self.rfile.read(length)))
            if reply.cut:
                self.close_connection = True
                return
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the caller didn't wait

        do_GET = do_POST = _serve  # names required by http.server

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class FilingOffice:
    """A filing system as the adapter expects it, finding people by credit code, role and ID number.

    A record may have a `phone`, or null for none.
    """

    def __init__(self, *records: dict[str, str] | dict[str, str | None]) -> None:
        self.people: list[dict[str, str | None]] = [{**each} for each in records]

    def __call__(self, asked: Asked) -> Reply:
        if asked.method != "POST" or asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply(401)
        query = asked.document
        records = [each for each in self.people if all(each[name] == value for name, value in query.items())]
        return Reply.of({"filed": records[0] if records else None})


@dataclass(slots=True)
class AccountOffice:
    """An account system as the adapter expects it."""

    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {"lin": dict(USER)})

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply(401)
        is_right = asked.document["password"] == PASSWORD
        return Reply.of({"person": self.users.get(asked.document["account"]) if is_right else None})


@dataclass(slots=True)
class Carrier:
    """A real-name check as the adapter expects it, with the holder of each phone number."""

    holders: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {USER["phone"]: (USER["name"], USER["id_number"])}
    )

    def __call__(self, asked: Asked) -> Reply:
        if asked.method != "POST" or asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply(401)
        question = asked.document
        holder = self.holders.get(question["phone"])
        same = holder == (question["name"], question["id_number"])
        result = "unknown" if holder is None else "match" if same else "mismatch"
        return Reply.of({"question_id": question["question_id"], "result": result})
