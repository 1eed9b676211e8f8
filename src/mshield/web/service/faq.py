"""The manual's questions and answers (常见问题), for the app and the pages; a problem's `faq` is the id of one."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.faq import FAQ
from mshield.web import openapi
from mshield.web.body import Wire
from mshield.web.router import Router

router: Final = Router("service", also_head=True)
_HOUR: Final = {"Cache-Control": "public, max-age=3600"}


class FaqMessage(Wire, frozen=True):
    """One question with its answer, in both languages."""

    id: Annotated[str, msgspec.Meta(examples=["3.7"])]
    title_zh: str
    title_en: str
    zh: str
    en: str


class FaqListMessage(Wire, frozen=True):
    """All of them, in the manual's order."""

    entries: tuple[FaqMessage, ...]


_ANSWER: Final = msgspec.json.encode(
    FaqListMessage(
        tuple(
            FaqMessage(entry.id, entry.title_zh, entry.title_en, entry.zh, entry.en) for entry in FAQ.values()
        )
    )
)


@router.get(
    "/api/faq",
    summary="Questions and answers",
    operation_id="listFaq",
    answers=openapi.answers(FaqListMessage, "The manual's entries 3.1 to 3.10"),
)
async def faq(request: Request) -> Response:  # noqa: ARG001  # as routes are called
    """Manual, chapter 3. Needs no login."""
    return Response(_ANSWER, media_type="application/json", headers=_HOUR)
