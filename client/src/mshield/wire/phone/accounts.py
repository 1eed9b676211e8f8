"""Accounts on the phone: SMS code, registration, login. Lengths of time in seconds."""

from typing import Annotated, Literal

import msgspec

from mshield.wire.messages import AnswerMessage, Hex16, Hex32
from mshield.wire.pin_tries import MAX_FAILURES

IdTypeName = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id"]


class SmsCodeOut(AnswerMessage, frozen=True):
    """An SMS code was sent; both times are in seconds."""

    expires_in: Annotated[int, msgspec.Meta(examples=[300])]
    resend_in: Annotated[int, msgspec.Meta(examples=[60])]


class AccountBody(AnswerMessage, frozen=True):
    """Account, as shown to its owner."""

    name: str
    phone_masked: Annotated[str, msgspec.Meta(examples=["138****6027"])]
    id_type: IdTypeName


class SessionOut(AnswerMessage, frozen=True):
    """Login whose token works only with proofs of the same key.

    `shield_number` is the device's, once it has applied.
    """

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[43200])]
    account: AccountBody
    shield_number: Annotated[str, msgspec.Meta(examples=["MS10720468813"])] | None


class AccountOut(AnswerMessage, frozen=True):
    """Name of the new account (its phone number). `session` is null without a proof, or on another account's phone."""

    account: Annotated[str, msgspec.Meta(examples=["13800006027"])]
    session: SessionOut | None


class UnlockOut(AnswerMessage, frozen=True):
    """Data to sign for unlocking the app: `M` of purpose `unlock` for key `uid` and task `sid` (protocol, "Tasks").

    The token is valid for `open` and `finish` of this task and then for the login; it is not a login itself.
    `sid` is derived from `challenge`, `account`, the device's key, the shield number and the service's origin
    (protocol, "Unlock"). `left` is the total number of PIN tries left.
    """

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[300])]
    uid: Hex16
    sid: Hex16
    challenge: Hex32
    account: Annotated[str, msgspec.Meta(description="the account's ID")]
    left: Annotated[int, msgspec.Meta(ge=0, le=MAX_FAILURES)]


class UnlockForLoginOut(UnlockOut, frozen=True):
    """Like `UnlockOut`, for an unlock together with a claimed login at a PC; `login_sid` is the task of the login."""

    login_sid: Hex16
