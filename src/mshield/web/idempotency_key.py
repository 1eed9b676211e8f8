"""The header `Idempotency-Key` (R17): its one grammar, and what the OpenAPI documents say of it."""

import re
from typing import Any, Final

from starlette.requests import Request

from mshield.domain import errors

HEADER: Final = "Idempotency-Key"
_NAME: Final = HEADER.lower().encode()
_LONGEST: Final = 128
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{_LONGEST}}}")


def key_of(request: Request) -> str | None:
    """The key of a call, if it has one. Raises InvalidRequest for another form."""
    values = [value.decode("latin-1") for name, value in request.scope["headers"] if name == _NAME]
    if not values:
        return None
    key = ",".join(values)
    if not _KEY.fullmatch(key):
        raise errors.InvalidRequest(fields=[HEADER])
    return key


def parameter(description: str) -> dict[str, Any]:
    """The header, of an operation whose repeats go as this says."""
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": _LONGEST,
            "pattern": "^[\\x21-\\x7e]+$",
        },
    }


KEPT: Final = parameter(
    "Any value of the caller's, new for each operation, the same when the network lost the answer and the call is "
    "repeated: within a day the repeat gets the first call's answer, and nothing is done twice. With other content it "
    "is 422 `idempotency_mismatch`; while the first is under way, 409 `in_progress` with Retry-After. What was refused "
    "before anything was done (401 `unauthenticated`, 429, 5xx) is tried anew"
)
"""Where the first call's answer is kept (`web/edge/idempotency.py`)."""

BY_ROW: Final = parameter("A repeat with the same key and body gets the same request")
"""Where what was made remembers its key (docs/adr/0042-repeats.md)."""
