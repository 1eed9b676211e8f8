"""Accounts of outside systems at the portal (R2): which there are, and how their users get in."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("portal", security=())


class SourceMessage(Wire, frozen=True):
    """A system whose accounts log in here; `password`: by `POST /logins`, `page`: by `POST /outside-logins`."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


class SourcesMessage(Wire, frozen=True):
    """All of them; empty where only accounts of this service log in."""

    items: tuple[SourceMessage, ...]


@router.get(
    "/account-sources",
    summary="Systems whose accounts log in here",
    operation_id="listPortalAccountSources",
    answers=openapi.answers(SourcesMessage, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """The login page offers them beside the service's own accounts."""
    sources = context_of(request).accounts.outside.sources.names
    answer = SourcesMessage(
        tuple(SourceMessage(source.name, source.kind, source.title_zh, source.title_en) for source in sources)
    )
    return JsonAnswer(answer)
