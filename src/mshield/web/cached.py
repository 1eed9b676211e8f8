"""Answers that a cache may keep: with a strong ETag, and 304 for who has them already (RFC 9110, 13.1.2)."""

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response


def tag_of(body: bytes) -> str:
    """The strong ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def cached(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str], *, tag: str | None = None
) -> Response:
    """The body, or 304 where the caller named its tag; `tag` where it was made before."""
    etag = tag or tag_of(body)
    headers = {**headers, "ETag": etag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
