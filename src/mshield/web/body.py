"""Bodies from outside: strict JSON, each field checked where it enters.

What isn't JSON, or repeats a field, is `malformed`; JSON of another form is `invalid_request` and names the field.
In a message of the co-signing protocol any such slip is `malformed` (protocol, "Notation"). Members are counted
before anything walks over a body (`body_limits.py`).
"""

import re
from typing import Annotated, Final, TypeVar

import msgspec
from starlette.requests import Request

from mshield.domain import errors
from mshield.pki.strict_json import read_json
from mshield.web.body_limits import ANONYMOUS, MOST_DEPTH, BodyLimit, require_few_members

T = TypeVar("T")
LIMIT: Final = "mshield.limit"
"""In a scope: the limit of the call's body."""

_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_PLACE: Final = re.compile(r" - at `([^`]*)`\Z")
_NAME: Final = re.compile(r"Object (?:missing required|contains unknown) field `(.*?)`", re.DOTALL)
_NOT_HARMLESS: Final = re.compile(r"[^A-Za-z0-9_.\[\]$-]")
_LONGEST_NAME: Final = 100


def _hex(length: int) -> msgspec.Meta:
    # \Z, since $ also matches before a line's end.
    return msgspec.Meta(
        pattern=rf"^[0-9a-f]{{{2 * length}}}\Z",
        description=f"{length} bytes, lower-case hex",
    )


Hex16 = Annotated[str, _hex(16)]
Hex32 = Annotated[str, _hex(32)]
Hex65 = Annotated[str, _hex(65)]
Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message as it is on the wire."""


class ProtocolWire(Wire, frozen=True):
    """A message of the co-signing protocol, whose refusals are the protocol's own."""


def decode(body: bytes, kind: type[T], limit: BodyLimit = ANONYMOUS) -> T:
    """The message in a body. Raises Malformed, InvalidRequest."""
    require_few_members(body, limit)
    if b"\\u" in body:
        return _decode_slowly(body, kind)
    try:
        message = msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        return _decode_slowly(body, kind)
    # Written again it is the same bytes: nothing was repeated. What is written otherwise is read the slow way.
    if msgspec.json.encode(message) == body or msgspec.json.encode(msgspec.json.decode(body)) == body:
        return message
    return _decode_slowly(body, kind)


async def body_of(request: Request, kind: type[T]) -> T:
    """The message in a call's body. Raises Malformed, InvalidRequest."""
    return decode(await request.body(), kind, request.scope.get(LIMIT, ANONYMOUS))


async def page_body_of(request: Request, kind: type[T]) -> T:
    """The same where a cookie or nothing at all says who calls, so that another site must not be able to."""
    require_json(request)
    return await body_of(request, kind)


def require_json(request: Request) -> None:
    """Raises Malformed for a body that a plain form of another site could send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.Malformed(field="content-type")


def _decode_slowly(body: bytes, kind: type[T]) -> T:
    try:
        value = read_json(body)
        _require_text(value, MOST_DEPTH)
    except (ValueError, RecursionError) as error:  # json's errors are ValueErrors, msgspec's too
        raise errors.Malformed from error
    try:
        return msgspec.convert(value, kind)
    except (ValueError, RecursionError) as error:
        raise _misfit(kind, str(error)) from error


def _misfit(kind: type, complaint: str) -> errors.DomainError:
    """The refusal of JSON that is no such message."""
    if issubclass(kind, ProtocolWire):
        return errors.Malformed()
    return errors.InvalidRequest(fields=[_field(complaint)])


def _field(complaint: str) -> str:
    """Which field msgspec complains of: `pc.browser`, `$` for the whole. Never a value; of a name only letters."""
    place, name = _PLACE.search(complaint), _NAME.match(complaint)
    path = f"{place[1] if place else '$'}{'.' + name[1] if name else ''}"
    return _NOT_HARMLESS.sub("", path).removeprefix("$.")[:_LONGEST_NAME]


def _require_text(value: object, depth: int) -> None:
    """No lone surrogate and no NUL, which only escapes can bring in and which no database keeps; nothing deeper."""
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
