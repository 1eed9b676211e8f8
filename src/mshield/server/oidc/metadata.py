"""Metadata of the provider (OpenID Connect Discovery 1.0, RFC 8414)."""

from typing import Any, Final

from mshield.server.oidc.keys import ALGORITHM
from mshield.server.oidc.rules import ACR, AUTH_METHODS, SCOPES
from mshield.server.settings.settings import Settings

_CLAIMS: Final = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash",
    "name", "enterprise", "credit_code", "role", "shield_number", "mshield_login",
)  # fmt: skip
CLIENT_ALGORITHMS: Final = ("ES256", "PS256", "RS256", "Ed25519")
"""Algorithms with which a client may sign its assertion (RFC 7523)."""


def issuer_of(settings: Settings) -> str:
    """Returns the provider's name, the `iss` of tokens and responses."""
    return settings.site.public_origin.rstrip("/")


def audiences_of(settings: Settings) -> tuple[str, ...]:
    """Returns the audiences allowed in client assertions: the issuer, and endpoint addresses if configured."""
    issuer = issuer_of(settings)
    if not settings.oidc.endpoint_audiences:
        return (issuer,)
    return issuer, f"{issuer}/oidc/token", f"{issuer}/oidc/par"


def metadata(settings: Settings) -> dict[str, Any]:
    """Returns the document at /.well-known/openid-configuration."""
    issuer = issuer_of(settings)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oidc/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/oidc/par",
        "token_endpoint": f"{issuer}/oidc/token",
        "userinfo_endpoint": f"{issuer}/oidc/userinfo",
        "jwks_uri": f"{issuer}/oidc/jwks",
        "end_session_endpoint": f"{issuer}/oidc/logout",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": [settings.oidc.subjects],
        "acr_values_supported": [ACR],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "claim_types_supported": ["normal"],
        "claims_supported": list(_CLAIMS),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["zh-CN", "en"],
    }
