"""PDF updates that will contain a signature, stored with what is signed."""

from dataclasses import dataclass, replace
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.requests.rows.scans import Task
from mshield.server.seals.sealing import changing, read_checked
from mshield.server.seals.tables import CERTIFICATES, TASKS

_SQL: Final = Queries("requests", "prepared")
_CERTIFICATE: Final = CERTIFICATES.joined("c_")


@dataclass(frozen=True, slots=True)
class KeySigner:
    """Owner of a key: certificate (DER), the person's name, the shield number."""

    certificate: bytes
    name: str
    shield_number: str


async def find_signer(db: Database, *, uid: bytes) -> KeySigner | None:
    """Returns the owner of this key; None without a certificate. Raises: SealBroken."""
    row = await db.one(_SQL["signer"], uid=uid)
    if row is None or row["der"] is None:
        return None
    _CERTIFICATE.check(db.sealer, row)
    return KeySigner(row["der"], row["c_common_name"], row["c_shield_number"])


async def set_prepared(db: Database, task: Task, *, message: bytes, prepared: bytes) -> Task:
    """Stores M and the update of a document; returns it with these, or with those stored by an earlier call."""

    async def work(tx: Tx) -> Task:
        async with changing(tx, TASKS, task.sid):
            await tx.run(_SQL["prepare"], sid=task.sid, was=task.message, message=message, prepared=prepared)
        row = await read_checked(tx, TASKS, task.sid)
        stored = await tx.one(_SQL["prepared"], sid=task.sid)
        if row is None or stored is None:
            return task
        return replace(task, message=row["message"], prepared=stored["prepared"])

    return await db.write(work)
