"""Authorization code grant with PKCE and ID token: Authlib's classes on preloaded data, with our restrictions.

S256 for all clients, `openid` in each request, no `request` objects, and for some clients only pushed
requests.
"""

from dataclasses import dataclass, field
from typing import Any, Final, cast

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import (
    ClientMixin,
    InvalidRequestError,
    InvalidScopeError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.errors import RequestNotSupportedError
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.models import AuthorizationCodeMixin

from mshield.server.oidc.keys import ALGORITHM, SigningKey
from mshield.server.oidc.login import Login
from mshield.server.oidc.protocol import Protocol, ProtocolRequest
from mshield.server.oidc.rows.authorizations import Parameters
from mshield.server.oidc.rules import ACR, AMR, AUTH_METHODS, TOKEN_MS

S256: Final = "S256"


class Code(AuthorizationCodeMixin):
    """Spent code: the parameters of its request, and the resulting login."""

    def __init__(self, parameters: Parameters, login: Login) -> None:
        self._parameters = parameters
        self.login: Final = login
        self.code_challenge: Final = parameters["code_challenge"]
        self.code_challenge_method: Final = S256

    def get_redirect_uri(self) -> str:
        return self._parameters["redirect_uri"]

    def get_scope(self) -> str:
        return self._parameters["scope"]

    def get_nonce(self) -> str | None:
        return self._parameters.get("nonce")

    def get_auth_time(self) -> int:
        return self.login.auth_time

    def get_acr(self) -> str:
        return ACR

    def get_amr(self) -> list[str]:
        return list(AMR)


@dataclass(slots=True)
class Step:
    """Data that a call has loaded and created so far; None or empty if not yet."""

    now: int
    issuer: str
    new_code: str = field(default="", repr=False)
    spent: Code | None = None
    sid: str = ""
    access_token: str = field(default="", repr=False)
    key: SigningKey | None = None


class CodeGrant(AuthorizationCodeGrant):
    """Code grant that reads from a `Step`."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    server: "Provider"

    def validate_authorization_request(self) -> str:
        redirect_uri = super().validate_authorization_request()
        request, client = self.request, self.request.client
        assert isinstance(request, ProtocolRequest)  # noqa: S101  # from `create_oauth2_request`
        if "request" in request.values:
            raise RequestNotSupportedError(redirect_uri=redirect_uri)
        if request.values.get("response_mode", "query") != "query":
            raise InvalidRequestError("'response_mode' must be 'query'.", redirect_uri=redirect_uri)
        if getattr(client, "par_required", False) and not request.pushed:
            raise InvalidRequestError("The request must be pushed.", redirect_uri=redirect_uri)
        if "openid" not in (request.scope or "").split():
            raise InvalidScopeError("The scope must contain openid.", redirect_uri=redirect_uri)
        return redirect_uri

    def authenticate_token_endpoint_client(self) -> ClientMixin:
        """Returns the client, whose credentials were checked before its code was spent."""
        assert self.request.client is not None  # noqa: S101  # for mypy: Authlib sets it before
        return self.request.client

    def generate_authorization_code(self) -> str:
        return self.server.step.new_code

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """No-op: already stored."""

    def query_authorization_code(self, code: str, client: ClientMixin) -> Code | None:  # noqa: ARG002  # checked in SQL
        return self.server.step.spent

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """No-op: already spent."""

    def authenticate_user(self, authorization_code: Code) -> Login:
        return authorization_code.login


class _Pkce(CodeChallenge):
    SUPPORTED_CODE_CHALLENGE_METHOD = [S256]  # noqa: RUF012  # Authlib's attribute

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuses requests without an S256 challenge.

        Authlib would let confidential clients omit it, and would read a missing method as `plain`.
        """
        parameters = grant.request.payload.data if grant.request.payload is not None else {}
        if parameters.get("code_challenge_method") != S256 or not parameters.get("code_challenge"):
            raise InvalidRequestError("A 'code_challenge' of method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdTokens(OpenIDCode):
    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:  # noqa: ARG002  # the client checks it
        return False

    def get_client_algorithm(self, client: ClientMixin) -> str:  # noqa: ARG002  # the same for all clients
        return ALGORITHM

    def _key(self) -> SigningKey:
        assert self._step.key is not None  # noqa: S101  # loaded before a code is spent
        return self._step.key

    def get_encode_header(self, client: ClientMixin) -> dict[str, Any]:  # noqa: ARG002  # Authlib's signature
        return {"alg": ALGORITHM, "kid": self._key().kid, "typ": "JWT"}

    def resolve_client_private_key(self, client: ClientMixin) -> Any:  # noqa: ARG002  # Authlib's signature
        return self._key().key

    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:
        """Returns the claims common to all tokens, with times by the service's clock."""
        assert request.client is not None  # noqa: S101  # for mypy: Authlib sets it before
        now = self._step.now // 1000
        return {
            "iss": self._step.issuer,
            "aud": request.client.get_client_id(),
            "iat": now,
            "exp": now + TOKEN_MS // 1000,
            "sid": self._step.sid,
        }

    def generate_user_info(self, user: Login, scope: str) -> UserInfo:
        return UserInfo({**user.claims(scope), "mshield_login": user.proof()})


class Provider(Protocol):
    """Authlib's server with the code grant."""

    def __init__(self, step: Step, clients: Any) -> None:
        super().__init__(step.issuer, clients)
        self.step: Final = step
        self.register_grant(CodeGrant, [_Pkce(), _IdTokens(step)])
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda **_: step.access_token, expires_generator=lambda *_: TOKEN_MS // 1000
            ),
        )

    def checked(self, request: ProtocolRequest) -> CodeGrant:
        """Checks a request and returns its grant. Raises: OAuth2Error."""
        try:
            grant = self.get_consent_grant(request)  # type: ignore[no-untyped-call]  # Authlib has no types
        except UnsupportedResponseTypeError as error:
            # Authlib swaps response type and description in this error, which would garble the message.
            raise OAuth2Error(
                "The 'response_type' must be 'code'.",
                error=error.error,
                state=error.state,
                redirect_uri=error.redirect_uri,
            ) from error
        return cast("CodeGrant", grant)
