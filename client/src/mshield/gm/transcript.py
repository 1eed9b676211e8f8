"""Hash inputs of `MSHIELD/v1`: length prefixes, tagged hashes, contexts and internal messages.

Each part is prefixed with its length, so no two different lists of parts give the same bytes.
"""

# ruff: noqa: N802  names are those of the protocol

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, Protocol

from mshield.gm.curve import N
from mshield.gm.errors import Malformed
from mshield.gm.scalars import scalar_bytes
from mshield.gm.sm3 import sm3

PREFIX: Final = "MSHIELD/v1/"
_PREFIX_BYTES: Final = PREFIX.encode("ascii")
_EPOCH_LIMIT: Final = 1 << 32
_VALUE_LIMIT: Final = 1 << 256
_ZEROS: Final = b"\x00\x00\x00"
_TAG_OF_SHARES: Final = _PREFIX_BYTES + b"share"

InternalPurpose = Literal["refresh", "confirm", "unlock", "close", "device"]
"""Purposes of internal tasks. `unlock` opens the app and has no other effect."""


StoredTag = Literal["otp", "rn", "challenge"]


class Opening(Protocol):
    """Fields of one item in a `finish` body."""

    @property
    def sid(self) -> bytes:
        """16 bytes."""

    @property
    def Q1(self) -> bytes:
        """The phone's nonce point as received; it opens the commitment."""

    @property
    def rho(self) -> bytes:
        """32 bytes."""

    @property
    def s_prime(self) -> int:
        """Below 2^256, as received."""


def LV(part: bytes) -> bytes:
    """Returns the bytes after their length in 4 bytes, big-endian."""
    return len(part).to_bytes(4, "big") + part


def H(tag: str, *parts: bytes) -> bytes:
    """Returns `SM3(LV("MSHIELD/v1/" ‖ tag) ‖ LV(a) ‖ LV(b) ‖ …)`, 32 bytes."""
    return sm3(_tagged(tag) + _joined(parts))


def _joined(parts: Sequence[bytes]) -> bytes:
    """Joins `LV` of each part, inlined: a signature has some fifty parts, and a call for each is slow."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(4, "big"), part)])


@lru_cache(maxsize=64)
def _tagged(tag: str) -> bytes:
    return LV((PREFIX + tag).encode("ascii"))


def Hn(tag: str, *parts: bytes) -> int:
    """Returns `H(tag‖"/0", …) ‖ H(tag‖"/1", …)` as a 512-bit number, mod n."""
    joined = _joined(parts)
    return int.from_bytes(sm3(_tagged(f"{tag}/0") + joined) + sm3(_tagged(f"{tag}/1") + joined), "big") % N


def sized(name: str, value: bytes, length: int) -> bytes:
    """Returns `value` if it has that many bytes. Raises: Malformed."""
    if len(value) != length:
        raise Malformed(f"{name} is {length} bytes")
    return value


def epoch_bytes(epoch: int) -> bytes:
    """Encodes an epoch as 4 bytes, big-endian. Raises: Malformed outside [0, 2^32)."""
    if not 0 <= epoch < _EPOCH_LIMIT:
        raise Malformed("an epoch has 32 bits")
    return epoch.to_bytes(4, "big")


def enrolment_context(*, uid: bytes, sid: bytes) -> bytes:
    """Returns the context `ctx` of `enrol-pok`."""
    return LV(sized("uid", uid, 16)) + LV(sized("sid", sid, 16))


def nonce_context(*, uid: bytes, epoch: int, sid: bytes, e: bytes, c: bytes) -> bytes:
    """Returns the context `ctx` of `nonce-pok`."""
    parts = (
        sized("sid", sid, 16),
        sized("uid", uid, 16),
        epoch_bytes(epoch),
        sized("c", c, 32),
        sized("e", e, 32),
    )
    return _joined(parts)


def commitment(*, uid: bytes, epoch: int, sid: bytes, e: bytes, Q1: bytes, rho: bytes) -> bytes:
    """Returns the commitment `c = H("commit", sid, uid, epoch, e, Q1, rho)`."""
    return H(
        "commit",
        sized("sid", sid, 16),
        sized("uid", uid, 16),
        epoch_bytes(epoch),
        sized("e", e, 32),
        sized("Q1", Q1, 65),
        sized("rho", rho, 32),
    )


def share_box_data(*, uid: bytes, epoch: int, master_key_id: bytes) -> bytes:
    """Returns the associated data of the box that seals the server's share of key `uid` in `epoch`."""
    return _TAG_OF_SHARES + LV(sized("uid", uid, 16)) + LV(epoch_bytes(epoch)) + LV(master_key_id)


def nonce_box_context(*, uid: bytes, epoch: int, P1: bytes, items: bytes) -> bytes:
    """Returns the context that a session's sealed `k2` are bound to: the share that will use them and the items.

    `P1` identifies the share. If the context had only the epoch's number, somebody who can write to the
    database could set the key's row back and use one k2 with two shares; without the items, with two
    documents. Either reveals the key.
    """
    return sized("uid", uid, 16) + epoch_bytes(epoch) + sized("P1", P1, 65) + items


def stored_hash(tag: StoredTag, value: bytes) -> bytes:
    """Returns the hash that the server stores of a 32-byte value that only the phone holds."""
    return H(tag, sized(tag, value, 32))


def finish_hash(*, uid: bytes, items: Sequence[Opening], tau: int | None) -> bytes:
    """Returns `fb`, the hash that identifies a `finish` body; an absent `tau` is an empty part. Raises: Malformed."""
    parts = [sized("uid", uid, 16)]
    for item in items:
        if not 0 <= item.s_prime < _VALUE_LIMIT:
            raise Malformed("s_prime has 256 bits")
        parts += (
            sized("sid", item.sid, 16),
            sized("Q1", item.Q1, 65),
            sized("rho", item.rho, 32),
            item.s_prime.to_bytes(32, "big"),
        )
    parts.append(b"" if tau is None else scalar_bytes(tau))
    return H("finish", *parts)


def internal_message(purpose: InternalPurpose, *, uid: bytes, sid: bytes) -> bytes:
    """Returns `M` of an internal task."""
    return LV(_PREFIX_BYTES + purpose.encode("ascii")) + enrolment_context(uid=uid, sid=sid)


def renewal_message(*, uid: bytes, sid: bytes, P: bytes) -> bytes:
    """Returns the message `M` by which the key `uid` agrees to be replaced by the key `P`."""
    return LV(_PREFIX_BYTES + b"renew") + enrolment_context(uid=uid, sid=sid) + LV(sized("P", P, 65))


def is_internal_message(message: bytes) -> bool:
    """Reports whether `M` begins as internal messages do (`00 00 00 xx "MSHIELD/v1/"`); business messages may not."""
    return message[:3] == _ZEROS and message[4:].startswith(_PREFIX_BYTES)


def unlock_sid(challenge: bytes, *, account: str, device: str, shield_number: str, origin: str) -> bytes:
    """Returns the sid of an `unlock` task, 16 bytes; it commits to what the unlock is for, and `M` contains it.

    `challenge` is 32 random bytes of the service, `device` the RFC 7638 thumbprint of the device's key.
    """
    parts = (part.encode() for part in (account, device, shield_number, origin))
    return H("unlock-sid", sized("challenge", challenge, 32), *parts)[:16]
