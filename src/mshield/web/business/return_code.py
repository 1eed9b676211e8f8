"""The return code in the query of what a business system fetches of a request by another app (R13)."""

from typing import Any, Final

from starlette.requests import Request

from mshield.domain.systems.return_url import RETURN_CODE

PARAMETER: Final[dict[str, Any]] = {
    "name": RETURN_CODE,
    "in": "query",
    "required": False,
    "description": "What the shield's app added to the return address, for a request by channel app",
    "schema": {"type": "string"},
}


def return_code_of(request: Request) -> str | None:
    """What came along, of whatever form."""
    return request.query_params.get(RETURN_CODE) if request.scope["query_string"] else None
