"""Shared parts of `open` and `finish`: checks whether a key may be used, and sealing of its secrets."""

from collections.abc import Iterable
from typing import Final

import msgspec

from mshield.server.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.server.certificates.errors import CertificateExpired, NoCertificate, NotBound, RenewalUnfinished
from mshield.server.certificates.rules import states
from mshield.server.certificates.rules.states import CertificateState, Hold
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound, Unauthenticated
from mshield.server.filing.errors import FilingChanged
from mshield.server.keys.keyring import Keyring, split_share
from mshield.server.signing.errors import Held, PinLocked, StaleEpoch, TaskClosed, UnlockClosed
from mshield.server.signing.rows import internal_tasks
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import CertificateRow, KeyRow, TaskRow
from mshield.wire import pin_tries
from mshield.wire.pin_tries import UNLOCK_CLOSED_AT

_UNCERTIFIED: Final = frozenset({"enrolling", "renewing"})
"""States of keys that sign without a valid certificate: their request, and the confirmation of a renewal."""
_ITEM: Final = 16 + 32 + 32
_SCALAR: Final = 32


class StoredItem(msgspec.Struct, frozen=True):
    """Part of one document of an open session that is stored unencrypted."""

    sid: bytes
    e: bytes
    c: bytes


async def find(
    db: Database, caller: Caller | UnspentCaller, uid: bytes, sids: list[bytes], *, now: int
) -> tuple[KeyRow, dict[bytes, TaskRow]]:
    """Returns the caller's own key, and by sid those of the given documents that belong to it.

    Spends the caller's proof. Raises: InvalidProof, Unauthenticated, NotFound (the key isn't this device's).
    """
    who, proof = caller_and_proof(caller)
    of_caller = await store.find(
        db, token_hash=who.token_hash, jkt=who.jkt, uid=uid, sids=sids, proof=proof, now=now
    )
    if not of_caller.valid:
        raise Unauthenticated
    if of_caller.key is None:
        raise NotFound
    return of_caller.key, of_caller.tasks


def require_open(tasks: dict[bytes, TaskRow], sids: list[bytes], *, now: int) -> None:
    """Raises TaskClosed unless all documents are distinct, belong to this key and are still open."""
    if len(tasks) != len(sids):  # belongs to another key, unknown, or listed twice
        raise TaskClosed
    if any(task.state != "waiting" or task.expires_at <= now for task in tasks.values()):
        raise TaskClosed
    if not all(task.message for task in tasks.values()):  # a PDF that isn't prepared for signing yet
        raise TaskClosed


def require_own_business(key: KeyRow, tasks: Iterable[TaskRow]) -> None:
    """Checks the conditions for signing a business system's documents: the filing (R22) and the binding (R8).

    The filing must be as certified, and another app's key must be bound. Checked again at PIN entry, up to a
    day after the scan. Documents of a renewal, which adopts a changed filing, are the service's own and
    aren't restricted. Raises: FilingChanged, NotBound.
    """
    requested = [task for task in tasks if task.asked]
    if requested and key.filing_changed:
        raise FilingChanged
    if any(task.unbound for task in requested):
        raise NotBound


async def require_one_pin(db: Database, key: KeyRow, purposes: Iterable[str], *, now: int) -> None:
    """Raises RenewalUnfinished if a `refresh` would change the PIN of only one of a renewal's two keys.

    Queries the database only for a PIN change.
    """
    if "refresh" in purposes and await internal_tasks.has_second_key(db, uid=key.uid, now=now):
        raise RenewalUnfinished


def require_usable(key: KeyRow, *, now: int) -> bytes:
    """Returns the public key P if the key may be used at all. Raises: Held (with the reasons).

    A renewal's new key may be used as long as the certificate it replaces may be used, since a lost phone has
    both keys. A PIN-locked certificate is accepted here: the check of the counters raises that error.
    """
    certificate = key.certificate
    if key.public_key is None:
        raise Held(reasons=["incomplete"])
    if certificate is None:
        if key.state not in _UNCERTIFIED or (key.expires_at is not None and key.expires_at <= now):
            raise Held(reasons=["incomplete"])
        if key.replaces is None:
            return key.public_key
        certificate = key.replaces.certificate
    require_certificate(certificate, now=now)
    return key.public_key


def require_certificate(certificate: CertificateRow, *, now: int) -> None:
    """Raises Held with the reasons unless the certificate may be used; a PIN-locked one is accepted."""
    state = CertificateState(certificate.state)
    try:
        states.require_usable(
            state=CertificateState.ACTIVE if state is CertificateState.PIN_LOCKED else state,
            holds=map(Hold, certificate.holds),
            not_after=certificate.not_after,
            now=now,
        )
    except NoCertificate:
        raise Held(reasons=[state.value]) from None
    except CertificateExpired:
        raise Held(reasons=["expired"]) from None
    if now < certificate.not_before:
        raise Held(reasons=["expired"])


def is_locked(key: KeyRow) -> bool:
    """Reports whether no attempt is left, which is permanent."""
    return tries_left(key) == 0


def require_try_left(key: KeyRow) -> None:
    """Raises PinLocked if no attempt is left, UnlockClosed if an unlock would use the one reserved for signing."""
    left = tries_left(key)
    if left == 0:
        raise PinLocked
    if key.unlocking and left <= UNLOCK_CLOSED_AT:
        raise UnlockClosed


def tries_left(key: KeyRow) -> int:
    """Returns the PIN attempts left; during a renewal the minimum of both keys, which share one PIN."""
    left = pin_tries.tries_left(key.failures, key.wrong_total)
    if key.replaces is None:
        return left
    return min(left, pin_tries.tries_left(key.replaces.failures, key.replaces.wrong_total))


def open_share(keyring: Keyring, key: KeyRow, *, epoch: int) -> tuple[int, bytes]:
    """Returns the server's share d2 and P1 of the active or pending epoch. Raises: StaleEpoch.

    P1 reveals nothing beyond d2.
    """
    box = {key.pending_epoch: key.pending_box, key.epoch: key.share_box}.get(epoch)
    if box is None:
        raise StaleEpoch
    return split_share(keyring.open_share(box, uid=key.uid, epoch=epoch))


def seal_share(keyring: Keyring, *, uid: bytes, epoch: int, d2: int, P1: bytes) -> bytes:
    """Seals a share for `open_share`."""
    return keyring.seal_share(d2.to_bytes(_SCALAR, "big") + P1, uid=uid, epoch=epoch)


def pack_items(items: list[StoredItem]) -> bytes:
    """Returns the stored form: sid (16), e (32) and c (32 bytes) of each item, concatenated."""
    return b"".join(item.sid + item.e + item.c for item in items)


def unpack_items(packed: bytes) -> list[StoredItem]:
    """Parses the output of `pack_items`."""
    return [
        StoredItem(packed[at : at + 16], packed[at + 16 : at + 48], packed[at + 48 : at + 80])
        for at in range(0, len(packed), _ITEM)
    ]


def seal_nonces(keyring: Keyring, nonces: list[int], *, context: bytes) -> bytes:
    """Seals all k2 of a session in one box; `context` is `transcript.nonce_box_context`."""
    plain = b"".join(k2.to_bytes(_SCALAR, "big") for k2 in nonces)
    return keyring.seal(plain, purpose="k2", context=context)


def open_nonces(keyring: Keyring, box: bytes, *, context: bytes) -> list[int]:
    """Opens a box made by `seal_nonces`."""
    plain = keyring.open(box, purpose="k2", context=context)
    return [int.from_bytes(plain[at : at + _SCALAR], "big") for at in range(0, len(plain), _SCALAR)]
