"""Bindings of certificates to accounts (绑定证书, R8): requested, co-signed under the PIN, and ended by revocation.

A binding follows the certificate in force: a renewal carries it over, a new application needs a new one.
"""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import SYSTEMS, TASKS
from mshield.wire.phone.shield import BindingMessage

_SQL: Final = Queries("certificates", "bindings")
_SYSTEM: Final = SYSTEMS.joined("s_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBinding:
    """Binding that the phone is about to sign; `message` is the statement. Times in ms."""

    sid: bytes
    uid: bytes
    account_id: str
    device_id: str
    shield_number: str
    serial: str
    client_id: str | None
    message: bytes
    title: str
    display: str
    expires_at: int


async def ask(db: Database, new: NewBinding, *, now: int) -> None:
    """Stores the statement to sign."""

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["insert_task"], **asdict(new), now=now)
        await seal_new(tx, TASKS, new.sid)
        await tx.run(_SQL["insert"], **asdict(new), now=now)

    await db.write(work)


async def bind(tx: Tx, *, sid: bytes, now: int) -> None:
    """Puts a signed binding in force, in place of an earlier one of the same certificate for the same systems."""
    await tx.run(_SQL["end_replaced"], sid=sid, now=now)
    await tx.run(_SQL["bind"], sid=sid, now=now)


async def in_force(db: Database | Tx, *, device_id: str, account_id: str) -> tuple[BindingMessage, ...]:
    """Returns the bindings of the device's certificate in force, oldest first. Raises: SealBroken (a system)."""
    rows = await db.all(_SQL["in_force"], device_id=device_id, account_id=account_id)
    for row in rows:
        _SYSTEM.check_joined(db.sealer, row)
    return tuple(
        BindingMessage(
            sid=row["sid"].hex(),
            serial=row["serial"],
            client_id=row["client_id"],
            system_name=row["s_name"],
            bound_at=row["bound_at"],
        )
        for row in rows
    )


async def is_bound(db: Database | Tx, *, uid: bytes, client_id: str) -> bool:
    """Reports whether the key's certificate is bound for this business system, individually or for all."""
    return await db.one(_SQL["is_bound"], uid=uid, client_id=client_id) is not None


async def unbind(db: Database, *, sid: bytes, device_id: str, account_id: str, now: int) -> bool:
    """Ends a binding of this device; False if it isn't in force."""
    return await db.run(_SQL["unbind"], sid=sid, device_id=device_id, account_id=account_id, now=now) == 1


async def carry_over(tx: Tx, *, old_serial: str, new_serial: str) -> None:
    """Moves the bindings of the old certificate to the new one after a renewal."""
    await tx.run(_SQL["carry_over"], old_serial=old_serial, new_serial=new_serial)


async def end_all(tx: Tx, *, serial: str, now: int) -> None:
    """Ends all bindings of a revoked certificate."""
    await tx.run(_SQL["end_all"], serial=serial, now=now)
