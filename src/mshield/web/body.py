"""Bodies from outside: strict JSON, each field checked where it enters.

A missing, extra, repeated or ill-formed field is `malformed` (protocol, "Notation").
"""

import re
from typing import Annotated, Final, TypeVar

import msgspec
from starlette.requests import Request

from mshield.domain import errors
from mshield.pki.strict_json import read_json

T = TypeVar("T")
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


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


def decode(body: bytes, kind: type[T]) -> T:
    """The message in a body. Raises Malformed."""
    if b"\\u" in body:
        return _decode_slowly(body, kind)
    try:
        message = msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        return _decode_slowly(body, kind)
    # Written again it is the same bytes: nothing was repeated. What is written otherwise is read the slow way.
    return message if msgspec.json.encode(message) == body else _decode_slowly(body, kind)


def require_json(request: Request) -> None:
    """Raises Malformed for a body that a plain form of another site could send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.Malformed(field="content-type")


def _decode_slowly(body: bytes, kind: type[T]) -> T:
    try:
        found = read_json(body)
        _require_text(found)
        return msgspec.convert(found, kind)
    except (ValueError, RecursionError) as error:  # msgspec's and json's errors are ValueErrors
        raise errors.Malformed from error


def _require_text(value: object) -> None:
    """No lone surrogate and no NUL, which only escapes can bring in and which no database keeps."""
    match value:
        case str():
            if _NO_TEXT.search(value):
                raise ValueError("a character that is none")
        case list():
            for each in value:
                _require_text(each)
        case dict():
            for name, each in value.items():
                _require_text(name)
                _require_text(each)
