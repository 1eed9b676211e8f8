"""Proofs that an account belongs to a person on file. None is deleted: it ends, with a reason.

Whatever decides by them reads rows with their seals, and raises SealBroken where somebody else has changed one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import By
from mshield.domain.ids import new_id
from mshield.domain.proofs import Way
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, keys_of, seal_new
from mshield.store.seals.tables import ACCOUNTS, ENTERPRISES, FILED_PERSONS, PROOFS

_SQL: Final = Queries("identity", "proofs")
_PROOF: Final = PROOFS.joined("p_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")
OBJECTED: Final = "objected"
"""The reason of a proof that another account of the same person stopped."""


@dataclass(frozen=True, slots=True)
class StandingProof:
    """A proof that has not ended; it counts from `counts_from` (ms)."""

    way: Way
    counts_from: int
    proven_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProof:
    """`person_id` is the filing record, None where the person as such is vouched for; `counts_from` in ms."""

    account_id: str
    person_id: str | None
    way: Way
    by: By
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """A proof as it is shown: by whom, of which filing record (None: of the person as such), times in ms."""

    id: str
    person_id: str | None
    way: str
    actor: str
    actor_id: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None
    role: str | None
    credit_code: str | None
    enterprise: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierProof:
    """An account that an earlier application stands for; `proven_at` in ms."""

    id: str
    account_id: str
    name: str
    phone: str
    person_id: str
    role: str
    credit_code: str
    enterprise: str
    proven_at: int


@dataclass(frozen=True, slots=True)
class PhoneProof:
    """A proof by the filed phone number, and the number that is on file now."""

    id: str
    person_id: str
    filed_phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAccount:
    """A proof of another account of the same person, which counts from `counts_from` (ms).

    `can_object`: whether it can still be stopped from the app, which serves once for an account.
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
    """A record of an account's holder as legal person; whether its phone number is the account's too."""

    person_id: str
    filed_name: str
    account_name: str
    credit_code: str
    enterprise: str
    same_phone: bool


async def standing(db: Database | Tx, *, account_id: str, person_id: str) -> list[StandingProof]:
    """The account's proofs for a filing record."""
    rows = await db.all(_SQL["standing"], account_id=account_id, person_id=person_id)
    for row in rows:
        _PROOF.check(db.sealer, row)
    return [StandingProof(Way(row["p_way"]), row["p_counts_from"], row["p_proven_at"]) for row in rows]


async def vouched(tx: Tx, *, account_id: str, way: Way) -> bool:
    """Whether the person as such is vouched for in this way."""
    row = await tx.one(_SQL["vouched"], account_id=account_id, way=way.value)
    if row is not None:
        _PROOF.check(tx.sealer, row)
    return row is not None


async def others(db: Database | Tx, *, account_id: str, person_id: str | None) -> list[str]:
    """The other accounts of the same person that are proven for a filing record, or as such (None: only so), by id."""
    rows = await db.all(_SQL["others"], account_id=account_id, person_id=person_id)
    return [row["id"] for row in rows]


async def lock_person(tx: Tx, *, person_id: str) -> None:
    """Waits for a proof of the same record that another transaction stores, and has others wait for this one."""
    await tx.one(_SQL["lock_person"], person_id=person_id)


async def insert(tx: Tx, proof: NewProof, *, now: int) -> str:
    """Stores a proof and gives its id."""
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
    """The account's proofs by the filed phone number."""
    rows = await tx.all(_SQL["by_filed_phone"], account_id=account_id)
    for row in rows:
        _PROOF.check(tx.sealer, row)
        _FILED.check(tx.sealer, row)
    return [PhoneProof(row["p_id"], row["p_person_id"], row["f_phone"]) for row in rows]


async def by_other_number(tx: Tx, phones: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """Proofs of these records by their filed number: proof, record and account, by id.

    Of accounts that have another number than the one given; all, where none is.
    """
    asked = [{"person_id": person_id, "phone": phone or ""} for person_id, phone in phones.items()]
    rows = await tx.all_for(_SQL["by_other_number"], asked)
    return [(row["id"], row["person_id"], row["account_id"]) for row in rows]


async def end_one(tx: Tx, *, proof_id: str, reason: str, now: int) -> bool:
    """Ends a proof; False where it has ended before."""
    async with changing(tx, PROOFS, proof_id, now=now):
        return await tx.run(_SQL["end_one"], id=proof_id, reason=reason, now=now) == 1


async def end_waiting(tx: Tx, *, proof_id: str, reason: str, now: int) -> bool:
    """Ends a proof that doesn't count yet; False where it has ended, or counts by now."""
    async with changing(tx, PROOFS, proof_id, now=now):
        return await tx.run(_SQL["end_waiting"], id=proof_id, reason=reason, now=now) == 1


async def second_accounts(db: Database | Tx, *, account_id: str, now: int) -> list[SecondAccount]:
    """Other accounts of the same person whose proof doesn't count yet, for who was proven before for that record."""
    rows = await db.all(_SQL["second_accounts"], account_id=account_id, objected=OBJECTED, now=now)
    return [SecondAccount(**{**row, "can_object": bool(row["can_object"])}) for row in rows]


async def objected_at(db: Database | Tx, *, account_id: str, person_id: str | None) -> int | None:
    """When (ms) another account of the same person stopped a proof for the record last; None for never."""
    row = await db.one(_SQL["objected_at"], account_id=account_id, person_id=person_id, objected=OBJECTED)
    return None if row is None else row["at"]


async def objected(db: Database, *, since: int, most: int) -> list[tuple[str, int]]:
    """Accounts whose proof was stopped after `since` (ms), with when, as long as nothing was done about it."""
    rows = await db.all(_SQL["objected"], objected=OBJECTED, since=since, most=most)
    return [(row["account_id"], row["at"]) for row in rows]


async def end_of_way(tx: Tx, *, account_id: str, way: Way, reason: str, now: int) -> int:
    """Ends the proofs of one way."""
    ids = await keys_of(tx, _SQL["unended"], PROOFS, account_id=account_id, way=way.value)
    return sum([await end_one(tx, proof_id=str(one), reason=reason, now=now) for one in ids])


async def of_account(db: Database | Tx, *, account_id: str) -> list[AccountProof]:
    """All proofs of an account, the newest first, ended ones among them."""
    return [AccountProof(**row) for row in await db.all(_SQL["of_account"], account_id=account_id)]


async def earlier(db: Database, *, after: str, most: int) -> list[EarlierProof]:
    """Accounts that are proven by an earlier application, page by page."""
    return [EarlierProof(**row) for row in await db.all(_SQL["earlier"], after=after, most=most)]


async def legal_persons(db: Database | Tx, *, account_id: str) -> list[FiledLegalPerson]:
    """For which enterprises the account's id number is filed as legal person, by credit code."""
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
    """Whether the account's number is the one on file."""
    row = await tx.one(_SQL["has_filed_phone"], account_id=account_id, person_id=person_id)
    if row is None:
        return False
    _ACCOUNT.check(tx.sealer, row)
    _FILED.check(tx.sealer, row)
    return bool(row["a_phone"] == row["f_phone"])


async def filed_phone(db: Database | Tx, *, person_id: str) -> str | None:
    """The phone number on file."""
    row = await db.one(_SQL["filed_phone"], person_id=person_id)
    if row is None:
        return None
    _FILED.check(db.sealer, row)
    phone: str | None = row["f_phone"]
    return phone
