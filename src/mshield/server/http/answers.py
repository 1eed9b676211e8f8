"""Answers of calls: JSON that must not be stored, cacheable answers, and retry delays for temporarily refused callers.

A cacheable answer has a strong ETag, and is a 304 for callers that have it already (RFC 9110, 13.1.2). Pages have
helpers of their own.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.server.errors import Json, Unavailable

M = TypeVar("M", bound=msgspec.Struct)
NO_STORE: Final = {"Cache-Control": "no-store"}
_HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_LINES: Final = b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
"""Encoded headers of an answer that has no others, in the order of `JsonAnswer.raw_headers`."""


class JsonAnswer(Response):
    """A message as JSON; `bytes` are sent unchanged."""

    def __init__(self, message: msgspec.Struct | bytes, status: int = 200) -> None:
        # Does the work of `Response.__init__`, which takes three times as long for the same headers.
        self.status_code = status
        self.background = None
        self.body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), *_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        """Sends the answer, in one piece if `send` can do that."""
        at_once: Callable[[int, bytes, bytes], bool] | None = getattr(send, "answer", None)
        if at_once is not None and self.raw_headers[1:] == [*_HEADERS]:
            body = bytes(self.body)
            if at_once(self.status_code, _LINES % len(body), body):
                return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def filled(kind: type[M], row: object, /, **others: Any) -> M:
    """Builds a message from the attributes of `row` named like its fields, and from `others`.

    Raises: AttributeError (`row` lacks a field), TypeError (a name in `others` is no field).
    """
    return kind(
        **{name: getattr(row, name) for name in kind.__struct_fields__ if name not in others}, **others
    )


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """Returns a file that the browser saves under this name."""
    headers = NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)


def no_content() -> Response:
    return Response(status_code=204)


RETRY_SECONDS: Final = (1, 2, 3)
"""Retry delays in seconds, chosen at random so that callers refused together don't return together."""


def unavailable(**extra: Json) -> Unavailable:
    """Returns the error with a random `retry_after`."""
    return Unavailable(retry_after=secrets.choice(RETRY_SECONDS), **extra)


def tag_of(body: bytes) -> str:
    """Returns the strong ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def cached(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str], *, tag: str | None = None
) -> Response:
    """Returns the body, or 304 if the caller names its tag; `tag` if it was computed already."""
    etag = tag or tag_of(body)
    headers = {**headers, "ETag": etag}
    caller_tags = {
        tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")
    }
    if etag in caller_tags or "*" in caller_tags:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
