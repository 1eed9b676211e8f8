"""Strict parsers of the responses to `open` and `finish`, whose items must be in the order of the sent documents."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from mshield.client.errors import ProtocolError
from mshield.client.forms import read_strictly, unhex
from mshield.gm.sm2 import Signature
from mshield.wire.phone.signing import FinishedMessage, OpenedMessage, SignatureItem
from mshield.wire.pin_tries import MAX_FAILURES


class NonceAnswer(NamedTuple):
    """The server's nonce for one document: Q2 and A have 65 bytes, z has 32."""

    q2: bytes
    a: bytes
    z: bytes


class OpenAnswer(NamedTuple):
    """Response to `open`, in the order of the request's documents."""

    nonces: tuple[NonceAnswer, ...]
    left: int
    next_epoch: int | None


class FinishAnswer(NamedTuple):
    """Response to `finish`, in the order sent; None for a document that was closed meanwhile."""

    signatures: tuple[Signature | None, ...]
    otp: bytes


def read_open(body: bytes, sids: Sequence[bytes]) -> OpenAnswer:
    """Parses the response to `open`. Raises: ProtocolError (`malformed`: a wrong field, or another order)."""
    answer = read_strictly(body, OpenedMessage)
    _same_order([item.sid for item in answer.items], sids)
    if not 0 < answer.left <= MAX_FAILURES:
        raise ProtocolError("malformed", "left is out of range")
    if answer.next_epoch is not None and not 0 < answer.next_epoch < 2**32:
        raise ProtocolError("malformed", "next_epoch is out of range")
    return OpenAnswer(
        tuple(NonceAnswer(unhex(item.Q2, 65), unhex(item.A, 65), unhex(item.z, 32)) for item in answer.items),
        answer.left,
        answer.next_epoch,
    )


def read_finish(body: bytes, sids: Sequence[bytes]) -> FinishAnswer:
    """Parses the response to `finish`. Raises: ProtocolError (`malformed`: a wrong field, or another order)."""
    answer = read_strictly(body, FinishedMessage)
    _same_order([item.sid for item in answer.items], sids)
    return FinishAnswer(tuple(map(_signature, answer.items)), unhex(answer.otp, 32))


def _signature(item: SignatureItem) -> Signature | None:
    if item.error == "task_closed" and item.r is msgspec.UNSET and item.s is msgspec.UNSET:
        return None
    if isinstance(item.r, str) and isinstance(item.s, str) and item.error is msgspec.UNSET:
        return Signature(int.from_bytes(unhex(item.r, 32)), int.from_bytes(unhex(item.s, 32)))
    raise ProtocolError("malformed", "an item has neither a signature nor an error")


def _same_order(named: Sequence[str], sids: Sequence[bytes]) -> None:
    if list(named) != [sid.hex() for sid in sids]:
        raise ProtocolError("malformed", "the answer is not about the documents sent")
