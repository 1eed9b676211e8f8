"""What follows from signing one of the service's own documents: a renewal, a binding, or a consent counts from then on.

It happens in the transaction that records the signature, so that neither is ever there without the other.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mshield.domain import errors
from mshield.services.identity.consents import CONSENT, Consents
from mshield.store.certificates import bindings, renewal_outcome
from mshield.store.database.interface import Row, Tx
from mshield.store.identity.consents import ConsentRow
from mshield.store.signing.outcome import SignatureRow
from mshield.store.signing.rows import CertificateRow, KeyRow, TaskRow
from mshield.store.signing.sessions import Overtaken

_WITH_EFFECT: Final = frozenset({"confirm", "bind", CONSENT})


def have_effect(tasks: Iterable[TaskRow]) -> bool:
    """Whether signing these documents does more than to leave signatures."""
    return any(task.purpose in _WITH_EFFECT for task in tasks)


async def confirm(
    tx: Tx, key: KeyRow, signatures: list[SignatureRow], *, now: int
) -> tuple[KeyRow, list[SignatureRow]]:
    """Puts renewals in force whose confirmation is among the documents, before these are recorded under it.

    Gives the key with the certificate that is in force for it now, and the documents that may be signed: where the old
    certificate was held, locked or ended meanwhile, or the new one has ended, the renewal must not come into force, and
    the document is closed.
    """
    allowed = []
    for signature in signatures:
        try:
            renewal = await renewal_outcome.find_confirmable(tx, confirm_sid=signature.sid, now=now)
        except errors.DomainError:
            continue
        allowed.append(signature)
        if renewal is not None:
            key = msgspec.structs.replace(key, certificate=await _put_in_force(tx, renewal, now=now))
    return key, allowed


async def _put_in_force(tx: Tx, renewal: Row, *, now: int) -> CertificateRow:
    """Raises Overtaken: a refusal from here on comes after something was written, so the whole must be undone.

    The next round meets the change in `find_confirmable`, before it writes.
    """
    try:
        renewed = await renewal_outcome.put_in_force(tx, renewal, now=now)
    except errors.DomainError as error:
        raise Overtaken from error
    return CertificateRow(renewed.serial, "active", frozenset(), renewed.not_before, renewed.not_after)


async def bind(tx: Tx, signed: Mapping[bytes, Row], *, now: int) -> None:
    """Makes the bindings count whose statements have been signed."""
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
    """What the documents consent to, by sid, and the documents that may be signed: one that may not be is closed."""
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
