"""How a call is answered, unless a page or a cache wants it otherwise: with what nobody may store."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

M = TypeVar("M", bound=msgspec.Struct)
NO_STORE: Final = {"Cache-Control": "no-store"}
_HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_LINES: Final = b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
"""The head's lines of an answer that has these alone, in the order of `JsonAnswer.raw_headers`."""


class JsonAnswer(Response):
    """A message as JSON; `bytes` are sent as they are."""

    def __init__(self, message: msgspec.Struct | bytes, status: int = 200) -> None:
        # Sets what Response.__init__ would, which takes three times as long to come to the same headers.
        self.status_code = status
        self.background = None
        self.body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), *_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as ASGI calls it
        """Sends it, as Response does where nothing follows; in one piece where what `send` is can do that."""
        at_once: Callable[[int, bytes, bytes], bool] | None = getattr(send, "answer", None)
        if at_once is not None and self.raw_headers[1:] == [*_HEADERS]:
            body = bytes(self.body)
            if at_once(self.status_code, _LINES % len(body), body):
                return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def filled(kind: type[M], row: object, /, **others: Any) -> M:
    """A message of what the row calls by the names of its fields, and of the others.

    Raises AttributeError where the row lacks a field, TypeError for another that is no field.
    """
    return kind(
        **{name: getattr(row, name) for name in kind.__struct_fields__ if name not in others}, **others
    )


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """A file that a browser saves under this name."""
    headers = NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)


def no_content() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=204)
