"""The number that a person is filed with, as a line of a list leaves it, and what ends with the one before.

A filed number proves the account that answers from it (docs/identity.md). Where the office files another one it says
that the one before isn't theirs, or isn't any more: what that proved ends, or a number filed by mistake would be the
person for good, and keep the true one's account out as a second one.
"""

from mshield.domain.actor import SERVICE
from mshield.domain.filing import FilingRecord
from mshield.domain.proofs import Way
from mshield.store.database.interface import Tx
from mshield.store.filing.filing import FiledPerson
from mshield.store.identity import proofs
from mshield.store.staff import acts


def changes_phone(person: FiledPerson, record: FilingRecord) -> bool:
    """Whether the record gets another number, or loses its own."""
    return person.phone != phone_from_now_on(person, record)


def phone_from_now_on(person: FiledPerson, record: FilingRecord) -> str | None:
    """That on file, where nothing is said of it."""
    return person.phone if record.phone is None else record.phone or None


async def end_proofs_by_number(tx: Tx, person: FiledPerson, record: FilingRecord, *, now: int) -> None:
    """Ends what the filed number proved of accounts that have another one than is filed from now on, with an act each.

    Whose account has the new number already goes on. Called once the record has it.
    """
    if not changes_phone(person, record):
        return
    phone = phone_from_now_on(person, record)
    for proof_id, account_id in await proofs.by_other_number(tx, person_id=person.id, phone=phone):
        await proofs.end_one(tx, proof_id=proof_id, reason="phone_changed", now=now)
        details = {"reason": "phone_changed", "way": Way.FILED_PHONE.value, "people": [person.id]}
        await acts.record(tx, by=SERVICE, act="identity.end", subject=account_id, details=details, now=now)
