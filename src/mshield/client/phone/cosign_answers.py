"""The answers to `open` and `finish`, read strictly: in the order of the documents that were sent."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from mshield.client.errors import ProtocolError
from mshield.client.wire import read_strictly, unhex
from mshield.domain.certificates.pin_tries import MAX_FAILURES
from mshield.gm.sm2 import Signature


class _OpenedItem(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"nonce_point": "Q2", "proof_point": "A"}
):
    sid: str
    nonce_point: str
    proof_point: str
    z: str


class _Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: list[_OpenedItem]
    left: int
    next_epoch: int | None


class _FinishedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sid: str
    r: str | msgspec.UnsetType = msgspec.UNSET
    s: str | msgspec.UnsetType = msgspec.UNSET
    error: Literal["task_closed"] | msgspec.UnsetType = msgspec.UNSET


class _Finished(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: list[_FinishedItem]
    otp: str


class NonceAnswer(NamedTuple):
    """The server's nonce for one document: Q2 and A 65 bytes, z 32."""

    q2: bytes
    a: bytes
    z: bytes


class OpenAnswer(NamedTuple):
    """The answer to `open`, in the order of the request's documents."""

    nonces: tuple[NonceAnswer, ...]
    left: int
    next_epoch: int | None


class FinishAnswer(NamedTuple):
    """The answer to `finish`, in the order sent; None for a document that was closed meanwhile."""

    signatures: tuple[Signature | None, ...]
    otp: bytes


def read_open(body: bytes, sids: Sequence[bytes]) -> OpenAnswer:
    """Reads the answer to `open`; ProtocolError `malformed` for a wrong field or order of documents."""
    answer = read_strictly(body, _Opened)
    _same_order([item.sid for item in answer.items], sids)
    if not 0 < answer.left <= MAX_FAILURES:
        raise ProtocolError("malformed", "left is out of range")
    if answer.next_epoch is not None and not 0 < answer.next_epoch < 2**32:
        raise ProtocolError("malformed", "next_epoch is out of range")
    return OpenAnswer(
        tuple(
            NonceAnswer(unhex(item.nonce_point, 65), unhex(item.proof_point, 65), unhex(item.z, 32))
            for item in answer.items
        ),
        answer.left,
        answer.next_epoch,
    )


def read_finish(body: bytes, sids: Sequence[bytes]) -> FinishAnswer:
    """Reads the answer to `finish`; ProtocolError `malformed` likewise."""
    answer = read_strictly(body, _Finished)
    _same_order([item.sid for item in answer.items], sids)
    return FinishAnswer(tuple(map(_signature, answer.items)), unhex(answer.otp, 32))


def _signature(item: _FinishedItem) -> Signature | None:
    if item.error == "task_closed" and item.r is msgspec.UNSET and item.s is msgspec.UNSET:
        return None
    if isinstance(item.r, str) and isinstance(item.s, str) and item.error is msgspec.UNSET:
        return Signature(int.from_bytes(unhex(item.r, 32)), int.from_bytes(unhex(item.s, 32)))
    raise ProtocolError("malformed", "an item has neither a signature nor an error")


def _same_order(named: Sequence[str], sids: Sequence[bytes]) -> None:
    if list(named) != [sid.hex() for sid in sids]:
        raise ProtocolError("malformed", "the answer is not about the documents sent")
