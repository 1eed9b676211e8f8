"""Bindings of certificates to accounts (绑定证书, R8): asked for, then co-signed under the PIN, ended by revocation.

A binding stands for the certificate in force: a renewal takes it along, a new application needs a new one.
"""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import seal_new
from mshield.store.seals.tables import TASKS

_SQL: Final = Queries("certificates", "bindings")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBinding:
    """A binding that the phone is about to sign; `message` is the statement. Times in ms."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A binding in force; `serial` is the certificate that signed it, `client_id` None for all business systems."""

    sid: bytes
    serial: str
    client_id: str | None
    system_name: str | None
    bound_at: int


async def ask(db: Database, new: NewBinding, *, now: int) -> None:
    """Puts the statement to sign."""

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["insert_task"], **asdict(new), now=now)
        await seal_new(tx, TASKS, new.sid)
        await tx.run(_SQL["insert"], **asdict(new), now=now)

    await db.write(work)


async def bind(tx: Tx, *, sid: bytes, now: int) -> None:
    """The statement is signed: the binding counts, and replaces one of the same certificate for the same systems."""
    await tx.run(_SQL["end_replaced"], sid=sid, now=now)
    await tx.run(_SQL["bind"], sid=sid, now=now)


async def in_force(db: Database | Tx, *, device_id: str, account_id: str) -> list[Binding]:
    """The bindings of the device's certificate in force, the oldest first."""
    rows = await db.all(_SQL["in_force"], device_id=device_id, account_id=account_id)
    return [Binding(**row) for row in rows]


async def is_bound(db: Database | Tx, *, uid: bytes, client_id: str) -> bool:
    """Whether the key's certificate is bound for this business system, by name or for all."""
    return await db.one(_SQL["is_bound"], uid=uid, client_id=client_id) is not None


async def unbind(db: Database, *, sid: bytes, device_id: str, account_id: str, now: int) -> bool:
    """Ends a binding of this device; False where it isn't in force."""
    return await db.run(_SQL["unbind"], sid=sid, device_id=device_id, account_id=account_id, now=now) == 1


async def carry_over(tx: Tx, *, old_serial: str, new_serial: str) -> None:
    """A renewal: the bindings of the old certificate stand for the new one."""
    await tx.run(_SQL["carry_over"], old_serial=old_serial, new_serial=new_serial)


async def end_all(tx: Tx, *, serial: str, now: int) -> None:
    """A revocation: what was bound to this certificate no longer is."""
    await tx.run(_SQL["end_all"], serial=serial, now=now)
