"""Return code in the query when a business system fetches the result of a request by another app (R13)."""

from typing import Any, Final

from starlette.requests import Request

from mshield.wire.return_url import RETURN_CODE

PARAMETER: Final[dict[str, Any]] = {
    "name": RETURN_CODE,
    "in": "query",
    "required": False,
    "description": (
        "The code that the shield's app added to the return address, for a request by channel app"
    ),
    "schema": {"type": "string"},
}


def return_code_of(request: Request) -> str | None:
    """Returns the return code of a call, unchecked; None if it has none."""
    return request.query_params.get(RETURN_CODE) if request.scope["query_string"] else None
