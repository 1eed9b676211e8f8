"""What open and finish of a signing share: who may use a key, and how its secrets are sealed."""

from collections.abc import Iterable
from typing import Final

import msgspec

from mshield.domain import errors
from mshield.domain.certificates import pin_tries, states
from mshield.domain.certificates.pin_tries import UNLOCK_CLOSED_AT
from mshield.domain.certificates.states import CertificateState, Hold
from mshield.keys.keyring import Keyring, split_share
from mshield.services.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.store.database.interface import Database
from mshield.store.signing import internal_tasks
from mshield.store.signing import sessions as store
from mshield.store.signing.rows import CertificateRow, KeyRow, TaskRow

_UNCERTIFIED: Final = frozenset({"enrolling", "renewing"})
"""Keys that sign without a certificate in force: their request, and the confirmation of a renewal."""
_ITEM: Final = 16 + 32 + 32
_SCALAR: Final = 32


class StoredItem(msgspec.Struct, frozen=True):
    """One document of an open session, as far as it is stored in the clear."""

    sid: bytes
    e: bytes
    c: bytes


async def find(
    db: Database, caller: Caller | UnspentCaller, uid: bytes, sids: list[bytes], *, now: int
) -> tuple[KeyRow, dict[bytes, TaskRow]]:
    """The caller's own key, and those of the named documents that are this key's, by sid. Spends the caller's proof.

    Raises InvalidProof, Unauthenticated, or NotFound for a key that isn't this device's.
    """
    who, proof = caller_and_proof(caller)
    of_caller = await store.find(
        db, token_hash=who.token_hash, jkt=who.jkt, uid=uid, sids=sids, proof=proof, now=now
    )
    if not of_caller.valid:
        raise errors.Unauthenticated
    if of_caller.key is None:
        raise errors.NotFound
    return of_caller.key, of_caller.tasks


def require_open(tasks: dict[bytes, TaskRow], sids: list[bytes], *, now: int) -> None:
    """Raises TaskClosed unless the documents are all different, this key's, and still to be signed."""
    if len(tasks) != len(sids):  # another key's, unknown, or named twice
        raise errors.TaskClosed
    if any(task.state != "waiting" or task.expires_at <= now for task in tasks.values()):
        raise errors.TaskClosed
    if not all(task.message for task in tasks.values()):  # a PDF that isn't prepared for its signature
        raise errors.TaskClosed


def require_own_business(key: KeyRow, tasks: Iterable[TaskRow]) -> None:
    """What a business system asked for needs the filing as it was certified (R22), and another app's the binding (R8).

    Asked again at the PIN, up to a day after the scan. A renewal, which cures a changed filing, signs documents of its
    own.
    Raises FilingChanged, NotBound.
    """
    asked = [task for task in tasks if task.asked]
    if asked and key.filing_changed:
        raise errors.FilingChanged
    if any(task.unbound for task in asked):
        raise errors.NotBound


async def require_one_pin(db: Database, key: KeyRow, purposes: Iterable[str], *, now: int) -> None:
    """Raises RenewalUnfinished where a `refresh` would change the PIN of one of a renewal's two keys.

    Asked of the database for a PIN change only.
    """
    if "refresh" in purposes and await internal_tasks.has_second_key(db, uid=key.uid, now=now):
        raise errors.RenewalUnfinished


def require_usable(key: KeyRow, *, now: int) -> bytes:
    """The public key P if the key may be used at all. Raises Held with the reasons.

    A renewal's new key may be used as long as the certificate that it is to replace may: whoever has a phone that was
    reported lost has both keys. A PIN-locked certificate passes: the check of the counters names that error.
    """
    certificate = key.certificate
    if key.public_key is None:
        raise errors.Held(reasons=["incomplete"])
    if certificate is None:
        if key.state not in _UNCERTIFIED or (key.expires_at is not None and key.expires_at <= now):
            raise errors.Held(reasons=["incomplete"])
        if key.replaces is None:
            return key.public_key
        certificate = key.replaces.certificate
    require_certificate(certificate, now=now)
    return key.public_key


def require_certificate(certificate: CertificateRow, *, now: int) -> None:
    """Raises Held with the reasons unless it may be used; a PIN-locked one passes."""
    state = CertificateState(certificate.state)
    try:
        states.require_usable(
            state=CertificateState.ACTIVE if state is CertificateState.PIN_LOCKED else state,
            holds=map(Hold, certificate.holds),
            not_after=certificate.not_after,
            now=now,
        )
    except errors.NoCertificate:
        raise errors.Held(reasons=[state.value]) from None
    except errors.CertificateExpired:
        raise errors.Held(reasons=["expired"]) from None
    if now < certificate.not_before:
        raise errors.Held(reasons=["expired"])


def is_locked(key: KeyRow) -> bool:
    """Whether no attempt is left, for good."""
    return tries_left(key) == 0


def require_try_left(key: KeyRow) -> None:
    """Raises PinLocked; UnlockClosed where opening the app would take the last try: that one is for signing alone."""
    left = tries_left(key)
    if left == 0:
        raise errors.PinLocked
    if key.unlocking and left <= UNLOCK_CLOSED_AT:
        raise errors.UnlockClosed


def tries_left(key: KeyRow) -> int:
    """Attempts before the PIN locks, as the user is told; at both keys of a renewal, which stand under one PIN."""
    left = pin_tries.tries_left(key.failures, key.wrong_total)
    if key.replaces is None:
        return left
    return min(left, pin_tries.tries_left(key.replaces.failures, key.replaces.wrong_total))


def open_share(keyring: Keyring, key: KeyRow, *, epoch: int) -> tuple[int, bytes]:
    """The server's share d2 and P1 of the active or pending epoch (beside d2, P1 adds nothing). Raises StaleEpoch."""
    box = {key.pending_epoch: key.pending_box, key.epoch: key.share_box}.get(epoch)
    if box is None:
        raise errors.StaleEpoch
    return split_share(keyring.open_share(box, uid=key.uid, epoch=epoch))


def seal_share(keyring: Keyring, *, uid: bytes, epoch: int, d2: int, P1: bytes) -> bytes:
    """The box that `open_share` opens."""
    return keyring.seal_share(d2.to_bytes(_SCALAR, "big") + P1, uid=uid, epoch=epoch)


def pack_items(items: list[StoredItem]) -> bytes:
    """The stored form: sid, e, c of each, one after the other."""
    return b"".join(item.sid + item.e + item.c for item in items)


def unpack_items(packed: bytes) -> list[StoredItem]:
    """The inverse of `pack_items`."""
    return [
        StoredItem(packed[at : at + 16], packed[at + 16 : at + 48], packed[at + 48 : at + 80])
        for at in range(0, len(packed), _ITEM)
    ]


def seal_nonces(keyring: Keyring, nonces: list[int], *, context: bytes) -> bytes:
    """All k2 of a session in one box; `context` is `transcript.nonce_box_context`."""
    plain = b"".join(k2.to_bytes(_SCALAR, "big") for k2 in nonces)
    return keyring.seal(plain, purpose="k2", context=context)


def open_nonces(keyring: Keyring, box: bytes, *, context: bytes) -> list[int]:
    """The inverse of `seal_nonces`."""
    plain = keyring.open(box, purpose="k2", context=context)
    return [int.from_bytes(plain[at : at + _SCALAR], "big") for at in range(0, len(plain), _SCALAR)]
