"""HTTP Basic with client id and secret (RFC 7617)."""

import base64
import binascii

from starlette.requests import Request

from mshield.domain import errors
from mshield.services.systems.authenticate import BusinessSystem
from mshield.web.caller import acting, concerning
from mshield.web.context import context_of

_MAX_HEADER = 512


async def system_of(request: Request, *, now: int) -> BusinessSystem:
    """The business system that calls. Raises WrongClient."""
    shown = next((value for name, value in request.scope["headers"] if name == b"authorization"), b"")
    scheme, _, encoded = shown.decode("latin-1").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _MAX_HEADER:
        raise errors.WrongClient
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise errors.WrongClient from error
    if not colon:
        raise errors.WrongClient
    concerning(request, client_id)
    system = await context_of(request).systems.authenticate(client_id, secret, now=now)
    acting(request, "system", system.client_id)
    return system


async def known_system(request: Request) -> BusinessSystem:
    """As above, at the time of the call."""
    return await system_of(request, now=context_of(request).clock())
