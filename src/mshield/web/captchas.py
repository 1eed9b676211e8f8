"""A captcha, by whatever audience: its picture, and the same characters spoken."""

import base64
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import NO_STORE, JsonAnswer
from mshield.web.body import Wire
from mshield.web.caller import address_of
from mshield.web.context import context_of
from mshield.web.router import Router

CaptchaId = Annotated[str, msgspec.Meta(max_length=200, description="of a captcha that is still valid")]
_SPOKEN: Final[openapi.Responses] = {
    200: {"description": "The characters, spoken", "content": {"audio/wav": {}}}
}


class CaptchaMessage(Wire, frozen=True):
    """A captcha: one use, right or wrong."""

    captcha_id: str
    image_b64: Annotated[str, msgspec.Meta(description="PNG, base64")]
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[120])]


def captcha_routes(audience: str, *, make: str, hear: str) -> Router:
    """The routes of an audience; `make` and `hear` are their operation ids."""
    router = Router(audience, security=())

    @router.post(
        "/captchas",
        summary="Get a captcha",
        operation_id=make,
        answers=openapi.answers(CaptchaMessage, "A captcha", status=201) | openapi.problems(429, 503),
    )
    async def make_captcha(request: Request) -> Response:
        """Its id holds the answer, sealed: nothing is stored until it is used."""
        context = context_of(request)
        captcha = await context.accounts.captchas.new(address=address_of(request), now=context.clock())
        image = base64.b64encode(captcha.image).decode()
        return JsonAnswer(CaptchaMessage(captcha.id, image, context.settings.captcha_seconds), 201)

    @router.get(
        "/captchas/{captcha_id}/audio",
        summary="Hear a captcha",
        operation_id=hear,
        answers=_SPOKEN | openapi.problems(404, 422, 429, 503),
    )
    async def hear_captcha(request: Request, captcha_id: CaptchaId) -> Response:
        """For who can't see the picture. Hearing doesn't use the captcha."""
        context = context_of(request)
        sound = await context.accounts.captchas.audio(
            captcha_id, address=address_of(request), now=context.clock()
        )
        return Response(sound, media_type="audio/wav", headers=NO_STORE)

    return router
