"""Changes of an issued certificate's state and holds: checked by the table in `rules.states`, guarded, recorded.

They are made only here. Each change inserts a row with actor, event, reason, time and the resulting standing
(R14); notifications and the log are made from those rows.
"""

from dataclasses import dataclass
from typing import Final

from mshield.pki.certificates.certificate import parse_certificate
from mshield.server.acts.actor import SERVICE, Actor, By
from mshield.server.authorities.rows import submissions
from mshield.server.authorities.rules.submissions import is_handle
from mshield.server.certificates.rows import bindings
from mshield.server.certificates.rules import states as rules
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Standing
from mshield.server.database.interface import Database, Tx, Undone
from mshield.server.database.queries import Queries
from mshield.server.errors import Conflict, NotFound
from mshield.server.seals.sealing import changing
from mshield.server.seals.tables import CERTIFICATES
from mshield.server.signing.errors import Busy
from mshield.wire.ids import new_id

_SQL: Final = Queries("certificates", "changes")
_ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED})
_RACES: Final = 8


@dataclass(frozen=True, slots=True)
class EventRow:
    """Change of a certificate; `state` and `holds` are those after it, `at` is ms."""

    id: str
    serial: str
    event: str
    actor: Actor
    actor_id: str | None
    reason: str
    state: str
    holds: str
    at: int


async def change(
    tx: Tx,
    *,
    serial: str,
    event: CertificateEvent,
    by: By,
    reason: str,
    now: int,
    revocation_reason: int | None = None,
) -> Standing:
    """Applies an event to a certificate and returns the resulting standing.

    `revocation_reason` is an RFC 5280 code, for revocation only. Raises: NotFound (unknown serial),
    Forbidden, Conflict, Held (by the table in `rules.states`), Busy (concurrent changes; nothing was
    changed).
    """
    rules.require_actor(event, by.kind)
    for _ in range(_RACES):
        row = await tx.one(_SQL["standing"], serial=serial)
        if row is None:
            raise NotFound
        before = Standing(CertificateState(row["state"]), rules.parse_holds(row["holds"]))
        standing = rules.after(before, event)
        updated = await tx.run(
            _SQL["move"],
            serial=serial,
            old_state=row["state"],
            old_holds=row["holds"],
            state=standing.state.value,
            holds=rules.format_holds(standing.holds),
            is_held=bool(standing.holds),
            ends=standing.state in _ENDED,
            revocation_reason=revocation_reason,
            now=now,
        )
        if updated == 1:
            if is_handle(serial):
                if standing.state in _ENDED:
                    await submissions.end_here(tx, handle=serial, now=now)
            elif _is_listed(before) or _is_listed(standing):
                await note_listed(tx, serial=serial)
            await record(
                tx,
                serial=serial,
                event=event,
                by=by,
                reason=reason,
                standing=standing,
                revocation_reason=revocation_reason if standing.state in _ENDED else None,
                now=now,
            )
            if standing.state is CertificateState.REVOKED:
                await bindings.end_all(tx, serial=serial, now=now)
            return standing
    raise Busy


def _is_listed(standing: Standing) -> bool:
    return standing.state in _ENDED or bool(standing.holds)


async def note_listed(tx: Tx, *, serial: str) -> None:
    """Notes the certificate for the next revocation list."""
    await tx.run(_SQL["note_listed"], serial=serial)


async def activate(db: Database, *, serial: str, uid: bytes, der: bytes, now: int) -> bool:
    """Stores a key's first certificate, signed: issued → active, in force for the key, whose enrolment ends with it.

    False if it was stored before or has ended meanwhile. Certificate, key and event are one commit: a crash
    before it leaves the reservation unchanged, and no certificate is in force without its key and its event.
    """

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["activate"], serial=serial, der=der, now=now) != 1:
            return False
        if await tx.run(_SQL["certify_key"], uid=uid, serial=serial) != 1:
            raise Undone
        await _record_own(tx, serial, CertificateEvent.ACTIVATE, now=now)
        return True

    try:
        if db.dialect == "sqlite":
            return await db.write(work)
        rows = await db.write_together(
            _SQL["certify"],
            by=serial,
            id=new_id(now),
            serial=serial,
            der=der,
            event=CertificateEvent.ACTIVATE.value,
            actor=SERVICE.kind,
            now=now,
        )
    except Undone:
        return False
    return bool(rows)


def validity_of(der: bytes) -> tuple[int, int]:
    """Returns the validity in the certificate, in ms."""
    certificate = parse_certificate(der)
    return certificate.not_before, certificate.not_after


async def activate_outside(tx: Tx, *, serial: str, der: bytes, validity: tuple[int, int], now: int) -> bool:
    """Like `activate` for an outside CA's certificate, whose validity replaces the reserved one.

    Part of it may be written if it returns False, so the caller must not commit then.
    """
    row = await tx.one(_SQL["uid_of"], serial=serial)
    if row is None or await tx.run(_SQL["activate"], serial=serial, der=der, now=now) != 1:
        return False
    if await tx.run(_SQL["certify_key"], uid=row["uid"], serial=serial) != 1:
        return False
    await _set_validity(tx, serial, validity)
    await _record_own(tx, serial, CertificateEvent.ACTIVATE, now=now)
    return True


async def keep_outside(tx: Tx, *, serial: str, der: bytes, validity: tuple[int, int], now: int) -> bool:
    """Like `keep_signed` for an outside CA's certificate, whose validity replaces the reserved one."""
    if await tx.run(_SQL["keep_signed"], serial=serial, der=der, now=now) != 1:
        return False
    await _set_validity(tx, serial, validity)
    await _record_own(tx, serial, CertificateEvent.PREPARE, now=now)
    return True


async def _set_validity(tx: Tx, serial: str, validity: tuple[int, int]) -> None:
    async with changing(tx, CERTIFICATES, serial):
        await tx.run(_SQL["set_validity"], serial=serial, not_before=validity[0], not_after=validity[1])


async def keep_signed(db: Database, *, serial: str, der: bytes, now: int) -> bool:
    """Stores a signed certificate that isn't in force yet; False if it was stored before or has ended meanwhile."""

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["keep_signed"], serial=serial, der=der, now=now) != 1:
            return False
        await _record_own(tx, serial, CertificateEvent.PREPARE, now=now)
        return True

    return await db.write(work)


async def _record_own(tx: Tx, serial: str, event: CertificateEvent, *, now: int) -> None:
    rules.require_actor(event, SERVICE.kind)
    standing = rules.after(Standing(CertificateState.ISSUED), event)
    await record(tx, serial=serial, event=event, by=SERVICE, reason="", standing=standing, now=now)


async def change_in_force(tx: Tx, *, uid: bytes, event: CertificateEvent, reason: str, now: int) -> bool:
    """Applies an event by the service to the certificate in force for a key.

    False if the key has none, or if the table doesn't permit the event (it was applied before). Raises: Busy.
    """
    row = await tx.one(_SQL["serial_in_force"], uid=uid)
    if row is None:
        return False
    try:
        await change(tx, serial=row["serial"], event=event, by=SERVICE, reason=reason, now=now)
    except Conflict:
        return False
    return True


async def record(
    tx: Tx,
    *,
    serial: str,
    event: CertificateEvent,
    by: By,
    reason: str,
    standing: Standing,
    now: int,
    revocation_reason: int | None = None,
) -> None:
    """Inserts only the event's row, for a change made in the same transaction."""
    await tx.run(
        _SQL["insert_event"],
        id=new_id(now),
        serial=serial,
        event=event.value,
        actor=by.kind,
        actor_id=by.id,
        reason=reason,
        state=standing.state.value,
        holds=rules.format_holds(standing.holds),
        revocation_reason=revocation_reason,
        now=now,
    )


async def history(db: Database | Tx, *, serial: str) -> list[EventRow]:
    """Returns all changes of a certificate, oldest first."""
    return [EventRow(**row) for row in await db.all(_SQL["history"], serial=serial)]
