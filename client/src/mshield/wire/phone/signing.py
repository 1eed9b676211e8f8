"""The co-signing protocol's messages."""

from typing import Annotated

import msgspec

from mshield.wire.messages import Epoch, Hex16, Hex32, Hex65, ProtocolWire
from mshield.wire.pin_tries import MAX_FAILURES


class NonceItem(ProtocolWire, frozen=True):
    """The server's nonce for a document, with the proof (A, z) that it knows the nonce's logarithm."""

    sid: Hex16
    Q2: Hex65
    A: Hex65
    z: Hex32


class OpenedMessage(ProtocolWire, frozen=True):
    """`open`, server to phone. `left` is the number of PIN tries left.

    `next_epoch` is null unless a refresh may be included.
    """

    items: tuple[NonceItem, ...]
    left: Annotated[int, msgspec.Meta(ge=0, le=MAX_FAILURES)]
    next_epoch: Epoch | None


class SignatureItem(ProtocolWire, frozen=True):
    """A signature (r, s), or `error` for a document that was closed meanwhile."""

    sid: Hex16
    r: Hex32 | msgspec.UnsetType = msgspec.UNSET
    s: Hex32 | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class FinishedMessage(ProtocolWire, frozen=True):
    """`finish`, server to phone, with the next one-time value."""

    items: tuple[SignatureItem, ...]
    otp: Hex32
