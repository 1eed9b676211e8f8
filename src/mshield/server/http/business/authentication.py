"""HTTP Basic authentication with client ID and secret (RFC 7617)."""

import base64
import binascii

from starlette.requests import Request

from mshield.server.http.caller import context_of, note_caller, note_subject
from mshield.server.requests.errors import WrongClient
from mshield.server.systems.authenticate import BusinessSystem

_MAX_HEADER = 512


async def system_of(request: Request, *, now: int) -> BusinessSystem:
    """Authenticates the calling business system. Raises: WrongClient."""
    header = next((value for name, value in request.scope["headers"] if name == b"authorization"), b"")
    scheme, _, encoded = header.decode("latin-1").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _MAX_HEADER:
        raise WrongClient
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise WrongClient from error
    if not colon:
        raise WrongClient
    note_subject(request, client_id)
    system = await context_of(request).systems.authenticate(client_id, secret, now=now)
    note_caller(request, "system", system.client_id)
    return system


async def authenticated_system(request: Request) -> BusinessSystem:
    """Authenticates the calling business system at the present time. Raises: WrongClient."""
    return await system_of(request, now=context_of(request).clock())
