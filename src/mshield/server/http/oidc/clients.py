"""Endpoints for business systems' software: pushed requests, tokens and userinfo, in the standards' formats."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http.caller import context_of
from mshield.server.http.oidc.answers import form, form_of, json_answer, oauth_errors
from mshield.server.http.oidc.authorize import PUSHED
from mshield.server.http.router import Router, Security

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_CREDENTIALS: Final = {
    "client_secret": _TEXT,
    "client_assertion": _TEXT,
    "client_assertion_type": _TEXT,
}
_BY_TOKEN: Final[Security] = ({"oidc_token": []},)

router: Final = Router("oidc", security=({"oidc_client": []}, {}))


def _answers(description: str, required: tuple[str, ...], *, status: int = 200) -> dict[int | str, Any]:
    schema = {"type": "object", "required": list(required)}
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/par",
    summary="Push an authorization request",
    operation_id="pushAuthorizationRequest",
    asks=form({**PUSHED, **_CREDENTIALS}),
    answers=_answers("The `request_uri` that names it", ("request_uri", "expires_in"), status=201)
    | oauth_errors(400, 401),
)
async def par(request: Request) -> Response:
    """Stores a request for a minute (RFC 9126); its `request_uri` begins one login."""
    context = context_of(request)
    fields = await form_of(request)
    return json_answer(
        request, await context.oidc.requests.push(fields, request.headers, now=context.clock())
    )


@router.post(
    "/token",
    summary="Exchange a code for tokens",
    operation_id="issueTokens",
    asks=form(
        {
            "grant_type": {"type": "string", "enum": ["authorization_code"]},
            "code": _TEXT,
            "redirect_uri": _TEXT,
            "code_verifier": _TEXT,
            "client_id": _TEXT,
            **_CREDENTIALS,
        },
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
    ),
    answers=_answers("The tokens", ("access_token", "token_type", "expires_in", "id_token"))
    | oauth_errors(400, 401),
)
async def token(request: Request) -> Response:
    """Accepts a code once, and returns an ID token and an access token valid for ten minutes."""
    context = context_of(request)
    fields = await form_of(request)
    return json_answer(request, await context.oidc.tokens(fields, request.headers, now=context.clock()))


_USER: Final = _answers("The claims of the granted scopes", ("sub",)) | oauth_errors(400, 401, bearer=True)


@router.get(
    "/userinfo",
    summary="Get the user who logged in",
    operation_id="getUserInfo",
    security=_BY_TOKEN,
    answers=_USER,
)
async def userinfo(request: Request) -> Response:
    """Returns the person's claims, and the signed login with its certificate.

    401 if the certificate is revoked or on hold.
    """
    context = context_of(request)
    return json_answer(request, await context.oidc.user_info(request.headers, now=context.clock()))


@router.post(
    "/userinfo",
    summary="Get the user who logged in, by POST",
    operation_id="postUserInfo",
    security=_BY_TOKEN,
    answers=_USER,
)
async def userinfo_by_post(request: Request) -> Response:
    """Returns the same as `GET`; the token is in the header here too."""
    return await userinfo(request)
