"""Logins on the phone with accounts of outside systems (R2): the list of systems, and their login page."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.login import DeviceProof
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, browser_of, context_of, model_of
from mshield.server.http.consents import OutsideReturnMessage, agreement_of
from mshield.server.http.dpop import proof_of
from mshield.server.http.phone.accounts import PROOF, SourceName, session_answer
from mshield.server.http.router import Router
from mshield.wire.outside_accounts import AccountSource, AccountSources, OutsideLoginBegun
from mshield.wire.phone.accounts import SessionOut

router: Final = Router("phone", security=())


class OutsideLoginIn(Wire, frozen=True):
    """The system whose login page is wanted."""

    source: SourceName


class OutsideReturnIn(OutsideReturnMessage, frozen=True):
    """Parameters returned by the outside page; `consents` is needed at the user's first login here."""


class SourceOut(AccountSource, frozen=True):
    """A system whose accounts can log in here; `password`: by `POST /sessions`, `page`: on a login page of its own."""


class SourcesOut(Wire, frozen=True):
    """All outside systems; empty if only accounts of this service can log in."""

    items: tuple[SourceOut, ...]


class OutsideLoginOut(OutsideLoginBegun, frozen=True):
    """The page to open in the browser, the `state` that it returns with the code, and the time limit in seconds."""


@router.get(
    "/account-sources",
    summary="List systems whose accounts can log in",
    operation_id="listAccountSources",
    answers=openapi.answers(SourcesOut, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """Lists the systems that the login page offers besides the service's own accounts."""
    return JsonAnswer(AccountSources(context_of(request).accounts.outside.sources.names))


@router.post(
    "/outside-logins",
    summary="Begin a login on an outside system's page",
    operation_id="beginOutsideLogin",
    asks=openapi.takes(OutsideLoginIn) | PROOF,
    answers=openapi.answers(OutsideLoginOut, "The page, and the state that it returns", status=201)
    | openapi.problems(429, 503),
)
async def begin(request: Request) -> Response:
    """Binds the state to the key of the DPoP proof: the same phone must return with it."""
    body, context = await page_body_of(request, OutsideLoginIn), context_of(request)
    proof = await proof_of(request)
    begun = await context.accounts.outside_login.begin(
        body.source,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request), model_of(request)),
        address=address_of(request),
        now=context.clock(),
    )
    return JsonAnswer(begun, 201)


@router.post(
    "/outside-logins/finish",
    summary="Finish a login on an outside system's page",
    operation_id="finishOutsideLogin",
    asks=openapi.takes(OutsideReturnIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201) | openapi.problems(429, 503),
)
async def finish(request: Request) -> Response:
    """Logs in like `POST /sessions`. The state can be used once, whatever the outcome."""
    body, context = await page_body_of(request, OutsideReturnIn), context_of(request)
    proof = await proof_of(request)
    session = await context.accounts.outside_login.finish(
        body.state,
        body.code,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request), model_of(request)),
        agreement_of(body.consents, "app"),
        address=address_of(request),
        now=context.clock(),
    )
    return session_answer(request, session)
