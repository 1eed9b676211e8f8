"""Proofs that an account belongs to a person on file. Proofs are never deleted; they end with a reason.

Functions whose results decide anything read rows with their seals, and raise SealBroken if somebody else
changed one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.identity.rules import AccountProofMessage
from mshield.server.seals.sealing import changing, keys_of, seal_new
from mshield.server.seals.tables import ACCOUNTS, ENTERPRISES, FILED_PERSONS, PROOFS
from mshield.wire.identity import Way
from mshield.wire.ids import new_id

_SQL: Final = Queries("identity", "proofs")
_PROOF: Final = PROOFS.joined("p_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")
OBJECTED: Final = "objected"
"""Reason of a proof that another account of the same person stopped."""


@dataclass(frozen=True, slots=True)
class StandingProof:
    """Proof that has not ended; it becomes valid at `counts_from` (ms)."""

    way: Way
    counts_from: int
    proven_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProof:
    """Proof to store: `person_id` is the filing record, None for the person in general; `counts_from` in ms."""

    account_id: str
    person_id: str | None
    way: Way
    by: By
    counts_from: int


@dataclass(frozen=True, slots=True)
class PhoneProof:
    """Proof by the filed phone number, with the number currently on file."""

    id: str
    person_id: str
    filed_phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAccount:
    """Proof of another account of the same person, valid from `counts_from` (ms).

    `can_object`: the proof can still be stopped in the app, which is possible once per account.
    """

    id: str
    account_id: str
    phone: str
    way: str
    person_id: str | None
    role: str | None
    credit_code: str | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    can_object: bool


@dataclass(frozen=True, slots=True)
class FiledLegalPerson:
    """Filing record of an account's holder as legal person; `same_phone`: the filed number is the account's."""

    person_id: str
    filed_name: str
    account_name: str
    credit_code: str
    enterprise: str
    same_phone: bool


async def standing(db: Database | Tx, *, account_id: str, person_id: str) -> list[StandingProof]:
    """Returns the account's proofs that are in force for a filing record. Raises: SealBroken."""
    rows = await db.all(_SQL["standing"], account_id=account_id, person_id=person_id)
    for row in rows:
        _PROOF.check(db.sealer, row)
    return [StandingProof(Way(row["p_way"]), row["p_counts_from"], row["p_proven_at"]) for row in rows]


async def vouched(tx: Tx, *, account_id: str, way: Way) -> bool:
    """Reports whether the person in general is proven in this way. Raises: SealBroken."""
    row = await tx.one(_SQL["vouched"], account_id=account_id, way=way.value)
    if row is not None:
        _PROOF.check(tx.sealer, row)
    return row is not None


async def others(db: Database | Tx, *, account_id: str, person_id: str | None) -> list[str]:
    """Returns ids of the person's other accounts proven for this record or in general (None: only in general)."""
    rows = await db.all(_SQL["others"], account_id=account_id, person_id=person_id)
    return [row["id"] for row in rows]


async def lock_person(tx: Tx, *, person_id: str) -> None:
    """Locks the record, so that transactions that prove it run one after the other."""
    await tx.one(_SQL["lock_person"], person_id=person_id)


async def insert(tx: Tx, proof: NewProof, *, now: int) -> str:
    """Stores a proof and returns its id."""
    proof_id = new_id(now)
    await tx.run(
        _SQL["insert"],
        id=proof_id,
        account_id=proof.account_id,
        person_id=proof.person_id,
        way=proof.way.value,
        actor=proof.by.kind,
        actor_id=proof.by.id,
        counts_from=proof.counts_from,
        now=now,
    )
    await seal_new(tx, PROOFS, proof_id, now=now)
    return proof_id


async def by_filed_phone(tx: Tx, *, account_id: str) -> list[PhoneProof]:
    """Returns the account's proofs by the filed phone number. Raises: SealBroken."""
    rows = await tx.all(_SQL["by_filed_phone"], account_id=account_id)
    for row in rows:
        _PROOF.check(tx.sealer, row)
        _FILED.check(tx.sealer, row)
    return [PhoneProof(row["p_id"], row["p_person_id"], row["f_phone"]) for row in rows]


async def by_other_number(tx: Tx, phones: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """Returns the proofs of these records by their filed number, as ids (proof, record, account).

    Only those of accounts whose number differs from the given one; all of them if it is None.
    """
    queries = [{"person_id": person_id, "phone": phone or ""} for person_id, phone in phones.items()]
    rows = await tx.all_for(_SQL["by_other_number"], queries)
    return [(row["id"], row["person_id"], row["account_id"]) for row in rows]


async def end_one(tx: Tx, *, proof_id: str, reason: str, now: int) -> bool:
    """Ends a proof; False if it had ended before."""
    async with changing(tx, PROOFS, proof_id, now=now):
        return await tx.run(_SQL["end_one"], id=proof_id, reason=reason, now=now) == 1


async def end_waiting(tx: Tx, *, proof_id: str, reason: str, now: int) -> bool:
    """Ends a proof that isn't valid yet; False if it has ended or is valid by now."""
    async with changing(tx, PROOFS, proof_id, now=now):
        return await tx.run(_SQL["end_waiting"], id=proof_id, reason=reason, now=now) == 1


async def second_accounts(db: Database | Tx, *, account_id: str, now: int) -> list[SecondAccount]:
    """Returns not yet valid proofs of the person's other accounts, for an account that was proven earlier."""
    rows = await db.all(_SQL["second_accounts"], account_id=account_id, objected=OBJECTED, now=now)
    return [SecondAccount(**{**row, "can_object": bool(row["can_object"])}) for row in rows]


async def objected_at(db: Database | Tx, *, account_id: str, person_id: str | None) -> int | None:
    """Returns when (ms) another account of the person last stopped a proof for the record; None for never."""
    row = await db.one(_SQL["objected_at"], account_id=account_id, person_id=person_id, objected=OBJECTED)
    return None if row is None else row["at"]


async def objected(db: Database, *, since: int, most: int) -> list[tuple[str, int]]:
    """Returns accounts whose proof was stopped after `since` (ms), with the time, unless it was resolved meanwhile."""
    rows = await db.all(_SQL["objected"], objected=OBJECTED, since=since, most=most)
    return [(row["account_id"], row["at"]) for row in rows]


async def end_of_way(tx: Tx, *, account_id: str, way: Way, reason: str, now: int) -> int:
    """Ends the account's proofs of one way and returns their number."""
    ids = await keys_of(tx, _SQL["unended"], PROOFS, account_id=account_id, way=way.value)
    return sum([await end_one(tx, proof_id=str(one), reason=reason, now=now) for one in ids])


async def of_account(db: Database | Tx, *, account_id: str) -> tuple[AccountProofMessage, ...]:
    """Returns all proofs of an account, newest first, ended ones included."""
    return tuple(
        AccountProofMessage(**row) for row in await db.all(_SQL["of_account"], account_id=account_id)
    )


async def legal_persons(db: Database | Tx, *, account_id: str) -> list[FiledLegalPerson]:
    """Returns the enterprises for which the account's id number is filed as legal person. Raises: SealBroken."""
    rows = await db.all(_SQL["legal_persons"], account_id=account_id)
    for row in rows:
        for table in (_ACCOUNT, _FILED, _ENTERPRISE):
            table.check(db.sealer, row)
    return [
        FiledLegalPerson(
            row["f_id"],
            row["f_name"],
            row["a_name"],
            row["f_credit_code"],
            row["e_name"],
            row["f_phone"] == row["a_phone"],
        )
        for row in rows
    ]


async def has_filed_phone(tx: Tx, *, account_id: str, person_id: str | None) -> bool:
    """Reports whether the account's phone number is the one on file. Raises: SealBroken."""
    row = await tx.one(_SQL["has_filed_phone"], account_id=account_id, person_id=person_id)
    if row is None:
        return False
    _ACCOUNT.check(tx.sealer, row)
    _FILED.check(tx.sealer, row)
    return bool(row["a_phone"] == row["f_phone"])


async def filed_phone(db: Database | Tx, *, person_id: str) -> str | None:
    """Returns the phone number on file. Raises: SealBroken."""
    row = await db.one(_SQL["filed_phone"], person_id=person_id)
    if row is None:
        return None
    _FILED.check(db.sealer, row)
    phone: str | None = row["f_phone"]
    return phone
