"""The header `Idempotency-Key` (R17): its syntax, and its descriptions for the OpenAPI documents."""

import re
from typing import Any, Final

from starlette.requests import Request

from mshield.server.errors import InvalidRequest

HEADER: Final = "Idempotency-Key"
_NAME: Final = HEADER.lower().encode()
_LONGEST: Final = 128
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{_LONGEST}}}")


def key_of(request: Request) -> str | None:
    """Returns the key of a call; None if it has none. Raises: InvalidRequest (invalid form)."""
    values = [value.decode("latin-1") for name, value in request.scope["headers"] if name == _NAME]
    if not values:
        return None
    key = ",".join(values)
    if not _KEY.fullmatch(key):
        raise InvalidRequest(fields=[HEADER])
    return key


def parameter(description: str) -> dict[str, Any]:
    """Returns the header as an OpenAPI parameter; `description` states how repeats are treated."""
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
    "A value chosen by the caller: new for each operation, and the same when a call is repeated because its answer "
    "was lost. Within a day the repeat gets the first call's answer, and nothing is done twice. With other content: "
    "422 `idempotency_mismatch`; while the first call is running: 409 `in_progress` with Retry-After. A call refused "
    "before anything was done (401 `unauthenticated`, 429, 5xx) is carried out when repeated. A repeat must be "
    "authenticated as the first call was; one whose answer held a secret gets 409 `answer_shown_once`"
)
"""Parameter for operations whose first answer is stored (`server/http/edge/idempotency.py`)."""

BY_ROW: Final = parameter("A repeat with the same key and body gets the same request")
"""Parameter for operations whose created row remembers its key (docs/adr/0042-repeats.md)."""
