"""A captcha as pages at a desk get it, by whatever audience: its picture, and the same characters spoken."""

import base64
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.body import Wire
from mshield.web.caller import address_of
from mshield.web.context import context_of

NO_STORE: Final = {"Cache-Control": "no-store"}


class CaptchaMessage(Wire, frozen=True):
    """A captcha: PNG in base64; one use, within so many seconds."""

    captcha_id: str
    image_b64: str
    expires_in: int


MADE: Final = openapi.answers(CaptchaMessage, "A captcha", status=201) | openapi.problems(429, 503)
"""`answers` of the route that makes one."""

HEARD: Final = openapi.problems(404, 422, 429, 503) | {
    200: {"description": "The characters, spoken", "content": {"audio/wav": {}}}
}
"""`answers` of the route that speaks one."""


async def new_captcha(request: Request) -> Response:
    """Its id holds the answer, sealed: nothing is stored until it is used. Raises TooManyRequests."""
    context = context_of(request)
    made = await context.accounts.captchas.new(address=address_of(request), now=context.clock())
    image = base64.b64encode(made.image).decode()
    answer = CaptchaMessage(made.id, image, context.settings.captcha_seconds)
    return Response(msgspec.json.encode(answer), 201, NO_STORE, media_type="application/json")


async def spoken_captcha(request: Request, captcha_id: str) -> Response:
    """For who can't see the picture; hearing doesn't use the captcha. Raises NotFound, TooManyRequests."""
    context = context_of(request)
    sound = await context.accounts.captchas.audio(
        captcha_id, address=address_of(request), now=context.clock()
    )
    return Response(sound, media_type="audio/wav", headers=NO_STORE)
