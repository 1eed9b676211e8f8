"""Size limits of request bodies, and their parsing: strict JSON, with every field validated on entry.

What isn't JSON, or repeats a field, is `malformed`; JSON of another shape is `invalid_request` and names the
field. In a message of the co-signing protocol both are `malformed` (protocol, "Notation"). Members are
counted before a body is parsed (`require_few_members`).

One table holds the size limits of all routes' bodies. Bodies of unauthenticated calls are small: anonymous
calls have little to send, and a phone's proof covers the body, which must be read first. Larger bodies are
accepted only from callers authenticated by their headers alone.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request

from mshield.pki.strict_json import read_json
from mshield.server.errors import DomainError, InvalidRequest
from mshield.server.runtime.list_thread import run_in_pool
from mshield.server.signing.errors import Malformed
from mshield.wire.messages import ProtocolWire, RequestMessage

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_PUNCTUATION: Final = b"{[,:"
_PIECE: Final = 64 * _KIB
_LARGE: Final = 256 * _KIB
_LONG_TEXT: Final = 1024
_MOST_BACKSLASHES: Final = 64
_DECODER: Final = ThreadPoolExecutor(1, thread_name_prefix="large-body")
"""Thread that decodes large bodies, one after the other, since each decoding occupies several times its size."""
MOST_ESCAPES: Final = 2_500_000
"""Maximum backslashes of a body: 64 documents with 64 lines of escaped Chinese have fewer."""
MOST_DEPTH: Final = 16
"""Maximum depth of nested JSON; no message of ours is half as deep."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Limits of a body: size in `octets`, in `known` for an authenticated caller, and number of JSON `members`."""

    octets: int
    members: int = 4096
    known: int = 0

    @property
    def most(self) -> int:
        """Maximum number of bytes that the route accepts from any caller."""
        return max(self.octets, self.known)


ANONYMOUS: Final = BodyLimit(16 * _KIB)
AUTHENTICATED: Final = BodyLimit(64 * _KIB)
_OF_OPERATION: Final[Mapping[str, BodyLimit]] = {
    # 64 documents of a customs declaration's size, or one PDF of 20 MiB; in base64, each with up to 64
    # display lines.
    "createRequest": BodyLimit(64 * _KIB, members=40_000, known=28 * _MIB),
    # The file itself; its reader accepts as much (server/filing/external/files.py).
    "importFiling": BodyLimit(64 * _KIB, known=20 * _MIB),
    # A view and its samples in base64 (server/systems/view_drafts.py).
    "previewView": BodyLimit(64 * _KIB, known=_MIB),
    "handInView": BodyLimit(64 * _KIB, known=_MIB),
    # The operations most used without authentication: a code, a login.
    "sendSmsCode": BodyLimit(8 * _KIB),
    "sendRegisterCode": BodyLimit(8 * _KIB),
    "beginConsoleLogin": BodyLimit(8 * _KIB),
    "beginPortalLogin": BodyLimit(8 * _KIB),
    "logIn": BodyLimit(8 * _KIB),
    # The size up to which forms are read (server/http/oidc/answers.py).
    "pushAuthorizationRequest": BodyLimit(32 * _KIB),
    "issueTokens": BodyLimit(32 * _KIB),
    "authorizeByForm": BodyLimit(32 * _KIB),
    "endOidcSessionByForm": BodyLimit(32 * _KIB),
}


def limit_of(operation_id: str, *, anonymous: bool) -> BodyLimit:
    """Returns the limit of an operation; `anonymous`: it needs no authentication."""
    return _OF_OPERATION.get(operation_id) or (ANONYMOUS if anonymous else AUTHENTICATED)


def require_few_members(body: bytes, limit: BodyLimit) -> None:
    """Checks the number of JSON members before any of them is created. Raises: Malformed (too many).

    It counts the punctuation, which is very fast. Punctuation in strings is included, but no message comes
    near the limit. Large bodies are counted by pieces, between which other threads can run.
    """
    members = 0
    for start in range(0, len(body), _PIECE) if len(body) > limit.members else ():
        piece = body[start : start + _PIECE]
        members += len(piece) - len(piece.translate(None, _PUNCTUATION))
        if members > limit.members:
            raise Malformed(reason="members")
    if len(body) > MOST_ESCAPES and body.count(b"\\") > MOST_ESCAPES:
        raise Malformed(reason="escapes")


T = TypeVar("T")
LIMIT: Final = "mshield.limit"
"""Key in a scope: the size limit of the call's body."""

_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_PLACE: Final = re.compile(r" - at `([^`]*)`\Z")
_NAME: Final = re.compile(r"Object (?:missing required|contains unknown) field `(.*?)`", re.DOTALL)
_NOT_HARMLESS: Final = re.compile(r"[^A-Za-z0-9_.\[\]$-]")
_LONGEST_NAME: Final = 100


class Wire(RequestMessage, frozen=True):
    """Base class of the messages that no Python client shares; unknown fields are refused."""


def decode(body: bytes, kind: type[T], limit: BodyLimit = ANONYMOUS) -> T:
    """Decodes a message. Raises: Malformed, InvalidRequest."""
    require_few_members(body, limit)
    if b"\\" in body and b"\\u" in body:  # a single octet is found faster
        return _decode_slowly(body, kind)
    try:
        message = msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        return _decode_slowly(body, kind)
    # Encoded again it gives the same bytes, so no field was repeated. Bodies in another notation are parsed
    # the slow way.
    if is_large(body):
        short = _with_short_texts(body)
        is_exact = msgspec.json.encode(msgspec.json.decode(short)) == short
    else:
        is_exact = (
            msgspec.json.encode(message) == body or msgspec.json.encode(msgspec.json.decode(body)) == body
        )
    return message if is_exact else _decode_slowly(body, kind)


def _with_short_texts(body: bytes) -> bytes:
    """Returns valid JSON with its long texts emptied; it repeats a field wherever `body` does.

    Encoding a document of 20 MiB again would hold the interpreter lock for 20 ms.
    """
    parts: list[bytes] = []
    start, at = 0, body.find(b'"')
    while at >= 0:
        end = body.find(b'"', at + 1)
        while (backslashes := _backslashes_before(body, at + 1, end)) % 2:
            end = body.find(b'"', end + 1)
        if backslashes == _MOST_BACKSLASHES:
            return body
        if end - at > _LONG_TEXT:
            parts.append(body[start : at + 1])
            start = end
        at = body.find(b'"', end + 1)
    parts.append(body[start:])
    return b"".join(parts)


def _backslashes_before(body: bytes, start: int, end: int) -> int:
    """Returns how many backslashes are between `start` and `end`, just before `end`; at most `_MOST_BACKSLASHES`."""
    last = body[max(start, end - _MOST_BACKSLASHES) : end]
    return len(last) - len(last.rstrip(b"\\"))


def is_large(body: bytes) -> bool:
    """Reports whether decoding this body would delay other calls."""
    return len(body) >= _LARGE


async def aside(work: Callable[[], T]) -> T:
    """Runs work on a large body in the thread for them."""
    return await run_in_pool(_DECODER, work)


async def body_of(request: Request, kind: type[T]) -> T:
    """Decodes the message in a call's body. Raises: Malformed, InvalidRequest."""
    return decode(await request.body(), kind, request.scope.get(LIMIT, ANONYMOUS))


async def page_body_of(request: Request, kind: type[T]) -> T:
    """Decodes the body of a call that another site must not be able to make: one with a cookie, or without credentials.

    Raises: Malformed, InvalidRequest.
    """
    require_json(request)
    return await body_of(request, kind)


def require_json(request: Request) -> None:
    """Checks that the body is JSON, which a form of another site can't send. Raises: Malformed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Malformed(field="content-type")


def _decode_slowly(body: bytes, kind: type[T]) -> T:
    try:
        value = read_json(body)
        _require_text(value, MOST_DEPTH)
    except (ValueError, RecursionError) as error:  # the errors of json and of msgspec are ValueErrors
        raise Malformed from error
    try:
        return msgspec.convert(value, kind)
    except (ValueError, RecursionError) as error:
        raise _mismatch_error(kind, str(error)) from error


def _mismatch_error(kind: type, complaint: str) -> DomainError:
    """Returns the error for JSON that doesn't fit the message."""
    if issubclass(kind, ProtocolWire):
        return Malformed()
    return InvalidRequest(fields=[_field(complaint)])


def _field(complaint: str) -> str:
    """Returns the field that msgspec complains about, such as `pc.browser`, or `$` for the whole body.

    The result contains no value, and only harmless characters of a name.
    """
    place, name = _PLACE.search(complaint), _NAME.match(complaint)
    path = f"{place[1] if place else '$'}{'.' + name[1] if name else ''}"
    return _NOT_HARMLESS.sub("", path).removeprefix("$.")[:_LONGEST_NAME]


def _require_text(value: object, depth: int) -> None:
    """Checks that no text has a lone surrogate or NUL, and that nesting is at most `depth`.

    Only escapes can produce these characters, and no database stores them. Raises: ValueError.
    """
    if depth < 0:
        raise ValueError("nested too deep")
    match value:
        case str():
            if "\0" in value if value.isascii() else _NO_TEXT.search(value):
                raise ValueError("a character that no text has")
        case list():
            for item in value:
                _require_text(item, depth - 1)
        case dict():
            for name, item in value.items():
                _require_text(name, depth)
                _require_text(item, depth - 1)
