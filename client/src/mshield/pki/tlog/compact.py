"""Compact form of a log's prefix: the roots of its perfect subtrees, from which a checker continues.

A checker that extends it by all later entries and reaches the root of a later checkpoint knows that the later
log begins with the earlier one, and has seen every entry in between.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES, Range, fold, node_hash, subtrees
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint

_FORMAT = "mshield-log-state/v1"


@dataclass(frozen=True, slots=True)
class Compact:
    """The first `size` entries; `hashes` are the roots of `subtrees(Range(0, size))`, left to right."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or [len(one) for one in self.hashes] != [HASH_BYTES] * len(
            subtrees(Range(0, self.size))
        ):
            raise LogFormError("not the subtrees of a log of this size")

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return fold(self.hashes)

    def extend(self, leaves: Iterable[bytes]) -> "Compact":
        """Returns the form extended by the hashes of the following leaves."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            hashes.append(leaf)
            ending = size
            while ending & 1:
                right = hashes.pop()
                hashes[-1] = node_hash(hashes[-1], right)
                ending >>= 1
            size += 1
        return Compact(size, tuple(hashes))


class _StoredState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    key: str
    checkpoint: str | None
    size: int
    hashes: list[str]


msgspec.json.Decoder(_StoredState)


@dataclass(frozen=True, slots=True)
class Followed:
    """Progress of checking a log: up to the trusted checkpoint `note` (None before the first), and `seen` since.

    `seen` is longer than the checkpoint's log only if a check was interrupted.
    """

    key: VerifierKey
    note: str | None = None
    seen: Compact = Compact()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The trusted checkpoint, or None. Raises: LogFormError, LogSignatureError."""
        return None if self.note is None else open_checkpoint(self.note, self.key)

    def encode(self) -> bytes:
        """Encodes it as JSON, for a file that only the checker writes."""
        hashes = [base64.b64encode(one).decode() for one in self.seen.hashes]
        state = _StoredState(
            format=_FORMAT, key=str(self.key), checkpoint=self.note, size=self.seen.size, hashes=hashes
        )
        return msgspec.json.format(msgspec.json.encode(state)) + b"\n"


def parse_followed(data: bytes, key: VerifierKey) -> Followed:
    """Parses a state file. Raises: LogFormError (also for another log's state), LogSignatureError."""
    try:
        state = msgspec.json.decode(data, type=_StoredState)
        hashes = tuple(base64.b64decode(one, validate=True) for one in state.hashes)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise LogFormError("not the state of a log's check") from error
    if state.format != _FORMAT or state.key != str(key):
        raise LogFormError("the state belongs to another log, or is malformed")
    followed = Followed(key, state.checkpoint, Compact(state.size, hashes))
    trusted = followed.checkpoint
    if trusted is not None and (
        trusted.size > state.size or (trusted.size == state.size and trusted.root != followed.seen.root)
    ):
        raise LogFormError("the state doesn't match its checkpoint")
    return followed
