"""A business system's web site on its own origin: a few files under the site's Content-Security-Policy."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Final, Self

_TYPES: Final = {"html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css"}


class Site:
    """A server of `files` by path; the extension gives the type, and `/` is a page."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.files: dict[str, str] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                text = site.files.get(path)
                self.send_response(404 if text is None else 200)
                kind = path.rpartition(".")[2] if "." in path else "html"
                self.send_header("Content-Type", _TYPES.get(kind, "text/plain"))
                self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write((text or "").encode())

            def log_message(self, *_: object) -> None:
                """Logs nothing: the test reports errors."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    @property
    def origin(self) -> str:
        """The site's origin, by IP address; the service is addressed by name, so that the two are different sites."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
