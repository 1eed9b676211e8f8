"""Discovery: the provider's metadata, and the keys that verify its tokens."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http.caller import context_of
from mshield.server.http.openapi import problems
from mshield.server.http.router import Router
from mshield.server.oidc.metadata import metadata

well_known: Final = Router("oidc", prefix="", also_head=True, security=())
router: Final = Router("oidc", also_head=True, security=())

# Shorter than the day for which a key is published before it signs.
_CACHED: Final = {"Cache-Control": "public, max-age=3600"}
_DOCUMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "OpenID Connect Discovery 1.0",
        "content": {"application/json": {"schema": {"type": "object", "required": ["issuer", "jwks_uri"]}}},
    }
}
_KEYS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A JWK set (RFC 7517) of ES256 keys",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["keys"],
                    "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
                }
            }
        },
    }
}


@well_known.get(
    "/.well-known/openid-configuration",
    summary="Get the provider's metadata",
    operation_id="getOpenidConfiguration",
    answers=_DOCUMENT,
)
async def configuration(request: Request) -> Response:
    """Addresses and capabilities of the OpenID Connect provider; `issuer` is the public origin."""
    return _json(metadata(context_of(request).settings))


@router.get(
    "/jwks",
    summary="Get the keys of the ID tokens",
    operation_id="getOidcKeys",
    answers=_KEYS | problems(503),
)
async def jwks(request: Request) -> Response:
    """Returns the current key, the next one, and those that signed within the last day."""
    context = context_of(request)
    now = context.clock()
    keys = (await context.oidc.keys.current(now)).published(now)
    return _json({"keys": [key.public() for key in keys]})


def _json(document: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(document), headers=_CACHED, media_type="application/json")
