"""Accounts of outside systems on the phone (R2): which there are, and the way through a page of theirs."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.login import DeviceProof
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of, browser_of, model_of
from mshield.web.consents import ConsentsMessage, agreement_of
from mshield.web.context import context_of
from mshield.web.dpop import proof_of
from mshield.web.phone.account.accounts import PROOF, SessionOut, SourceName, session_answer
from mshield.web.router import Router

router: Final = Router("phone", security=())


class OutsideLoginIn(Wire, frozen=True):
    """The source whose page is wanted."""

    source: SourceName


class OutsideReturnIn(Wire, frozen=True):
    """What the page sent back; `consents` where it is the user's first login here."""

    state: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    consents: ConsentsMessage | None = None


class SourceOut(Wire, frozen=True):
    """A system whose accounts log in here; `password`: by `POST /sessions`, `page`: on a page of its own."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


class SourcesOut(Wire, frozen=True):
    """All of them; empty where only accounts of this service log in."""

    items: tuple[SourceOut, ...]


class OutsideLoginOut(Wire, frozen=True):
    """The page to open in the browser, the state that comes back with the code, and the time for it in seconds."""

    address: str
    state: str
    expires_in: int


@router.get(
    "/account-sources",
    summary="Systems whose accounts log in here",
    operation_id="listAccountSources",
    answers=openapi.answers(SourcesOut, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """The login page offers them beside the service's own accounts."""
    sources = context_of(request).accounts.outside.sources.names
    items = (SourceOut(source.name, source.kind, source.title_zh, source.title_en) for source in sources)
    return JsonAnswer(SourcesOut(tuple(items)))


@router.post(
    "/outside-logins",
    summary="Go to an outside system's login page",
    operation_id="beginOutsideLogin",
    asks=openapi.takes(OutsideLoginIn) | PROOF,
    answers=openapi.answers(OutsideLoginOut, "Its page, and the state that comes back", status=201)
    | openapi.problems(429, 503),
)
async def begin(request: Request) -> Response:
    """The state is bound to the key of the proof: the same phone must come back with it."""
    body, context = await page_body_of(request, OutsideLoginIn), context_of(request)
    proof = await proof_of(request)
    begun = await context.accounts.outside_login.begin(
        body.source,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request), model_of(request)),
        address=address_of(request),
        now=context.clock(),
    )
    return JsonAnswer(OutsideLoginOut(begun.address, begun.state, begun.expires_in), 201)


@router.post(
    "/outside-logins/finish",
    summary="Come back from an outside system's login page",
    operation_id="finishOutsideLogin",
    asks=openapi.takes(OutsideReturnIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201) | openapi.problems(429, 503),
)
async def finish(request: Request) -> Response:
    """Logs in as `POST /sessions` does. The state is used, whatever the outcome."""
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
