"""Devices of the account."""

from typing import Literal

from mshield.wire.messages import AnswerMessage


class PlaceMessage(AnswerMessage, frozen=True):
    """Estimated location of the network by the operator's table, in Chinese and English."""

    zh: str
    en: str


class DeviceMessage(AnswerMessage, frozen=True):
    """A device's shield and its state. `used_at` is its last login or signature; times in ms.

    `name` was chosen by its owner; `browser`, `model` and `address` are those of its last login in the app;
    `place` is the location of that address, if the service has a table of places.
    """

    shield_number: str
    state: str
    holds: tuple[str, ...]
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None
    is_this_device: bool
    name: str | None
    browser: str | None
    model: str | None
    place: PlaceMessage | None
    address: str | None
    logged_in_at: int | None


class DevicesMessage(AnswerMessage, frozen=True):
    """The account's devices: this phone, then the others, newest first.

    `by` is the proof that disowning another device requires: the PIN if this phone's shield can sign, else an
    SMS code.
    """

    items: tuple[DeviceMessage, ...]
    by: Literal["pin", "sms_code"]
