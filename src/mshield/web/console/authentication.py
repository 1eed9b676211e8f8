"""Who of the staff calls: an access token (RFC 6750), in the header only."""

from typing import Any, Final

from starlette.requests import Request

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.services.staff import StaffMember, authenticate
from mshield.web.context import context_of

SECURITY: Final[dict[str, Any]] = {"security": [{"staff": []}]}
_MAX_TOKEN: Final = 256


async def staff_of(request: Request, *allowed: StaffRole) -> StaffMember:
    """The member who calls, if he holds one of these roles. Raises WrongStaffToken, Forbidden."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN or not token.isascii():
        raise errors.WrongStaffToken
    return await authenticate(context_of(request).db, token, allowed=allowed)
