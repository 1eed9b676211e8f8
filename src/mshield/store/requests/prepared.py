"""The update of a PDF in which a signature will stand, kept with what is signed then."""

from dataclasses import dataclass, replace
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.requests.scans import Task
from mshield.store.seals.sealing import changing, read_checked
from mshield.store.seals.tables import CERTIFICATES, TASKS

_SQL: Final = Queries("requests", "prepared")
_CERTIFICATE: Final = CERTIFICATES.joined("c_")


@dataclass(frozen=True, slots=True)
class KeySigner:
    """Whose key it is: the certificate (DER), the person's name, the shield's number."""

    certificate: bytes
    name: str
    shield_number: str


async def find_signer(db: Database, *, uid: bytes) -> KeySigner | None:
    """Who signs with this key; None where it has no certificate. Raises SealBroken."""
    row = await db.one(_SQL["signer"], uid=uid)
    if row is None or row["der"] is None:
        return None
    _CERTIFICATE.check(db.sealer, row)
    return KeySigner(row["der"], row["c_common_name"], row["c_shield_number"])


async def set_prepared(db: Database, task: Task, *, message: bytes, prepared: bytes) -> Task:
    """The document with this M and update, or with those that another call set before."""

    async def work(tx: Tx) -> Task:
        async with changing(tx, TASKS, task.sid):
            await tx.run(_SQL["prepare"], sid=task.sid, was=task.message, message=message, prepared=prepared)
        row = await read_checked(tx, TASKS, task.sid)
        kept = await tx.one(_SQL["prepared"], sid=task.sid)
        if row is None or kept is None:
            return task
        return replace(task, message=row["message"], prepared=kept["prepared"])

    return await db.write(work)
