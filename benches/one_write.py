"""HTTP client transport that sends each request by one write, so that head and body arrive together.

httpx writes them one after the other. The service then sometimes reads the head alone, which costs it 70 000
instructions more.
"""

import socket
from http.client import HTTPResponse
from typing import Final

import httpx

_SECONDS: Final = 60.0


class OneWrite(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """One connection to one address, kept alive. It blocks, for `httpx.AsyncClient` too."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._socket is None:
            self._socket = socket.create_connection((request.url.host, request.url.port), _SECONDS)
        lines = [request.method.encode() + b" " + request.url.raw_path + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in request.headers.raw]
        self._socket.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + request.read())
        with HTTPResponse(self._socket, method=request.method) as response:
            response.begin()
            return httpx.Response(response.status, headers=response.getheaders(), content=response.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def aclose(self) -> None:
        self.close()
