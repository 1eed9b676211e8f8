"""The manual's questions and answers (常见问题) for the app and the pages; a problem's `faq` is the ID of one."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.body import Wire
from mshield.server.http.pages.faq import FAQ, FaqMessage
from mshield.server.http.router import Router

router: Final = Router("service", also_head=True)
_HOUR: Final = {"Cache-Control": "public, max-age=3600"}


class FaqListMessage(Wire, frozen=True):
    """All questions, in the manual's order."""

    entries: tuple[FaqMessage, ...]


_ANSWER: Final = msgspec.json.encode(FaqListMessage(tuple(FAQ.values())))


@router.get(
    "/api/faq",
    summary="List questions and answers",
    operation_id="listFaq",
    answers=openapi.answers(FaqListMessage, "The manual's entries 3.1 to 3.10"),
)
async def faq(request: Request) -> Response:  # noqa: ARG001  # the signature of endpoints
    """Returns chapter 3 of the manual. Needs no login."""
    return Response(_ANSWER, media_type="application/json", headers=_HOUR)
