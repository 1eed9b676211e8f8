"""Captchas of every audience: a proof of work and, where required, an image."""

from typing import Annotated

import msgspec

from mshield.wire.messages import AnswerMessage


class ParametersMessage(AnswerMessage, frozen=True, rename="camel"):
    """Parameters of the proof of work: find the counter whose key begins with `keyPrefix`.

    ALTCHA's names, version 2.
    """

    algorithm: str
    cost: int
    key_length: int
    key_prefix: str
    key_signature: str
    nonce: str
    salt: str
    data: dict[str, str]


class ChallengeMessage(AnswerMessage, frozen=True):
    """A challenge for ALTCHA's solvers; any client can try counters until one fits."""

    parameters: ParametersMessage
    signature: str


class CaptchaMessage(AnswerMessage, frozen=True):
    """A captcha: it can be used once, right or wrong, for one purpose."""

    captcha_id: str
    image_b64: Annotated[
        str | None, msgspec.Meta(description="PNG in base64; null if only the proof of work is required")
    ]
    challenge: ChallengeMessage
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[120])]
