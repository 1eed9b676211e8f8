"""Requests at outside CAs: what was asked, what came back, and when the CA is called next.

The sealed columns (state, certificate, chain) are changed only through `change`, guarded by what was read.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Final

from mshield.server.authorities.rules.submissions import (
    ENDED_HERE,
    TABLE,
    SubmissionState,
)
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import SUBMISSIONS

_SQL: Final = Queries("authorities", "submissions")
_JOINED: Final = SUBMISSIONS.joined("s_")
UNACCEPTED: Final = "unaccepted"
"""Code of a certificate that ended here while its acceptance was on its way to the CA."""

_LENGTH: Final = 3
"""Octets before each certificate of a stored chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRow:
    """Request at an outside CA; `handle` is the certificate's row. Times in ms.

    `answer` is the CA's certificate, stored before it is accepted; `chain` is above it, up to the root.
    """

    handle: str
    key: bytes
    ca: str
    p10: bytes = field(repr=False)
    state: SubmissionState
    answer: bytes | None = field(repr=False)
    chain: bytes | None = field(repr=False)
    issuer_serial: bytes | None
    ca_serial: str | None
    code: str
    words: str
    reference: str
    transaction_box: bytes | None = field(repr=False)
    tries: int
    next_at: int
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """Holder and enterprise of a requested certificate; `state` and `revocation_reason` are the certificate's.

    `renewed` is the certificate (DER) of the same CA that it replaces.
    """

    uid: bytes
    subject: str
    organisation: str
    credit_code: str
    role: str
    common_name: str
    revocation_reason: int | None
    state: str
    person_id: str
    id_type: str
    id_number_box: bytes = field(repr=False)
    phone: str | None = field(repr=False)
    renewed: bytes | None = field(repr=False)


async def insert(tx: Tx, *, handle: str, key: bytes, ca: str, p10: bytes, now: int) -> None:
    """Inserts a submission, due at once. Raises: Conflict (this request was submitted before)."""
    await tx.run(_SQL["insert"], handle=handle, key=key, ca=ca, p10=p10, now=now)
    await seal_new(tx, SUBMISSIONS, handle, now=now)


async def find(db: Database | Tx, *, handle: str) -> SubmissionRow | None:
    """Returns the submission of a certificate, or None. Raises: SealBroken."""
    return _read(db, await db.one(_SQL["find"], handle=handle))


async def newest_of_device(db: Database, *, device_id: str, account_id: str) -> SubmissionRow | None:
    """Returns the submission of the device's newest application, None if it wasn't to an outside CA."""
    return _read(db, await db.one(_SQL["newest_of_device"], device_id=device_id, account_id=account_id))


async def due(db: Database, *, most: int, now: int) -> list[str]:
    """Returns handles of submissions whose CA is to be called now, the longest due first."""
    return [row["handle"] for row in await db.all(_SQL["due"], most=most, now=now)]


async def change(tx: Tx, before: SubmissionRow, after: SubmissionRow) -> bool:
    """Writes a submission; False if another process changed it since it was read.

    Raises: ValueError (a transition that the table doesn't permit).
    """
    if after.state not in TABLE[before.state]:
        raise ValueError(f"{before.state.value} → {after.state.value}")
    values = {**asdict(after), "state": after.state.value}
    async with changing(tx, SUBMISSIONS, before.handle):
        changed = await tx.run(
            _SQL["change"], **values, old_state=before.state.value, old_next_at=before.next_at
        )
    return changed == 1


async def end_here(tx: Tx, *, handle: str, now: int) -> None:
    """Queues the notification of the CA that a certificate ended here, in the transaction that ends it."""
    row = await find(tx, handle=handle)
    if row is None or row.state not in ENDED_HERE:
        return
    code = UNACCEPTED if row.state is SubmissionState.ACCEPTING else row.code
    ended = replace(row, state=ENDED_HERE[row.state], code=code, next_at=now, tries=0, changed_at=now)
    # A call in progress finds another state when it settles, and so stores nothing.
    await change(tx, row, ended)


async def find_chain(db: Database | Tx, *, issuer_serial: bytes) -> tuple[bytes, ...] | None:
    """Returns the certificates (DER) above an outside one, issuer first; None if it isn't known. Raises: SealBroken."""
    row = await db.one(_SQL["chain"], issuer_serial=issuer_serial)
    if row is None:
        return None
    _JOINED.check(db.sealer, row)
    return split_chain(row["s_chain"])


async def find_holder(db: Database | Tx, *, handle: str) -> HolderRow | None:
    """Returns holder and enterprise of a requested certificate, or None."""
    row = await db.one(_SQL["certificate"], handle=handle)
    return None if row is None else HolderRow(**row)


def join_chain(chain: tuple[bytes, ...]) -> bytes:
    """Encodes a chain for storage: each certificate after its length."""
    return b"".join(len(der).to_bytes(_LENGTH, "big") + der for der in chain)


def split_chain(stored: bytes) -> tuple[bytes, ...]:
    """Inverts `join_chain`."""
    chain, at = [], 0
    while at < len(stored):
        end = at + _LENGTH + int.from_bytes(stored[at : at + _LENGTH], "big")
        chain.append(stored[at + _LENGTH : end])
        at = end
    return tuple(chain)


def _read(db: Database | Tx, row: Row | None) -> SubmissionRow | None:
    if row is None:
        return None
    SUBMISSIONS.check(db.sealer, row)
    values = {name: row[name] for name in SubmissionRow.__dataclass_fields__}
    return SubmissionRow(**{**values, "state": SubmissionState(row["state"])})
