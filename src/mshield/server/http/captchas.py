"""Captchas for every audience: proof of work and, where required, an image or its spoken form."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.captcha_work import MAX_WORK
from mshield.server.accounts.captchas import ShownCaptcha
from mshield.server.http import openapi
from mshield.server.http.answers import NO_STORE, JsonAnswer
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.wire.captchas import CaptchaMessage, ChallengeMessage

CaptchaId = Annotated[str, msgspec.Meta(max_length=200, description="of a captcha that is still valid")]
SpentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Answer = Annotated[
    str, msgspec.Meta(min_length=1, max_length=16, description="in upper or lower case", examples=["A7KE"])
]
SolvedWork = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=MAX_WORK,
        description=(
            "the captcha's challenge and its solution in ALTCHA's format: JSON in base64. "
            "If it is missing: `work_missing`"
        ),
    ),
]
_USUAL: Final = "/captchas"
_SPOKEN: Final[openapi.Responses] = {
    200: {"description": "The characters, spoken", "content": {"audio/wav": {}}}
}


class WantedCaptcha(Query, frozen=True):
    """The kind of captcha wanted."""

    picture: Annotated[
        bool, msgspec.Meta(description="with an image even if none is required yet, after `captcha_needed`")
    ] = False


class _Carrying(Protocol):
    @property
    def captcha_id(self) -> str | None: ...
    @property
    def captcha(self) -> str | None: ...
    @property
    def work(self) -> str | None: ...


def shown_by(message: _Carrying) -> ShownCaptcha:
    """Returns the answer to a captcha that a message contains."""
    return ShownCaptcha(id=message.captcha_id, answer=message.captcha, work=message.work)


def captcha_routes(audience: str, deeds: Mapping[str, CaptchaPurpose], *, name: str = "") -> Router:
    """Returns the captcha routes of an audience, with one address per deed.

    `name` becomes part of their operation ids.
    """
    router = Router(audience, security=())
    for path, deed in deeds.items():
        of_codes = "SmsCode" if path != _USUAL else ""
        _add_making(router, path, deed, operation_id=f"make{of_codes}{name}Captcha")

    @router.get(
        "/captchas/{captcha_id}/challenge",
        summary="Get a captcha's challenge again",
        operation_id=f"get{name}CaptchaChallenge",
        answers=openapi.answers(ChallengeMessage, "The challenge") | openapi.problems(404, 422, 429, 503),
    )
    async def get_challenge(request: Request, captcha_id: CaptchaId) -> Response:
        """Returns the proof of work again, for a client that stored only the ID. This doesn't use the captcha up."""
        context = context_of(request)
        challenge = await context.accounts.captchas.challenge(
            captcha_id, address=address_of(request), now=context.clock()
        )
        return JsonAnswer(_challenge(challenge))

    @router.get(
        "/captchas/{captcha_id}/audio",
        summary="Get a captcha's audio",
        operation_id=f"hear{name}Captcha",
        answers=_SPOKEN | openapi.problems(404, 422, 429, 503),
    )
    async def hear_captcha(request: Request, captcha_id: CaptchaId) -> Response:
        """Returns the characters spoken, for people who can't see the image. This doesn't use the captcha up."""
        context = context_of(request)
        sound = await context.accounts.captchas.audio(
            captcha_id, address=address_of(request), now=context.clock()
        )
        return Response(sound, media_type="audio/wav", headers=NO_STORE)

    return router


def _add_making(router: Router, path: str, deed: CaptchaPurpose, *, operation_id: str) -> None:
    @router.post(
        path,
        summary="Get a captcha for an SMS code" if "SmsCode" in operation_id else "Get a captcha",
        operation_id=operation_id,
        answers=openapi.answers(CaptchaMessage, "A captcha", status=201) | openapi.problems(429, 503),
    )
    async def make_captcha(request: Request, query: WantedCaptcha) -> Response:
        """Creates a captcha. Its ID contains the sealed answer, so nothing is stored until it is used.

        After failures captchas are harder.
        """
        context = context_of(request)
        captcha = await context.accounts.captchas.new(
            deed, address=address_of(request), pictured=query.picture, now=context.clock()
        )
        image = None if captcha.image is None else base64.b64encode(captcha.image).decode()
        challenge, life = _challenge(captcha.challenge), context.settings.accounts.captcha_seconds
        return JsonAnswer(CaptchaMessage(captcha.id, image, challenge, life), 201)


def _challenge(challenge: Mapping[str, Any]) -> ChallengeMessage:
    return msgspec.convert(challenge, ChallengeMessage)
