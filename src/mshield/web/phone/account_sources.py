"""Accounts of outside systems on the phone (R2): which there are, and the way through a page of theirs."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.login import DeviceProof
from mshield.services.accounts.outside import listed
from mshield.web import openapi
from mshield.web.caller import address_of, browser_of
from mshield.web.context import context_of
from mshield.web.dpop import proof_of
from mshield.web.phone.accounts import PROOF, SessionOut, session_out

router: Final = APIRouter(tags=["phone"])
SourceName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$", examples=["single-window"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OutsideLoginIn(_In):
    """The source whose page is wanted."""

    source: SourceName


class OutsideReturnIn(_In):
    """What the page sent back."""

    state: Annotated[str, Field(min_length=1, max_length=1024)]
    code: Annotated[str, Field(min_length=1, max_length=2048)]


class SourceOut(BaseModel):
    """A system whose accounts log in here; `password`: by `POST /sessions`, `page`: on a page of its own."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


class SourcesOut(BaseModel):
    """All of them; empty where only accounts of this service log in."""

    items: list[SourceOut]


class OutsideLoginOut(BaseModel):
    """The page to open in the browser, the state that comes back with the code, and the time for it in seconds."""

    address: str
    state: str
    expires_in: int


@router.get(
    "/account-sources",
    summary="Systems whose accounts log in here",
    operation_id="listAccountSources",
    response_description="The systems",
    responses=openapi.problems(503),
)
async def sources(request: Request) -> SourcesOut:
    """The login page offers them beside the service's own accounts."""
    found = listed(context_of(request).accounts.outside.sources)
    return SourcesOut(
        items=[
            SourceOut(name=each.name, kind=each.kind, title_zh=each.title_zh, title_en=each.title_en)
            for each in found
        ]
    )


@router.post(
    "/outside-logins",
    status_code=201,
    summary="Go to an outside system's login page",
    operation_id="beginOutsideLogin",
    response_description="Its page, and the state that comes back",
    openapi_extra=PROOF,
    responses=openapi.problems(400, 401, 422, 424, 429, 503),
)
async def begin(
    request: Request, response: Response, body: Annotated[OutsideLoginIn, Body()]
) -> OutsideLoginOut:
    """The state is bound to the key of the proof: the same phone must come back with it."""
    context = context_of(request)
    proof = await proof_of(request)
    begun = await context.accounts.outside_login.begin(
        body.source,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request)),
        address=address_of(request),
        now=context.clock(),
    )
    response.headers["Cache-Control"] = "no-store"
    return OutsideLoginOut(address=begun.address, state=begun.state, expires_in=begun.expires_in)


@router.post(
    "/outside-logins/finish",
    status_code=201,
    summary="Come back from an outside system's login page",
    operation_id="finishOutsideLogin",
    response_description="The login",
    openapi_extra=PROOF,
    responses=openapi.problems(400, 401, 403, 409, 422, 424, 429, 503),
)
async def finish(
    request: Request, response: Response, body: Annotated[OutsideReturnIn, Body()]
) -> SessionOut:
    """Logs in as `POST /sessions` does. The state is used, whatever the outcome."""
    context = context_of(request)
    proof = await proof_of(request)
    session = await context.accounts.outside_login.finish(
        body.state,
        body.code,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request)),
        address=address_of(request),
        now=context.clock(),
    )
    response.headers["Cache-Control"] = "no-store"
    return session_out(session)
