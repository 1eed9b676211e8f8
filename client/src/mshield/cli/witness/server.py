"""Serves `POST /add-checkpoint` of C2SP tlog-witness with Python's HTTP server, behind a proxy with TLS."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import Final

from mshield.cli.witness.memory import Memory, OtherSize, UnknownLog
from mshield.pki.errors import LogFormError, LogProofError, LogSignatureError
from mshield.pki.tlog.add_checkpoint import parse_add_checkpoint

MAX_BODY: Final = 128 * 1024
_SECONDS: Final = 10
_AT_ONCE: Final = 16
_TEXT: Final = "text/plain; charset=utf-8"
_log: Final = logging.getLogger(__name__)

Answer = tuple[HTTPStatus, str, str]
"""Status, media type, body."""


def answer(memory: Memory, body: bytes, *, now: int) -> Answer:
    """Returns the answer to any request body; `now` in ms."""
    try:
        return HTTPStatus.OK, _TEXT, memory.add(parse_add_checkpoint(body), now=now)
    except UnknownLog as error:
        return HTTPStatus.NOT_FOUND, _TEXT, f"{error}\n"
    except LogSignatureError as error:
        return HTTPStatus.FORBIDDEN, _TEXT, f"{error}\n"
    except OtherSize as error:
        return HTTPStatus.CONFLICT, "text/x.tlog.size", f"{error.size}\n"
    except LogProofError as error:
        _log.warning("a checkpoint that doesn't continue the last one: %s", error)
        return HTTPStatus.UNPROCESSABLE_ENTITY, _TEXT, f"{error}\n"
    except LogFormError as error:
        return HTTPStatus.BAD_REQUEST, _TEXT, f"{error}\n"


def server(
    memory: Memory, host: str, port: int, *, clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
) -> ThreadingHTTPServer:
    """Returns a server that isn't running yet; port 0 selects a free port."""
    room = BoundedSemaphore(_AT_ONCE)

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # name required by the library
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                self._respond(HTTPStatus.NOT_FOUND, _TEXT, "\n")
            elif not length.isdecimal() or int(length) > MAX_BODY:
                self._respond(HTTPStatus.BAD_REQUEST, _TEXT, "not so long\n")
            else:
                with room:
                    self._respond(*answer(memory, self.rfile.read(int(length)), now=clock()))

        def _respond(self, status: HTTPStatus, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status != HTTPStatus.OK:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # name required by the library
            _log.info(format, *args)

    return ThreadingHTTPServer((host, port), Handler)
