"""Effects of signing the service's own documents: a renewal, a binding or a consent takes effect.

The effect happens in the transaction that records the signature, so that neither exists without the other.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mshield.server.certificates.rows import bindings, renewal_outcome
from mshield.server.database.interface import Row, Tx
from mshield.server.errors import DomainError
from mshield.server.identity.consents import CONSENT, Consents
from mshield.server.identity.rows.consents import ConsentRow
from mshield.server.signing.rows.outcome import SignatureRow
from mshield.server.signing.rows.rows import CertificateRow, KeyRow, TaskRow
from mshield.server.signing.rows.sessions import ConcurrentUpdate

_WITH_EFFECT: Final = frozenset({"confirm", "bind", CONSENT})


def have_effect(tasks: Iterable[TaskRow]) -> bool:
    """Reports whether signing any of these documents has an effect beyond the signature."""
    return any(task.purpose in _WITH_EFFECT for task in tasks)


async def confirm(
    tx: Tx, key: KeyRow, signatures: list[SignatureRow], *, now: int
) -> tuple[KeyRow, list[SignatureRow]]:
    """Puts renewals in force whose confirmation is among the documents, before the signatures are recorded.

    Returns the key with its now valid certificate, and the documents that may be signed. If the old
    certificate was put on hold, locked or ended meanwhile, or the new one has ended, the renewal must not
    come into force and its document is closed.
    """
    allowed = []
    for signature in signatures:
        try:
            renewal = await renewal_outcome.find_confirmable(tx, confirm_sid=signature.sid, now=now)
        except DomainError:
            continue
        allowed.append(signature)
        if renewal is not None:
            key = msgspec.structs.replace(key, certificate=await _put_in_force(tx, renewal, now=now))
    return key, allowed


async def _put_in_force(tx: Tx, renewal: Row, *, now: int) -> CertificateRow:
    """Puts one renewal in force. Raises: ConcurrentUpdate, for any refusal.

    Data have been written by then, so the whole transaction must be rolled back. The next attempt detects the
    change in `find_confirmable`, before it writes.
    """
    try:
        renewed = await renewal_outcome.put_in_force(tx, renewal, now=now)
    except DomainError as error:
        raise ConcurrentUpdate from error
    return CertificateRow(renewed.serial, "active", frozenset(), renewed.not_before, renewed.not_after)


async def bind(tx: Tx, signed: Mapping[bytes, Row], *, now: int) -> None:
    """Makes the bindings valid whose statements were signed."""
    for sid, row in signed.items():
        if row["purpose"] == "bind":
            await bindings.bind(tx, sid=sid, now=now)


async def consents_of(
    tx: Tx,
    consents: Consents,
    key: KeyRow,
    tasks: Mapping[bytes, TaskRow],
    signatures: list[SignatureRow],
    *,
    now: int,
) -> tuple[dict[bytes, ConsentRow], list[SignatureRow]]:
    """Returns the consents by sid, and the documents that may be signed.

    A consent that is no longer permitted is removed from both, so that its document is closed.
    """
    by_sid: dict[bytes, ConsentRow] = {}
    allowed = []
    for signature in signatures:
        if tasks[signature.sid].purpose == CONSENT:
            consent = await consents.find_unchanging(tx, signature.sid, key.uid, now=now)
            if consent is None:
                continue
            by_sid[signature.sid] = consent
        allowed.append(signature)
    return by_sid, allowed
