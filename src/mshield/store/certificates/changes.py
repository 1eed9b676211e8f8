"""The one way in which an issued certificate's state or holds change: by the domain's table, guarded, with its event.

Each change leaves a row that says who did what, why, when, and how the certificate stood afterwards (R14); the
notifications and the log are made from those rows.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates import states as rules
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Standing
from mshield.domain.ids import new_id
from mshield.store.certificates import bindings
from mshield.store.database.interface import Database, Tx, Undone
from mshield.store.database.queries import Queries

_SQL: Final = Queries("certificates", "changes")
_ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED})
_RACES: Final = 8


@dataclass(frozen=True, slots=True)
class EventRow:
    """One change of a certificate; `state` and `holds` are as they stood after it, `at` is ms."""

    id: str
    serial: str
    event: str
    actor: str
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
    """The certificate's standing after the event; `revocation_reason` is an RFC 5280 code, for revocation only.

    Raises NotFound for an unknown serial, what the table's checks raise (Forbidden for one who may not cause the event;
    Conflict, Held), and Busy where others change it all the time: then nothing was changed.
    """
    rules.require_actor(event, by.kind)
    for _ in range(_RACES):
        row = await tx.one(_SQL["standing"], serial=serial)
        if row is None:
            raise errors.NotFound
        before = Standing(CertificateState(row["state"]), rules.parse_holds(row["holds"]))
        standing = rules.after(before, event)
        moved = await tx.run(
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
        if moved == 1:
            if _is_listed(before) or _is_listed(standing):
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
    raise errors.Busy


def _is_listed(standing: Standing) -> bool:
    return standing.state in _ENDED or bool(standing.holds)


async def note_listed(tx: Tx, *, serial: str) -> None:
    """The next revocation list looks at this certificate."""
    await tx.run(_SQL["note_listed"], serial=serial)


async def events_since(db: Database, *, since: str) -> list[tuple[str, int]]:
    """Serial and time (ms) of what may have changed a revocation list, from the event with this id on."""
    return [(row["serial"], row["at"]) for row in await db.all(_SQL["events_since"], since=since)]


async def activate(db: Database, *, serial: str, uid: bytes, der: bytes, now: int) -> bool:
    """Stores a key's first certificate, signed: issued → active, in force for the key, whose enrolment ends with it.

    False when it was stored before, or ended meanwhile. Certificate, key and event are one commit: a crash before it
    leaves the reservation as it was, and no certificate is in force without its key and its event.
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


async def keep_signed(db: Database, *, serial: str, der: bytes, now: int) -> bool:
    """Stores a signed certificate that isn't in force yet. False when it was stored before, or ended meanwhile."""

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
    """`change` by the service, of the certificate in force for a key.

    False where the key has none, or where the table has no such step: it has been taken before. Raises Busy.
    """
    row = await tx.one(_SQL["serial_in_force"], uid=uid)
    if row is None:
        return False
    try:
        await change(tx, serial=row["serial"], event=event, by=SERVICE, reason=reason, now=now)
    except errors.Conflict:
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
    """Writes the event's row alone, for a change that was made in the same transaction."""
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
    """All changes of a certificate, the oldest first."""
    return [EventRow(**row) for row in await db.all(_SQL["history"], serial=serial)]
