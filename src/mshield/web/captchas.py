"""A captcha, by whatever audience: its work, and where a person must answer its picture and the same spoken."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.captcha.captchas import Shown
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.captcha.work import MAX_WORK
from mshield.web import openapi
from mshield.web.answers import NO_STORE, JsonAnswer
from mshield.web.body import Wire
from mshield.web.caller import address_of
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

CaptchaId = Annotated[str, msgspec.Meta(max_length=200, description="of a captcha that is still valid")]
SpentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Answer = Annotated[
    str, msgspec.Meta(min_length=1, max_length=16, description="in either case", examples=["A7KE"])
]
SolvedWork = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=MAX_WORK,
        description="the captcha's challenge and its solution, as ALTCHA writes them: JSON in base64. Without it: "
        "`work_missing`",
    ),
]
_USUAL: Final = "/captchas"
_SPOKEN: Final[openapi.Responses] = {
    200: {"description": "The characters, spoken", "content": {"audio/wav": {}}}
}


class WantedCaptcha(Query, frozen=True):
    """What kind of captcha is wanted."""

    picture: Annotated[
        bool, msgspec.Meta(description="with a picture also where none is needed yet, after `captcha_needed`")
    ] = False


class ParametersMessage(Wire, frozen=True, rename="camel"):
    """The work: find the counter whose key begins with `keyPrefix`. ALTCHA's names, version 2."""

    algorithm: str
    cost: int
    key_length: int
    key_prefix: str
    key_signature: str
    nonce: str
    salt: str
    data: dict[str, str]


class ChallengeMessage(Wire, frozen=True):
    """A challenge of ALTCHA, for its solvers; any client tries counters until one fits."""

    parameters: ParametersMessage
    signature: str


class CaptchaMessage(Wire, frozen=True):
    """A captcha: one use, right or wrong, for one thing."""

    captcha_id: str
    image_b64: Annotated[
        str | None, msgspec.Meta(description="PNG, base64; null where the work alone is asked for")
    ]
    challenge: ChallengeMessage
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[120])]


class _Carrying(Protocol):
    @property
    def captcha_id(self) -> str | None: ...
    @property
    def captcha(self) -> str | None: ...
    @property
    def work(self) -> str | None: ...


def shown_by(message: _Carrying) -> Shown:
    """What a message shows for its captcha."""
    return Shown(id=message.captcha_id, answer=message.captcha, work=message.work)


def captcha_routes(audience: str, deeds: Mapping[str, Deed], *, name: str = "") -> Router:
    """The routes of an audience's captchas, made at an address per deed; `name` is what their operation ids add."""
    router = Router(audience, security=())
    for path, deed in deeds.items():
        of_codes = "SmsCode" if path != _USUAL else ""
        _add_making(router, path, deed, operation_id=f"make{of_codes}{name}Captcha")

    @router.get(
        "/captchas/{captcha_id}/challenge",
        summary="Get a captcha's work once more",
        operation_id=f"get{name}CaptchaChallenge",
        answers=openapi.answers(ChallengeMessage, "The work") | openapi.problems(404, 422, 429, 503),
    )
    async def get_challenge(request: Request, captcha_id: CaptchaId) -> Response:
        """For a program that kept the id alone. It doesn't use the captcha."""
        context = context_of(request)
        challenge = await context.accounts.captchas.challenge(
            captcha_id, address=address_of(request), now=context.clock()
        )
        return JsonAnswer(_challenge(challenge))

    @router.get(
        "/captchas/{captcha_id}/audio",
        summary="Hear a captcha",
        operation_id=f"hear{name}Captcha",
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


def _add_making(router: Router, path: str, deed: Deed, *, operation_id: str) -> None:
    @router.post(
        path,
        summary="Get a captcha for an SMS code" if "SmsCode" in operation_id else "Get a captcha",
        operation_id=operation_id,
        answers=openapi.answers(CaptchaMessage, "A captcha", status=201) | openapi.problems(429, 503),
    )
    async def make_captcha(request: Request, query: WantedCaptcha) -> Response:
        """Its id holds the answer, sealed: nothing is stored until it is used. After failures it is harder."""
        context = context_of(request)
        captcha = await context.accounts.captchas.new(
            deed, address=address_of(request), pictured=query.picture, now=context.clock()
        )
        image = None if captcha.image is None else base64.b64encode(captcha.image).decode()
        challenge, life = _challenge(captcha.challenge), context.settings.captcha_seconds
        return JsonAnswer(CaptchaMessage(captcha.id, image, challenge, life), 201)


def _challenge(challenge: Mapping[str, Any]) -> ChallengeMessage:
    return msgspec.convert(challenge, ChallengeMessage)
